// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feeding an image by netlink. One image at a time belongs to a socket, and
 * ends with it. A message that does not fit (missing, come already, too large)
 * changes nothing: the feeder may go on with the right one. Bytes that are no
 * good image end the feed, as a pause does that is too long.
 *
 * An image that is only checked stays with the socket, for item-get, until the
 * next stage-begin or the end of the socket.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "netlink.h"

static int no_memory(struct csw_error *err)
{
	return csw_error(err, CODESWAP_REASON_NO_MEMORY, -ENOMEM,
			 "no memory to stage an image");
}

/* The last part of a path: the name that the image may be asked for by later. */
static int read_name(struct csw_params *params, const struct nlattr *attr,
		     struct csw_error *err)
{
	const char *name;

	if (!attr)
		return 0;
	name = kbasename(nla_data(attr));
	if (csw_name_check(name, err))
		return err->code;
	strscpy(params->image_name, name, sizeof(params->image_name));
	return 0;
}

/* There may be several, of which the parser keeps the last only. */
static int read_waived(struct csw_params *params, const struct nlmsghdr *nlh,
		       struct csw_error *err)
{
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) != CODESWAP_A_UPDATE_ACCEPT_LOST)
			continue;
		if (params->num_waived == CSW_MAX_WAIVED)
			return csw_error(err, CODESWAP_REASON_CAPABILITY_LOST, -E2BIG,
					 "more than %u capabilities whose loss is accepted",
					 CSW_MAX_WAIVED);
		if (strscpy(params->waived[params->num_waived++],
			    nla_data(attr), MRB_NAME_LEN) < 0)
			return csw_error(err, CODESWAP_REASON_CAPABILITY_LOST, -EINVAL,
					 "'%.40s' is longer than the %u characters of a capability",
					 (const char *)nla_data(attr),
					 MRB_NAME_LEN - 1);
	}
	return 0;
}

static int read_params(struct csw_params *params, struct genl_info *info,
		       struct csw_error *err)
{
	struct nlattr **attrs = info->attrs;
	int ret;

	params->force = nla_get_flag(attrs[CODESWAP_A_UPDATE_FORCE]);
	params->allow_downgrade =
		nla_get_flag(attrs[CODESWAP_A_UPDATE_ALLOW_DOWNGRADE]);
	params->hold = nla_get_flag(attrs[CODESWAP_A_UPDATE_HOLD]);
	params->serial = nla_get_flag(attrs[CODESWAP_A_UPDATE_SERIAL]);
	if (attrs[CODESWAP_A_UPDATE_METHOD])
		params->method = nla_get_u32(attrs[CODESWAP_A_UPDATE_METHOD]);
	if (params->method > CODESWAP_METHOD_RESET)
		return csw_error(err, CODESWAP_REASON_DRIVER, -EINVAL,
				 "method %u is more than the last one known, %u",
				 params->method, CODESWAP_METHOD_RESET);
	ret = read_name(params, attrs[CODESWAP_A_UPDATE_IMAGE_NAME], err);
	return ret ?: read_waived(params, info->nlhdr, err);
}

/* What is wanted is in the request; an answer cannot want something else. */
static bool wants_something(struct nlattr **attrs)
{
	return attrs[CODESWAP_A_UPDATE_DEVICE] ||
	       attrs[CODESWAP_A_UPDATE_FORCE] ||
	       attrs[CODESWAP_A_UPDATE_ALLOW_DOWNGRADE] ||
	       attrs[CODESWAP_A_UPDATE_ACCEPT_LOST] ||
	       attrs[CODESWAP_A_UPDATE_METHOD] ||
	       attrs[CODESWAP_A_UPDATE_HOLD] ||
	       attrs[CODESWAP_A_UPDATE_SERIAL] ||
	       attrs[CODESWAP_A_UPDATE_CHECK_ONLY];
}

static struct csw_job *job_for_request(struct csw_client *client,
				       struct genl_info *info,
				       unsigned int *limit_ms,
				       struct csw_error *err)
{
	u64 id = nla_get_u64(info->attrs[CODESWAP_A_UPDATE_REQUEST_ID]);
	struct csw_params params = {};

	if (wants_something(info->attrs)) {
		csw_error(err, CODESWAP_REASON_BUSY, -EINVAL,
			  "an answer to request %llu goes to who asked, as was asked: no device, no options",
			  id);
		return NULL;
	}
	if (read_name(&params, info->attrs[CODESWAP_A_UPDATE_IMAGE_NAME], err))
		return NULL;
	client->for_request = true;
	return csw_request_answer(id, params.image_name, limit_ms, err);
}

static bool is_among(struct codeswap_device *cdev,
		     struct codeswap_device *const *cdevs, unsigned int num)
{
	while (num--)
		if (cdevs[num] == cdev)
			return true;
	return false;
}

/* A reference to each device named, once; @cdevs has room for all. */
static int find_devices(const struct nlmsghdr *nlh,
			struct codeswap_device **cdevs, unsigned int *num,
			struct csw_error *err)
{
	struct codeswap_device *cdev;
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) != CODESWAP_A_UPDATE_DEVICE)
			continue;
		cdev = csw_device_find(nla_data(attr));
		if (!cdev)
			return csw_error(err, CODESWAP_REASON_DEVICE_GONE, -ENODEV,
					 "there is no device '%.64s'",
					 (const char *)nla_data(attr));
		if (is_among(cdev, cdevs, *num))
			csw_device_put(cdev);
		else
			cdevs[(*num)++] = cdev;
	}
	return 0;
}

/* There may be several, of which the parser keeps the last only. */
static int bind_devices(struct csw_job *job, const struct nlmsghdr *nlh,
			struct csw_error *err)
{
	struct codeswap_device **cdevs;
	unsigned int room = 0, num = 0;
	const struct nlattr *attr;
	int rem, ret;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem)
		room += nla_type(attr) == CODESWAP_A_UPDATE_DEVICE;
	cdevs = kvcalloc(room, sizeof(*cdevs), GFP_KERNEL);
	if (!cdevs)
		return no_memory(err);
	ret = find_devices(nlh, cdevs, &num, err);
	if (!ret)
		ret = csw_job_bind(job, cdevs, num, err);
	while (num--)
		csw_device_put(cdevs[num]);
	kvfree(cdevs);
	return ret;
}

static struct csw_job *job_for_device(struct csw_client *client,
				      struct genl_info *info,
				      struct codeswap_device *cdev,
				      struct csw_error *err)
{
	struct csw_params params = {};
	struct csw_job *job;

	if (read_params(&params, info, err))
		return NULL;
	job = csw_job_create(&params);
	if (!job) {
		no_memory(err);
		return NULL;
	}
	client->check = nla_get_flag(info->attrs[CODESWAP_A_UPDATE_CHECK_ONLY]);
	if (client->check)
		csw_job_check_only(job);
	if (cdev && bind_devices(job, info->nlhdr, err)) {
		csw_job_put(job);
		return NULL;
	}
	return job;
}

/* The socket has nothing else to feed: it begins. */
static int begin(struct csw_client *client, struct genl_info *info,
		 struct codeswap_device *cdev, u64 size, struct csw_error *err)
{
	unsigned int limit_ms = csw_staging_limit(cdev);
	struct csw_job *job;

	lockdep_assert_held(&client->feed.lock);
	if (client->feed.job && !client->checked)
		return csw_error(err, CODESWAP_REASON_BUSY, -EBUSY,
				 "this socket feeds an image already, of which %llu bytes have come; end it, or close the socket",
				 client->feed.received);
	csw_feed_end(&client->feed, NULL);
	client->checked = false;
	client->check = false;
	client->for_request = false;
	client->size = size;
	if (info->attrs[CODESWAP_A_UPDATE_REQUEST_ID])
		job = job_for_request(client, info, &limit_ms, err);
	else
		job = job_for_device(client, info, cdev, err);
	if (!job)
		return err->code;
	csw_feed_begin(&client->feed, job, limit_ms);
	if (size && csw_job_expect(job, size, err)) {
		csw_feed_end(&client->feed, err);
		return err->code;
	}
	return 0;
}

/* A message about the image that its sender feeds; @cdev may be %NULL. */
struct stage_call {
	struct sk_buff *skb;
	struct genl_info *info;
	struct csw_client *client;
	struct codeswap_device *cdev;
	struct csw_error err;
	u64 update_id;
};

/* Opens a call; on success the client's feed is locked. */
static int call_begin(struct stage_call *call, struct sk_buff *skb,
		      struct genl_info *info)
{
	struct nlattr *device = NULL;
	int ret = 0;

	memset(call, 0, sizeof(*call));
	call->skb = skb;
	call->info = info;
	if (info->genlhdr->cmd == CODESWAP_CMD_STAGE_BEGIN ||
	    info->genlhdr->cmd == CODESWAP_CMD_STAGE_FD)
		device = info->attrs[CODESWAP_A_UPDATE_DEVICE];
	if (device)
		call->cdev = csw_nl_device(skb, device, info->extack, &ret);
	if (ret)
		return ret;
	call->client = csw_client_get(skb);
	if (!call->client) {
		if (call->cdev)
			csw_device_put(call->cdev);
		return csw_nl_refuse(skb, info->extack, -ENOMEM,
				     "no memory to stage an image");
	}
	mutex_lock(&call->client->feed.lock);
	return 0;
}

/* Closes it, and answers with the update's number or with a sentence. */
static int call_end(struct stage_call *call, int ret, bool reply)
{
	mutex_unlock(&call->client->feed.lock);
	if (call->cdev)
		csw_device_put(call->cdev);
	if (ret)
		return csw_nl_refuse(call->skb, call->info->extack, ret, "%s",
				     call->err.text);
	if (!reply)
		return 0;
	return csw_nl_reply(call->skb, call->info, call->update_id);
}

int csw_nl_stage_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *size = info->attrs[CODESWAP_A_UPDATE_SIZE];
	struct stage_call call;
	int ret;

	if (info->attrs[CODESWAP_A_UPDATE_FD] ||
	    info->attrs[CODESWAP_A_UPDATE_OFFSET])
		return csw_nl_refuse(skb, info->extack, -EINVAL,
				     "stage-begin takes no file descriptor and no offset; stage-fd does");
	ret = call_begin(&call, skb, info);
	if (ret)
		return ret;
	ret = begin(call.client, info, call.cdev,
		    size ? nla_get_u64(size) : 0, &call.err);
	if (!ret)
		call.update_id = csw_job_update_id(call.client->feed.job);
	return call_end(&call, ret, true);
}

/* Nothing is being fed: why that is so. */
static int nothing_fed(const struct csw_client *client, struct csw_error *err)
{
	if (client->feed.ended.code)
		return csw_error(err, client->feed.ended.reason,
				 client->feed.ended.code, "%s",
				 client->feed.ended.text);
	return csw_error(err, CODESWAP_REASON_NO_IMAGE, -EBADFD,
			 "this socket feeds no image; stage-begin comes first");
}

/* Whether @len bytes at @offset are what comes next. */
static int check_piece(const struct csw_client *client, u64 offset, size_t len,
		       struct csw_error *err)
{
	u64 received = client->feed.received;

	if (!len || len > CODESWAP_DATA_MAX)
		return csw_error(err, CODESWAP_REASON_MALFORMED, -EMSGSIZE,
				 "%zu bytes in one message; 1 to %u are allowed",
				 len, CODESWAP_DATA_MAX);
	if (offset < received)
		return csw_error(err, CODESWAP_REASON_MALFORMED, -EEXIST,
				 "bytes from offset %llu on have come already; the next offset is %llu",
				 offset, received);
	if (offset > received)
		return csw_error(err, CODESWAP_REASON_MALFORMED, -ESPIPE,
				 "offset %llu leaves out %llu bytes; the next offset is %llu",
				 offset, offset - received, received);
	if (client->size && len > client->size - received)
		return csw_error(err, CODESWAP_REASON_TOO_LARGE, -EFBIG,
				 "%zu bytes at offset %llu go beyond the %llu that were announced",
				 len, offset, client->size);
	return 0;
}

static int take_piece(struct csw_client *client, struct nlattr **attrs,
		      struct csw_error *err)
{
	struct nlattr *offset = attrs[CODESWAP_A_UPDATE_OFFSET];
	struct nlattr *data = attrs[CODESWAP_A_UPDATE_DATA];
	int ret;

	lockdep_assert_held(&client->feed.lock);
	if (!offset || !data)
		return csw_error(err, CODESWAP_REASON_MALFORMED, -EINVAL,
				 "the message has no %s",
				 offset ? "data" : "offset");
	if (!client->feed.job || client->checked)
		return nothing_fed(client, err);
	ret = check_piece(client, nla_get_u64(offset), nla_len(data), err);
	if (ret)
		return ret;
	return csw_feed_buffer(&client->feed, nla_data(data), nla_len(data), err);
}

int csw_nl_stage_data(struct sk_buff *skb, struct genl_info *info)
{
	struct stage_call call;
	int ret;

	ret = call_begin(&call, skb, info);
	if (ret)
		return ret;
	ret = take_piece(call.client, info->attrs, &call.err);
	return call_end(&call, ret, false);
}

/* All has come that will come: check it, and use it or keep it. */
static int finish(struct csw_client *client, struct csw_error *err)
{
	struct csw_feed *feed = &client->feed;
	int ret = 0;

	if (client->size && feed->received != client->size)
		ret = csw_error(err, CODESWAP_REASON_TRUNCATED, -ENODATA,
				"%llu of the %llu bytes that were announced have come",
				feed->received, client->size);
	if (!ret)
		ret = csw_feed_finish(feed, err);
	client->checked = client->check;
	if (client->checked) {
		csw_feed_rest(feed);
		return ret;
	}
	if (!ret && client->for_request)
		ret = csw_job_start(feed->job, false, err);
	else if (!ret)
		csw_job_keep(feed->job);
	return ret;
}

static int end(struct csw_client *client, u64 *update_id, struct csw_error *err)
{
	int ret;

	lockdep_assert_held(&client->feed.lock);
	if (!client->feed.job || client->checked)
		return nothing_fed(client, err);
	if (!client->check)
		*update_id = csw_job_update_id(client->feed.job);
	ret = finish(client, err);
	if (!client->checked)
		csw_feed_end(&client->feed, ret ? err : NULL);
	return ret;
}

int csw_nl_stage_end(struct sk_buff *skb, struct genl_info *info)
{
	struct stage_call call;
	int ret;

	ret = call_begin(&call, skb, info);
	if (ret)
		return ret;
	ret = end(call.client, &call.update_id, &call.err);
	return call_end(&call, ret, true);
}

/*
 * Of a pipe nobody knows when its bytes come, and as long as a message is
 * handled no family of generic netlink can come or go.
 */
static int check_file(const struct file *file, int fd, struct csw_error *err)
{
	if (!file)
		return csw_error(err, CODESWAP_REASON_NO_IMAGE, -EBADF,
				 "file descriptor %d is not open", fd);
	if (!(file->f_mode & FMODE_READ))
		return csw_error(err, CODESWAP_REASON_NO_IMAGE, -EBADF,
				 "file descriptor %d is not open for reading", fd);
	if (!S_ISREG(file_inode(file)->i_mode))
		return csw_error(err, CODESWAP_REASON_NO_IMAGE, -EINVAL,
				 "file descriptor %d is not a regular file; feed it by stage-data",
				 fd);
	return 0;
}

/* Which bytes of it: unless something else was said, all from the offset on. */
static int part_of_file(const struct file *file, struct nlattr **attrs,
			loff_t *pos, u64 *size, struct csw_error *err)
{
	u64 end = i_size_read(file_inode(file)), offset = 0;

	if (attrs[CODESWAP_A_UPDATE_OFFSET])
		offset = nla_get_u64(attrs[CODESWAP_A_UPDATE_OFFSET]);
	if (offset > end)
		return csw_error(err, CODESWAP_REASON_TRUNCATED, -ENODATA,
				 "offset %llu is behind the end of the file, which has %llu bytes",
				 offset, end);
	*pos = offset;
	*size = end - offset;
	if (attrs[CODESWAP_A_UPDATE_SIZE])
		*size = nla_get_u64(attrs[CODESWAP_A_UPDATE_SIZE]);
	return 0;
}

/* stage-begin has said everything but where the bytes are. */
static bool is_begun(const struct csw_client *client, struct nlattr **attrs)
{
	return client->feed.job && !client->checked &&
	       !client->feed.received && !wants_something(attrs) &&
	       !attrs[CODESWAP_A_UPDATE_REQUEST_ID] &&
	       !attrs[CODESWAP_A_UPDATE_IMAGE_NAME];
}

static int stage_file(struct stage_call *call, struct file *file)
{
	struct nlattr **attrs = call->info->attrs;
	struct csw_client *client = call->client;
	loff_t pos;
	u64 size;
	int ret;

	ret = part_of_file(file, attrs, &pos, &size, &call->err);
	if (ret)
		return ret;
	if (!is_begun(client, attrs))
		ret = begin(client, call->info, call->cdev, size, &call->err);
	else if (client->size)
		size = client->size;
	if (ret)
		return ret;
	ret = csw_feed_file(&client->feed, file, pos, size, &call->err);
	if (ret)
		return ret;
	return end(client, &call->update_id, &call->err);
}

int csw_nl_stage_fd(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[CODESWAP_A_UPDATE_FD];
	struct stage_call call;
	struct file *file;
	int ret, fd;

	if (!attr)
		return csw_nl_refuse(skb, info->extack, -EINVAL,
				     "the message has no file descriptor");
	ret = call_begin(&call, skb, info);
	if (ret)
		return ret;
	fd = nla_get_s32(attr);
	file = fget(fd);
	ret = check_file(file, fd, &call.err);
	if (!ret)
		ret = stage_file(&call, file);
	if (file)
		fput(file);
	return call_end(&call, ret, true);
}
