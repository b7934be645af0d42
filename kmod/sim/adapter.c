// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an adapter, from power on to power off.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "sim.h"

static DEFINE_IDA(ids);

/* Numbers of disks, whoever makes them. */
int sim_id_get(void)
{
	return ida_alloc(&ids, GFP_KERNEL);
}

void sim_id_put(int id)
{
	ida_free(&ids, id);
}

/* What DMA is mapped for, and where the disk hangs in sysfs. */
static int add_platform_device(struct sim_adapter *ad, unsigned int id)
{
	const struct platform_device_info info = {
		.name = "codeswap_sim",
		.id = id,
		.dma_mask = DMA_BIT_MASK(64),
	};

	ad->pdev = platform_device_register_full(&info);
	if (IS_ERR(ad->pdev))
		return PTR_ERR(ad->pdev);
	/* The adapter's IOMMU takes pieces of any length. */
	dma_set_max_seg_size(&ad->pdev->dev, UINT_MAX);
	dma_set_seg_boundary(&ad->pdev->dev, ULONG_MAX);
	return 0;
}

static int register_with_codeswap(struct sim_adapter *ad)
{
	const struct codeswap_desc desc = {
		.owner = THIS_MODULE,
		.parent = &ad->pdev->dev,
		.type = ad->config.type,
		.name = ad->name,
		.ops = &sim_fault_ops,
		.capabilities = sim_capabilities,
		.num_capabilities = sim_num_capabilities,
		.memory_base = HBA_RAM_BASE,
		.memory_size = ad->config.memory_size,
		.priv = ad,
	};

	ad->cdev = codeswap_register(&desc);
	return PTR_ERR_OR_ZERO(ad->cdev);
}

static struct sim_adapter *alloc_adapter(const struct sim_config *config,
					 unsigned int id)
{
	struct sim_adapter *ad = kvzalloc(sizeof(*ad), GFP_KERNEL);

	if (!ad)
		return NULL;
	ad->config = *config;
	snprintf(ad->name, sizeof(ad->name), "cshba%u", id);
	ad->epoch = SIM_ANY_EPOCH + 1;
	spin_lock_init(&ad->lock);
	init_waitqueue_head(&ad->hart_wq);
	init_waitqueue_head(&ad->admin_wq);
	INIT_LIST_HEAD(&ad->in_flight);
	sim_logins_init(ad);
	sim_faults_init(ad);
	return ad;
}

/* Nothing is let in any more, and whoever waits for the device is woken. */
static void cut_power(struct sim_adapter *ad)
{
	spin_lock_irq(&ad->lock);
	ad->gone = true;
	ad->gate = false;
	sim_admin_fail(ad, -ENODEV);
	spin_unlock_irq(&ad->lock);
}

/**
 * sim_adapter_create - make an adapter and switch its power on
 * @config: checked
 * @id: number of its disk
 *
 * Return: the adapter, or an ERR_PTR().
 */
struct sim_adapter *sim_adapter_create(const struct sim_config *config,
				       unsigned int id)
{
	struct sim_adapter *ad = alloc_adapter(config, id);
	int error;

	if (!ad)
		return ERR_PTR(-ENOMEM);
	error = add_platform_device(ad, id);
	if (error)
		goto err_free;
	error = sim_hardware_init(ad);
	if (error)
		goto err_platform;
	error = sim_rings_init(ad);
	if (error)
		goto err_hardware;
	error = register_with_codeswap(ad);
	if (error)
		goto err_rings;
	error = sim_disk_init(ad);
	if (error)
		goto err_codeswap;
	sim_debugfs_add(ad);
	/* Last: from here on the boot ROM runs, and events come. */
	error = sim_hart_start(ad);
	if (error)
		goto err_debugfs;
	return ad;

err_debugfs:
	cut_power(ad);
	debugfs_remove(ad->debugfs);
	sim_logins_exit(ad);
	sim_disk_exit(ad);
err_codeswap:
	codeswap_unregister(ad->cdev);
	codeswap_put(ad->cdev);
err_rings:
	sim_rings_exit(ad);
err_hardware:
	sim_iommu_exit(ad);
	sim_hardware_exit(ad);
err_platform:
	platform_device_unregister(ad->pdev);
err_free:
	kvfree(ad);
	return ERR_PTR(error);
}

/**
 * sim_adapter_destroy - switch an adapter's power off and unmake it
 * @ad: adapter
 *
 * In whatever state it is. Requests that it has not completed fail.
 */
void sim_adapter_destroy(struct sim_adapter *ad)
{
	cut_power(ad);
	sim_faults_release(ad);
	/* While the hart runs: an update that is on ends the sooner. */
	codeswap_unregister(ad->cdev);
	sim_hart_stop(ad);
	sim_medium_drain(ad);
	codeswap_put(ad->cdev);
	/* Waits for readers and writers; they have been woken. */
	debugfs_remove(ad->debugfs);
	sim_logins_exit(ad);
	sim_disk_exit(ad);
	sim_rings_exit(ad);
	sim_iommu_exit(ad);
	sim_hardware_exit(ad);
	platform_device_unregister(ad->pdev);
	kvfree(ad);
}
