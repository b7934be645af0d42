// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated storage adapter: a disk whose requests are served by firmware on
 * a RISC-V processor, and which is given new firmware through codeswap. See
 * Documentation/simulated-adapter.rst.
 */
#include <linux/module.h>

#include "sim.h"

struct workqueue_struct *sim_wq;

static int __init sim_init(void)
{
	int error;

	/* I/O waits for what runs there: it must go on when memory is short. */
	sim_wq = alloc_workqueue("codeswap_sim", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!sim_wq)
		return -ENOMEM;

	sim_faults_setup();
	sim_debugfs_init();

	error = sim_params_init();
	if (error)
		goto err_debugfs;
	/* From here on users can make adapters. */
	error = sim_configfs_init();
	if (error)
		goto err_params;
	return 0;

err_params:
	sim_params_exit();
err_debugfs:
	sim_disk_drain();
	sim_debugfs_exit();
	destroy_workqueue(sim_wq);
	return error;
}

static void __exit sim_exit(void)
{
	/* No other adapter is left: each of them holds the module. */
	sim_configfs_exit();
	sim_params_exit();
	sim_debugfs_exit();
	sim_disk_drain();
	destroy_workqueue(sim_wq);
}

module_init(sim_init);
module_exit(sim_exit);

MODULE_DESCRIPTION("Simulated storage adapter with exchangeable microcode");
MODULE_LICENSE("GPL");
