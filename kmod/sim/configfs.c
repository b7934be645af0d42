// SPDX-License-Identifier: GPL-2.0-only
/*
 * configfs: a directory under codeswap_sim/ is an adapter, its attributes are
 * what the adapter is built of, and power makes it appear.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/configfs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sim.h"

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

static struct slot *to_slot(struct config_item *item)
{
	return container_of(item, struct slot, item);
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

static ssize_t store(struct slot *slot, const char *name, const char *page,
		     size_t count)
{
	int error;

	mutex_lock(&slot->lock);
	error = check_power_off(slot);
	if (!error)
		error = sim_config_set(&slot->config,
				       config_item_name(&slot->item), name, page);
	mutex_unlock(&slot->lock);
	return error ?: count;
}

#define ATTRIBUTE(_name, _format, _value)				\
static ssize_t slot_##_name##_show(struct config_item *item, char *page) \
{									\
	struct slot *slot = to_slot(item);				\
	ssize_t len;							\
									\
	mutex_lock(&slot->lock);					\
	len = sysfs_emit(page, _format "\n", slot->config._value);	\
	mutex_unlock(&slot->lock);					\
	return len;							\
}									\
									\
static ssize_t slot_##_name##_store(struct config_item *item,		\
				    const char *page, size_t count)	\
{									\
	return store(to_slot(item), #_name, page, count);		\
}									\
									\
CONFIGFS_ATTR(slot_, _name)

#define NUMBER(_name)	ATTRIBUTE(_name, "%llu", _name)
#define TEXT(_name)	ATTRIBUTE(_name, "%s", _name)

NUMBER(memory_size);
NUMBER(harts);
NUMBER(block_size);
NUMBER(queue_depth);
NUMBER(size);
NUMBER(logins);
NUMBER(max_logins);
TEXT(type);
TEXT(backing);
TEXT(defect);

static ssize_t slot_disk_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "cshba%d\n", to_slot(item)->id);
}
CONFIGFS_ATTR_RO(slot_, disk);

static int power_on(struct slot *slot)
{
	struct sim_config *config = &slot->config;
	struct sim_adapter *ad;
	int error;

	lockdep_assert_held(&slot->lock);
	error = sim_config_check(config, config_item_name(&slot->item));
	if (error)
		return error;
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
	&slot_attr_backing,
	&slot_attr_defect,
	&slot_attr_disk,
	&slot_attr_power,
	NULL,
};

static void slot_release(struct config_item *item)
{
	struct slot *slot = to_slot(item);

	sim_id_put(slot->id);
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
	slot->id = sim_id_get();
	if (slot->id < 0) {
		int error = slot->id;

		kfree(slot);
		return ERR_PTR(error);
	}
	mutex_init(&slot->lock);
	sim_config_init(&slot->config);
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
}
