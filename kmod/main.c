// SPDX-License-Identifier: GPL-2.0-only
/* codeswap: new microcode for running devices. The order here is the architecture. */
#include <linux/module.h>

#include "csw.h"

struct workqueue_struct *csw_workqueue;

int csw_error(struct csw_error *err, enum codeswap_reason reason, int code,
	      const char *fmt, ...)
{
	va_list args;

	err->reason = reason;
	err->code = code;
	va_start(args, fmt);
	vscnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return code;
}

static int __init codeswap_init(void)
{
	int ret;

	/* Unbound: an update may work for long, and several run side by side. */
	csw_workqueue = alloc_workqueue("codeswap",
					WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!csw_workqueue)
		return -ENOMEM;
	csw_turn_init();
	ret = csw_signature_init();
	if (ret)
		goto err_workqueue;
	ret = csw_device_init();
	if (ret)
		goto err_signature;
	ret = csw_chardev_init();
	if (ret)
		goto err_device;
	ret = csw_request_init();
	if (ret)
		goto err_chardev;
	ret = csw_netlink_init();
	if (ret)
		goto err_request;
	return 0;

err_request:
	csw_request_exit();
err_chardev:
	csw_chardev_exit();
err_device:
	csw_device_exit();
err_signature:
	csw_signature_exit();
err_workqueue:
	destroy_workqueue(csw_workqueue);
	return ret;
}

static void __exit codeswap_exit(void)
{
	/* First the doors, so that nothing new begins. */
	csw_netlink_exit();
	flush_workqueue(csw_workqueue);
	csw_request_exit();
	csw_chardev_exit();
	csw_device_exit();
	csw_signature_exit();
	destroy_workqueue(csw_workqueue);
}

module_init(codeswap_init);
module_exit(codeswap_exit);

MODULE_AUTHOR("codeswap developers");
MODULE_DESCRIPTION("New microcode for running devices");
MODULE_LICENSE("GPL");
