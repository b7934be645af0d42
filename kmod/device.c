// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry: devices that can be given new microcode, as class devices
 * /sys/class/codeswap/codeswapN.
 *
 * A device lives as long as somebody holds a reference; what belongs to its
 * driver only until codeswap_unregister() returns.
 */
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "update.h"

static DEFINE_MUTEX(registry_lock);
static LIST_HEAD(registry);		/* in order of ids, under registry_lock */
static DEFINE_IDA(device_ids);
static struct class *device_class;
/* Devices that have not been released; the last one wakes csw_device_exit(). */
static atomic_t live_devices = ATOMIC_INIT(0);

static const struct csw_limits default_limits = {
	.staging = 30000,
	.feed = 30000,
	.reconcile = 30000,
	.cancel = 2000,
	.quiesce = 2000,
	.start = 2000,
	.proving = 5000,
	.reset = 10000,
};

int csw_device_init(void)
{
	device_class = csw_class_create("codeswap");
	return PTR_ERR_OR_ZERO(device_class);
}

void csw_device_exit(void)
{
	wait_var_event(&live_devices, !atomic_read(&live_devices));
	class_destroy(device_class);
	ida_destroy(&device_ids);
}

static void device_release(struct device *dev)
{
	struct codeswap_device *cdev = container_of(dev, struct codeswap_device, dev);

	csw_header_put(cdev->running);
	csw_stage_put(cdev->kept);
	kfree(cdev->capabilities);
	kvfree(cdev->items);
	csw_times_exit(cdev);
	ida_free(&device_ids, cdev->id);
	kfree(cdev);
	if (atomic_dec_and_test(&live_devices))
		wake_up_var(&live_devices);
}

static bool desc_is_good(const struct codeswap_desc *d)
{
	const struct codeswap_ops *o = d->ops;

	return d->parent && d->type && !mrb_type_problem(d->type) && d->name &&
	       d->memory_size && o && o->attach && o->detach && o->bootstrap &&
	       o->cancel && o->undo && o->abandon && o->quiesce && o->resume &&
	       o->overlay && o->read && o->write && o->start && o->ping &&
	       o->commit && o->reset && !o->module_read == !o->module_write &&
	       (!o->module_read || o->module_info);
}

/* Takes its place in the order of ids, which are used again. */
static int registry_add(struct codeswap_device *cdev)
{
	struct list_head *before = &registry;
	struct codeswap_device *other;

	mutex_lock(&registry_lock);
	list_for_each_entry(other, &registry, list) {
		if (!strcmp(other->label, cdev->label)) {
			mutex_unlock(&registry_lock);
			return -EEXIST;
		}
		if (other->id > cdev->id && before == &registry)
			before = &other->list;
	}
	list_add_tail(&cdev->list, before);
	mutex_unlock(&registry_lock);
	return 0;
}

static void registry_del(struct codeswap_device *cdev)
{
	mutex_lock(&registry_lock);
	list_del(&cdev->list);
	mutex_unlock(&registry_lock);
}

/* Copied, so that a comparison needs nothing of the driver's. */
static int copy_capabilities(struct codeswap_device *cdev)
{
	const struct codeswap_capability *c = cdev->desc->capabilities;
	unsigned int i, n = cdev->desc->num_capabilities;

	cdev->capabilities = kcalloc(n, sizeof(*cdev->capabilities), GFP_KERNEL);
	if (!cdev->capabilities)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		strscpy(cdev->capabilities[i].name, c[i].name, MRB_NAME_LEN);
		cdev->capabilities[i].flags = cpu_to_le32(c[i].flags);
	}
	cdev->num_capabilities = n;
	return 0;
}

static struct codeswap_device *device_alloc(const struct codeswap_desc *desc)
{
	struct codeswap_device *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);
	int id;

	if (!cdev)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc(&device_ids, GFP_KERNEL);
	if (id < 0) {
		kfree(cdev);
		return ERR_PTR(id);
	}
	cdev->id = id;
	cdev->desc_copy = *desc;
	cdev->desc = &cdev->desc_copy;
	cdev->memory_base = desc->memory_base;
	cdev->memory_size = desc->memory_size;
	cdev->limits = default_limits;
	strscpy(cdev->label, desc->name, sizeof(cdev->label));
	strscpy(cdev->type, desc->type, sizeof(cdev->type));
	mutex_init(&cdev->op_lock);
	mutex_init(&cdev->lock);
	cdev->keep_image = true;
	csw_event_init(cdev);

	atomic_inc(&live_devices);
	device_initialize(&cdev->dev);
	cdev->dev.class = device_class;
	cdev->dev.parent = desc->parent;
	cdev->dev.release = device_release;
	cdev->dev.groups = csw_device_groups;
	return cdev;
}

/**
 * codeswap_register() - make a device known
 * @desc: it; copied, but not what it points to
 *
 * The device counts as minimal. The driver resets it to its boot ROM, or
 * reports its image request, after this has returned.
 *
 * Context: process, no lock that an op takes.
 * Return: the device, or an ERR_PTR: -EINVAL (@desc is incomplete), -EEXIST
 * (there is a device of that name), -ENOMEM.
 */
struct codeswap_device *codeswap_register(const struct codeswap_desc *desc)
{
	struct codeswap_device *cdev;
	int ret;

	if (!desc_is_good(desc))
		return ERR_PTR(-EINVAL);
	cdev = device_alloc(desc);
	if (IS_ERR(cdev))
		return cdev;
	ret = copy_capabilities(cdev);
	if (ret)
		goto err_put;
	ret = csw_times_init(cdev);
	if (ret)
		goto err_put;
	ret = dev_set_name(&cdev->dev, "codeswap%u", cdev->id);
	if (ret)
		goto err_put;
	ret = registry_add(cdev);
	if (ret)
		goto err_put;
	ret = csw_chardev_add(cdev);
	if (ret)
		goto err_registry;
	csw_notify_device(cdev);
	return cdev;

err_registry:
	registry_del(cdev);
err_put:
	put_device(&cdev->dev);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(codeswap_register);

/* From here on no update begins; one that is on gives up as soon as it can. */
static void stop_updates(struct codeswap_device *cdev)
{
	struct csw_update *update;

	mutex_lock(&cdev->lock);
	cdev->gone = true;
	update = cdev->update;
	if (update && update->started) {
		WRITE_ONCE(update->cancel, true);
		WRITE_ONCE(update->rollback, true);
		update = NULL;
	}
	mutex_unlock(&cdev->lock);
	wake_up_all(&cdev->wait);
	csw_turn_wake();
	if (update)
		csw_update_gone(cdev);
	wait_event(cdev->wait, !READ_ONCE(cdev->update));
}

/**
 * codeswap_unregister() - forget a device
 * @cdev: by codeswap_register()
 *
 * Cancels an update that is on, or waits for its end where it cannot be
 * cancelled any more; the device should answer until this returns, or every
 * limit on the way back is waited for. No op is called afterwards, and reports
 * are ignored; codeswap_put() must follow when none can come any more.
 *
 * Context: process, no lock that an op takes.
 */
void codeswap_unregister(struct codeswap_device *cdev)
{
	csw_chardev_del(cdev);
	registry_del(cdev);
	stop_updates(cdev);
	csw_request_withdraw(cdev);
	/* Who came by before @gone was set: resets and events. */
	mutex_lock(&cdev->op_lock);
	csw_op_unlock(cdev);
	csw_event_exit(cdev);
	csw_notify_gone(cdev);
}
EXPORT_SYMBOL_GPL(codeswap_unregister);

/**
 * codeswap_put() - let a device go that has been unregistered
 * @cdev: no report will be made any more
 *
 * Context: process.
 */
void codeswap_put(struct codeswap_device *cdev)
{
	put_device(&cdev->dev);
}
EXPORT_SYMBOL_GPL(codeswap_put);

/**
 * codeswap_priv() - the driver's own pointer
 * @cdev: registered device
 *
 * Context: any.
 */
void *codeswap_priv(const struct codeswap_device *cdev)
{
	return cdev->desc->priv;
}
EXPORT_SYMBOL_GPL(codeswap_priv);

struct codeswap_device *csw_device_find(const char *name)
{
	struct codeswap_device *cdev, *found = NULL;

	mutex_lock(&registry_lock);
	list_for_each_entry(cdev, &registry, list) {
		if (strcmp(name, dev_name(&cdev->dev)) && strcmp(name, cdev->label))
			continue;
		found = cdev;
		get_device(&found->dev);
		break;
	}
	mutex_unlock(&registry_lock);
	return found;
}

struct codeswap_device *csw_device_next(struct codeswap_device *prev)
{
	struct codeswap_device *cdev, *found = NULL;

	mutex_lock(&registry_lock);
	list_for_each_entry(cdev, &registry, list) {
		if (prev && cdev->id <= prev->id)
			continue;
		found = cdev;
		get_device(&found->dev);
		break;
	}
	mutex_unlock(&registry_lock);
	if (prev)
		csw_device_put(prev);
	return found;
}

void csw_device_put(struct codeswap_device *cdev)
{
	put_device(&cdev->dev);
}

bool csw_device_item(struct codeswap_device *cdev, unsigned int i,
		     struct csw_item *item)
{
	bool found;

	mutex_lock(&cdev->lock);
	found = i < cdev->num_items;
	if (found)
		*item = cdev->items[i];
	mutex_unlock(&cdev->lock);
	return found;
}
