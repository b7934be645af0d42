// SPDX-License-Identifier: GPL-2.0-only
/* Header and tables of an image, kept while it runs; versions; digests. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "update.h"

/**
 * csw_header_new() - parse and keep header and tables
 * @tables: bytes, as they came
 * @size: of them
 * @name: that the image was asked for by
 * @err: why not
 *
 * Return: the header, or %NULL with @err set.
 */
struct csw_header *csw_header_new(const void *tables, size_t size,
				  const char *name, struct mrb_error *err)
{
	struct csw_header *header;
	int ret;

	header = kvzalloc(struct_size(header, bytes, size), GFP_KERNEL);
	if (!header) {
		err->code = -ENOMEM;
		snprintf(err->text, sizeof(err->text),
			 "no memory for %zu bytes of header", size);
		return NULL;
	}
	kref_init(&header->ref);
	strscpy(header->name, name, sizeof(header->name));
	memcpy(header->bytes, tables, size);
	ret = mrb_parse(&header->image, header->bytes, size, err);
	if (ret) {
		csw_header_put(header);
		return NULL;
	}
	return header;
}

struct csw_header *csw_header_get(struct csw_header *header)
{
	if (header)
		kref_get(&header->ref);
	return header;
}

static void header_free(struct kref *ref)
{
	kvfree(container_of(ref, struct csw_header, ref));
}

void csw_header_put(struct csw_header *header)
{
	if (header)
		kref_put(&header->ref, header_free);
}

const char *csw_version(char *buf, const struct mrb_version *version)
{
	snprintf(buf, CSW_VERSION_LEN, "%u.%u.%u",
		 le16_to_cpu(version->major), le16_to_cpu(version->minor),
		 le16_to_cpu(version->patch));
	return buf;
}

/**
 * csw_relation() - how far one image is ahead of another
 * @old: runs
 * @new: is to run
 *
 * Counted in releases, whose sequence is the author's, not in versions.
 */
enum codeswap_relation csw_relation(const struct csw_header *old,
				    const struct csw_header *new)
{
	u32 from = le32_to_cpu(old->image.header->release);
	u32 to = le32_to_cpu(new->image.header->release);

	if (to == from)
		return CODESWAP_REL_EQUAL;
	if (to < from)
		return CODESWAP_REL_BEHIND;
	return to - from == 1 ? CODESWAP_REL_ONE_AHEAD :
				CODESWAP_REL_SEVERAL_AHEAD;
}

static void sha_init(void *ctx)
{
	sha256_init(ctx);
}

static void sha_update(void *ctx, const void *data, size_t len)
{
	sha256_update(ctx, data, len);
}

static void sha_final(void *ctx, u8 digest[MRB_DIGEST_LEN])
{
	sha256_final(ctx, digest);
}

const struct mrb_digest_ops csw_sha256 = {
	.init = sha_init,
	.update = sha_update,
	.final = sha_final,
};

/**
 * csw_digest_memory() - digest running memory
 * @cdev: device, @cdev->op_lock held
 * @address: device address
 * @len: bytes
 * @digest: MRB_DIGEST_LEN bytes, set
 *
 * Return: 0 or a negative errno.
 */
int csw_digest_memory(struct codeswap_device *cdev, u64 address, size_t len,
		      u8 *digest)
{
	struct sha256_ctx sha;
	void *buf;
	size_t n;
	int ret = 0;

	lockdep_assert_held(&cdev->op_lock);
	buf = (void *)__get_free_page(GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	sha256_init(&sha);
	for (; len && !ret; address += n, len -= n) {
		n = min_t(size_t, len, PAGE_SIZE);
		ret = cdev->desc->ops->read(cdev, address, buf, n);
		if (!ret)
			sha256_update(&sha, buf, n);
	}
	sha256_final(&sha, digest);
	free_page((unsigned long)buf);
	return ret;
}
