// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dependent modules (flash, logic): read before a bootstrap may burn them,
 * and put back by the host, which needs no image's help for it.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "update.h"

static int keep(struct csw_swap *swap, const char *name)
{
	struct csw_kept_module *m = &swap->modules[swap->num_modules];
	int ret;

	ret = swap->ops->module_info(swap->cdev, name, &m->info);
	if (ret)
		return csw_error(&swap->error, CODESWAP_REASON_CAPABILITY_MISSING,
				 ret, "the image updates module %s, which %s does not have",
				 name, swap->cdev->label);
	strscpy(m->name, name, sizeof(m->name));
	m->buf = kvmalloc(max(m->info.length, 1U), GFP_KERNEL);
	if (!m->buf)
		return -ENOMEM;
	swap->num_modules++;
	if (!m->info.valid)
		return 0;
	return swap->ops->module_read(swap->cdev, name, 0, m->buf, m->info.length);
}

/**
 * csw_modules_keep() - keep aside every module that the new image updates
 * @swap: update; the old image runs
 *
 * Return: 0 or a negative errno.
 */
int csw_modules_keep(struct csw_swap *swap)
{
	const struct mrb_segment *s;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && (s = mrb_segment(&swap->new->image, i)); i++) {
		if (le16_to_cpu(s->kind) != MRB_SEG_MODULE)
			continue;
		if (!swap->ops->module_read)
			return csw_error(&swap->error,
					 CODESWAP_REASON_CAPABILITY_MISSING,
					 -EOPNOTSUPP,
					 "the image updates module %s, and the driver of %s cannot keep modules",
					 s->target, swap->cdev->label);
		ret = keep(swap, s->target);
	}
	return ret;
}

static bool is_as_kept(struct csw_swap *swap, const struct csw_kept_module *m)
{
	struct codeswap_module_info now;

	if (swap->ops->module_info(swap->cdev, m->name, &now) ||
	    now.valid != m->info.valid)
		return false;
	/* What was never complete has no version and no length that count. */
	return !now.valid || (now.length == m->info.length &&
			      !mrb_version_cmp(&now.version, &m->info.version));
}

/**
 * csw_modules_put_back() - put back what is not as it was
 * @swap: update; no bootstrap works on modules any more
 *
 * Return: 0, or the first negative errno; the others are tried all the same.
 */
int csw_modules_put_back(struct csw_swap *swap)
{
	struct csw_kept_module *m;
	int ret = 0, one;

	for (m = swap->modules; m < swap->modules + swap->num_modules; m++) {
		if (is_as_kept(swap, m))
			continue;
		one = swap->ops->module_write(swap->cdev, m->name, &m->info, m->buf);
		if (one) {
			dev_err(&swap->cdev->dev,
				"module %s cannot be put back: error %d\n",
				m->name, one);
			ret = ret ?: one;
		}
	}
	return ret;
}

void csw_modules_free(struct csw_swap *swap)
{
	while (swap->num_modules)
		kvfree(swap->modules[--swap->num_modules].buf);
}
