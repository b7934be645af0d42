// SPDX-License-Identifier: GPL-2.0-only
/*
 * configfs: a directory under codeswap_sim/ is an adapter, its attributes are
 * what the adapter is built of, and power makes it appear.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/configfs.h>
#include <linux/idr.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sim.h"

static DEFINE_IDA(ids);

/**
 * struct slot - where an adapter is or can be
 * @item: of configfs
 * @id: number of the disk
 * @lock: protects @config and @adapter
 * @config: constant while @adapter is there
 * @adapter: %NULL while the power is off
 */
struct slot {
	struct config_item item;
	int id;
	struct mutex lock;	/* config and adapter */
	struct sim_config config;
	struct sim_adapter *adapter;
};

/* What an attribute that is a number may be. */
struct limits {
	const char *name;
	u64 min;
	u64 max;
	u64 multiple;
	bool only_these;	/* nothing between @min and @max */
};

static struct slot *to_slot(struct config_item *item)
{
	return container_of(item, struct slot, item);
}

static int check(const struct slot *slot, const struct limits *limits, u64 value)
{
	bool inside = value >= limits->min && value <= limits->max;

	if (limits->only_these)
		inside = value == limits->min || value == limits->max;
	if (inside && value % limits->multiple == 0)
		return 0;
	pr_info("%s: %s cannot be %llu: choose %llu %s %llu, a multiple of %llu\n",
		slot->item.ci_name, limits->name, value, limits->min,
		limits->only_these ? "or" : "to", limits->max,
		limits->multiple);
	return -EINVAL;
}

static int check_power_off(struct slot *slot)
{
	lockdep_assert_held(&slot->lock);
	if (!slot->adapter)
		return 0;
	pr_info("%s: it has power: write 0 to power before a change\n",
		config_item_name(&slot->item));
	return -EBUSY;
}

static ssize_t store(struct slot *slot, const struct limits *limits, u64 *field,
		     const char *page, size_t count)
{
	char *end;
	u64 value = memparse(page, &end);
	int error = -EINVAL;

	if (end != page && !*skip_spaces(end))
		error = check(slot, limits, value);
	if (error)
		return error;

	mutex_lock(&slot->lock);
	error = check_power_off(slot);
	if (!error)
		*field = value;
	mutex_unlock(&slot->lock);
	return error ?: count;
}

#define NUMBER(_name, ...)						\
static ssize_t slot_##_name##_show(struct config_item *item, char *page) \
{									\
	return sysfs_emit(page, "%llu\n", to_slot(item)->config._name);	\
}									\
									\
static ssize_t slot_##_name##_store(struct config_item *item,		\
				    const char *page, size_t count)	\
{									\
	static const struct limits limits = { #_name, __VA_ARGS__ };	\
	struct slot *slot = to_slot(item);				\
									\
	return store(slot, &limits, &slot->config._name, page, count);	\
}									\
									\
CONFIGFS_ATTR(slot_, _name)

NUMBER(memory_size, HBA_RAM_MIN, HBA_RAM_MAX, 4096);
NUMBER(harts, 1, HBA_MAX_HARTS, 1);
NUMBER(block_size, 512, 4096, 512, true);
NUMBER(queue_depth, 1, SIM_QUEUE_DEPTH_MAX, 1);
NUMBER(size, 1 << 20, 1ull << 40, 4096);
NUMBER(logins, 1, SIM_LOGINS_MAX, 1);
NUMBER(max_logins, 1, SIM_LOGINS_MAX, 1);

static ssize_t slot_type_show(struct config_item *item, char *page)
{
	struct slot *slot = to_slot(item);
	ssize_t len;

	mutex_lock(&slot->lock);
	len = sysfs_emit(page, "%s\n", slot->config.type);
	mutex_unlock(&slot->lock);
	return len;
}

static ssize_t slot_type_store(struct config_item *item, const char *page,
			       size_t count)
{
	size_t len = strcspn(page, " \t\n");
	struct slot *slot = to_slot(item);
	int error;

	if (!len || len >= MRB_TYPE_LEN) {
		pr_info("%s: a type of %zu characters: choose 1 to %d\n",
			config_item_name(item), len, MRB_TYPE_LEN - 1);
		return -EINVAL;
	}
	mutex_lock(&slot->lock);
	error = check_power_off(slot);
	if (!error) {
		memset(slot->config.type, 0, MRB_TYPE_LEN);
		memcpy(slot->config.type, page, len);
	}
	mutex_unlock(&slot->lock);
	return error ?: count;
}
CONFIGFS_ATTR(slot_, type);

static ssize_t slot_disk_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "cshba%d\n", to_slot(item)->id);
}
CONFIGFS_ATTR_RO(slot_, disk);

static int power_on(struct slot *slot)
{
	struct sim_config *config = &slot->config;
	struct sim_adapter *ad;

	lockdep_assert_held(&slot->lock);
	if (config->logins > config->max_logins) {
		pr_info("%s: logins %llu exceeds max_logins %llu: lower the one or raise the other\n",
			config_item_name(&slot->item), config->logins,
			config->max_logins);
		return -EINVAL;
	}
	ad = sim_adapter_create(config, slot->id);
	if (IS_ERR(ad)) {
		pr_info("%s: power stays off: error %ld\n",
			config_item_name(&slot->item), PTR_ERR(ad));
		return PTR_ERR(ad);
	}
	slot->adapter = ad;
	return 0;
}

static void power_off(struct slot *slot)
{
	lockdep_assert_held(&slot->lock);
	if (slot->adapter)
		sim_adapter_destroy(slot->adapter);
	slot->adapter = NULL;
}

static ssize_t slot_power_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", !!READ_ONCE(to_slot(item)->adapter));
}

static ssize_t slot_power_store(struct config_item *item, const char *page,
				size_t count)
{
	struct slot *slot = to_slot(item);
	int error;
	bool on;

	error = kstrtobool(page, &on);
	if (error)
		return error;
	mutex_lock(&slot->lock);
	if (!on)
		power_off(slot);
	else if (!slot->adapter)
		error = power_on(slot);
	mutex_unlock(&slot->lock);
	return error ?: count;
}
CONFIGFS_ATTR(slot_, power);

static struct configfs_attribute *slot_attrs[] = {
	&slot_attr_memory_size,
	&slot_attr_harts,
	&slot_attr_block_size,
	&slot_attr_queue_depth,
	&slot_attr_size,
	&slot_attr_logins,
	&slot_attr_max_logins,
	&slot_attr_type,
	&slot_attr_disk,
	&slot_attr_power,
	NULL,
};

static void slot_release(struct config_item *item)
{
	struct slot *slot = to_slot(item);

	ida_free(&ids, slot->id);
	mutex_destroy(&slot->lock);
	kfree(slot);
}

static struct configfs_item_operations slot_ops = {
	.release = slot_release,
};

static const struct config_item_type slot_type = {
	.ct_owner = THIS_MODULE,
	.ct_item_ops = &slot_ops,
	.ct_attrs = slot_attrs,
};

static struct config_item *make_slot(struct config_group *group,
				     const char *name)
{
	struct slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL);

	if (!slot)
		return ERR_PTR(-ENOMEM);
	slot->id = ida_alloc(&ids, GFP_KERNEL);
	if (slot->id < 0) {
		int error = slot->id;

		kfree(slot);
		return ERR_PTR(error);
	}
	mutex_init(&slot->lock);
	slot->config = (struct sim_config) {
		.memory_size = HBA_RAM_DEFAULT,
		.harts = 1,
		.block_size = 512,
		.queue_depth = 64,
		.size = 64 << 20,
		.logins = 16,
		.max_logins = 1024,
		.type = "hba-sim",
	};
	config_item_init_type_name(&slot->item, name, &slot_type);
	return &slot->item;
}

static void drop_slot(struct config_group *group, struct config_item *item)
{
	struct slot *slot = to_slot(item);

	mutex_lock(&slot->lock);
	power_off(slot);
	mutex_unlock(&slot->lock);
	config_item_put(item);
}

static struct configfs_group_operations root_ops = {
	.make_item = make_slot,
	.drop_item = drop_slot,
};

static const struct config_item_type root_type = {
	.ct_owner = THIS_MODULE,
	.ct_group_ops = &root_ops,
};

static struct configfs_subsystem subsystem = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "codeswap_sim",
			.ci_type = &root_type,
		},
	},
};

int sim_configfs_init(void)
{
	config_group_init(&subsystem.su_group);
	mutex_init(&subsystem.su_mutex);
	return configfs_register_subsystem(&subsystem);
}

void sim_configfs_exit(void)
{
	configfs_unregister_subsystem(&subsystem);
	ida_destroy(&ids);
}
