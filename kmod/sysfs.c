// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/codeswap/codeswapN/: what is known of a device, one value to a
 * file, and the longest waits, which can be set.
 */
#include <linux/math64.h>
#include <linux/sysfs.h>

#include "csw.h"

#define MAX_LIMIT_MS	3600000

#define to_cdev(dev)	container_of(dev, struct codeswap_device, dev)

/* A file that shows one thing of the status, called s. */
#define STATUS_ATTR(_name, _fmt, ...)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct csw_status s;						\
									\
	csw_get_status(to_cdev(dev), &s);				\
	return sysfs_emit(buf, _fmt "\n", __VA_ARGS__);			\
}									\
static DEVICE_ATTR_RO(_name)

/* The same of what runs: empty if nothing does. */
#define IMAGE_ATTR(_name, _fmt, ...)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct csw_status s;						\
									\
	csw_get_status(to_cdev(dev), &s);				\
	if (!s.has_image)						\
		return sysfs_emit(buf, "\n");				\
	return sysfs_emit(buf, _fmt "\n", __VA_ARGS__);			\
}									\
static DEVICE_ATTR_RO(_name)

STATUS_ATTR(state, "%s", csw_state_name(s.state));
STATUS_ATTR(phase, "%s", csw_phase_name(s.phase));
STATUS_ATTR(result, "%s", csw_result_name(s.result));
STATUS_ATTR(blackout_us, "%llu", div_u64(s.blackout_ns, NSEC_PER_USEC));
STATUS_ATTR(predicted_us, "%llu", div_u64(s.predicted_ns, NSEC_PER_USEC));
STATUS_ATTR(overlay_bytes, "%llu", s.overlay_bytes);
STATUS_ATTR(overlay_extents, "%u", s.overlay_extents);
STATUS_ATTR(progress, "%u", s.progress);
STATUS_ATTR(swaps, "%llu", s.swaps);
STATUS_ATTR(update_id, "%llu", s.update_id);
STATUS_ATTR(image_name, "%s", s.image_name);

IMAGE_ATTR(version, "%u.%u.%u", le16_to_cpu(s.version.major),
	   le16_to_cpu(s.version.minor), le16_to_cpu(s.version.patch));
IMAGE_ATTR(build_id, "%*phN", MRB_BUILD_ID_LEN, s.build_id);
IMAGE_ATTR(security_version, "%u", s.security_version);
IMAGE_ATTR(declared_us, "%u", s.declared_us);

static ssize_t type_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n", to_cdev(dev)->type);
}
static DEVICE_ATTR_RO(type);

static ssize_t label_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", to_cdev(dev)->label);
}
static DEVICE_ATTR_RO(label);

/* What an initramfs has to load for it; "-" if that is built in. */
static ssize_t driver_module_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	struct module *owner = to_cdev(dev)->desc->owner;

	return sysfs_emit(buf, "%s\n", owner ? module_name(owner) : "-");
}
static DEVICE_ATTR_RO(driver_module);

/* For scripts and people: where, why, and in a sentence. */
static ssize_t error_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct csw_status s;

	csw_get_status(to_cdev(dev), &s);
	if (!s.error.code)
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%s:%s %s\n", csw_phase_name(s.error_phase),
			  csw_reason_name(s.error.reason), s.error.text);
}
static DEVICE_ATTR_RO(error);

static ssize_t require_signature_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_cdev(dev)->require_signature));
}

static ssize_t require_signature_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	struct codeswap_device *cdev = to_cdev(dev);
	bool require;
	int ret = kstrtobool(buf, &require);

	if (ret)
		return ret;
	mutex_lock(&cdev->lock);
	WRITE_ONCE(cdev->require_signature, require);
	mutex_unlock(&cdev->lock);
	return count;
}
static DEVICE_ATTR_RW(require_signature);

static ssize_t keep_image_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_cdev(dev)->keep_image));
}

static ssize_t keep_image_store(struct device *dev,
				struct device_attribute *attr,
				const char *buf, size_t count)
{
	bool keep;
	int ret = kstrtobool(buf, &keep);

	if (ret)
		return ret;
	csw_keep_set(to_cdev(dev), keep);
	return count;
}
static DEVICE_ATTR_RW(keep_image);

/* A file that shows one thing of the blackouts of the past, called b. */
#define BLACKOUT_ATTR(_name, _value)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct csw_blackouts b;						\
									\
	csw_times_get(to_cdev(dev), &b);				\
	return sysfs_emit(buf, "%llu\n", (u64)(_value));		\
}									\
static DEVICE_ATTR_RO(_name)

BLACKOUT_ATTR(blackout_count, b.num);
BLACKOUT_ATTR(blackout_min_us, div_u64(b.min_ns, NSEC_PER_USEC));
BLACKOUT_ATTR(blackout_median_us, div_u64(b.median_ns, NSEC_PER_USEC));
BLACKOUT_ATTR(blackout_p99_us, div_u64(b.p99_ns, NSEC_PER_USEC));
BLACKOUT_ATTR(blackout_max_us, div_u64(b.max_ns, NSEC_PER_USEC));

static ssize_t budget_us_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_cdev(dev)->budget_us));
}

static ssize_t budget_us_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t count)
{
	struct codeswap_device *cdev = to_cdev(dev);
	u32 us;
	int ret = kstrtou32(buf, 0, &us);

	if (ret)
		return ret;
	mutex_lock(&cdev->lock);
	WRITE_ONCE(cdev->budget_us, us);
	mutex_unlock(&cdev->lock);
	return count;
}
static DEVICE_ATTR_RW(budget_us);

static struct attribute *device_attrs[] = {
	&dev_attr_type.attr,
	&dev_attr_label.attr,
	&dev_attr_driver_module.attr,
	&dev_attr_state.attr,
	&dev_attr_phase.attr,
	&dev_attr_result.attr,
	&dev_attr_error.attr,
	&dev_attr_version.attr,
	&dev_attr_build_id.attr,
	&dev_attr_security_version.attr,
	&dev_attr_declared_us.attr,
	&dev_attr_budget_us.attr,
	&dev_attr_predicted_us.attr,
	&dev_attr_blackout_us.attr,
	&dev_attr_blackout_count.attr,
	&dev_attr_blackout_min_us.attr,
	&dev_attr_blackout_median_us.attr,
	&dev_attr_blackout_p99_us.attr,
	&dev_attr_blackout_max_us.attr,
	&dev_attr_overlay_bytes.attr,
	&dev_attr_overlay_extents.attr,
	&dev_attr_progress.attr,
	&dev_attr_swaps.attr,
	&dev_attr_update_id.attr,
	&dev_attr_image_name.attr,
	&dev_attr_require_signature.attr,
	&dev_attr_keep_image.attr,
	NULL,
};

static const struct attribute_group device_group = {
	.attrs = device_attrs,
};

/**
 * struct limit_attr - a file for one of the limits
 * @attr: file
 * @offset: of the limit in struct csw_limits
 */
struct limit_attr {
	struct device_attribute attr;
	size_t offset;
};

static unsigned int *limit_of(struct device *dev, struct device_attribute *attr)
{
	struct limit_attr *limit = container_of(attr, struct limit_attr, attr);

	return (void *)&to_cdev(dev)->limits + limit->offset;
}

static ssize_t limit_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(*limit_of(dev, attr)));
}

static ssize_t limit_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct codeswap_device *cdev = to_cdev(dev);
	unsigned int ms;
	int ret;

	ret = kstrtouint(buf, 0, &ms);
	if (ret)
		return ret;
	if (!ms || ms > MAX_LIMIT_MS)
		return -ERANGE;
	mutex_lock(&cdev->lock);
	WRITE_ONCE(*limit_of(dev, attr), ms);
	mutex_unlock(&cdev->lock);
	return count;
}

#define LIMIT_ATTR(_name)						\
static struct limit_attr limit_##_name = {				\
	.attr = __ATTR(_name, 0644, limit_show, limit_store),		\
	.offset = offsetof(struct csw_limits, _name),			\
}

LIMIT_ATTR(staging);
LIMIT_ATTR(feed);
LIMIT_ATTR(reconcile);
LIMIT_ATTR(cancel);
LIMIT_ATTR(quiesce);
LIMIT_ATTR(start);
LIMIT_ATTR(proving);
LIMIT_ATTR(reset);

static struct attribute *limit_attrs[] = {
	&limit_staging.attr.attr,
	&limit_feed.attr.attr,
	&limit_reconcile.attr.attr,
	&limit_cancel.attr.attr,
	&limit_quiesce.attr.attr,
	&limit_start.attr.attr,
	&limit_proving.attr.attr,
	&limit_reset.attr.attr,
	NULL,
};

static const struct attribute_group limit_group = {
	.name = "limits",
	.attrs = limit_attrs,
};

const struct attribute_group *csw_device_groups[] = {
	&device_group,
	&limit_group,
	NULL,
};
