/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codeswap: what a driver supplies so that its device can be given new
 * microcode while it runs, and what it may call. See
 * Documentation/driver-api.rst for the order of things and an example.
 */
#ifndef _LINUX_CODESWAP_H
#define _LINUX_CODESWAP_H

#include <linux/mrb.h>
#include <linux/codeswap_handover.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct device;
struct module;
struct codeswap_device;

/**
 * enum codeswap_start - how an image is started
 * @CODESWAP_START_COLD: nothing is set up
 * @CODESWAP_START_WARM: new image; the argument is its state directory. It
 *	serves I/O, but operations that change persistent state wait in their
 *	queues until &codeswap_ops.commit
 * @CODESWAP_START_ROLLBACK: the old image again, with its own state directory
 */
enum codeswap_start {
	CODESWAP_START_COLD,
	CODESWAP_START_WARM,
	CODESWAP_START_ROLLBACK,
};

/**
 * struct codeswap_module_info - a dependent module of a device
 * @version: what it reports
 * @length: bytes of its contents
 * @valid: contents and version are complete; false in the middle of a burn
 */
struct codeswap_module_info {
	struct mrb_version version;
	u32 length;
	bool valid;
};

/**
 * struct codeswap_extent - a piece of an overlay
 * @address: in running memory
 * @staged: in staging memory, an address given by &codeswap_ops.attach or
 *	within what is there
 * @len: bytes
 */
struct codeswap_extent {
	u64 address;
	u64 staged;
	size_t len;
};

/**
 * struct codeswap_ops - what a driver does for the core
 *
 * Every op is called from process context, from one thread at a time for a
 * device, with no lock held but the one that keeps the device registered; it
 * may sleep, but not wait for the device's firmware: what the firmware does is
 * told by codeswap_report_*(), and the core keeps the time limits. An op
 * returns 0 or a negative errno; -ENODEV means that the device is gone.
 *
 * @attach: make staging memory reachable for the device. @sgt is mapped for
 *	the device already, DMA_TO_DEVICE if @writable is false, else
 *	DMA_BIDIRECTIONAL. Stores in @address where the device sees its first
 *	byte; the whole must be contiguous there. -ENOSPC if that cannot be
 * @detach: the opposite; the device must not reach the memory afterwards
 * @bootstrap: raise the update interrupt: the device's running image branches
 *	to the bootstrap of the new one with @handover, the device address of
 *	the hand-over block. Answer: codeswap_report_reconciled()
 * @cancel: the update interrupt's opposite while the bootstrap works. Answer:
 *	codeswap_report_reconciled() with CODESWAP_VERDICT_CANCELLED, or any
 *	other that was on its way
 * @undo: the same once the device waits in ready. Answer:
 *	codeswap_report_undone()
 * @abandon: have the running image drop the bootstrap's thread, whatever it
 *	does. Answer: codeswap_report_abandoned()
 * @quiesce: have the device finish what it has begun, fetch no more I/O, run
 *	the bootstrap's SYNC, and park outside the running image. Answer:
 *	codeswap_report_quiesced(). The blackout begins here
 * @resume: a quiesced device goes on with the old image. Answer:
 *	codeswap_report_resumed()
 * @overlay: copy all of @num extents to running memory, in whatever order.
 *	The device is parked or in its boot ROM. This is in the blackout: a
 *	list for the device's own copy engine is better than orders one by one
 * @read: copy @len bytes of running memory at @address to @buf. May be called
 *	while the device runs
 * @write: stop whatever the processors do, until the next @start or @reset, and
 *	copy @buf to running memory: the image that is to be taken back may
 *	serve I/O still, and must not run on over a half of another
 * @start: stop whatever the processors do, and start all of them at @entry
 *	with @argument. Requests that wait are fetched by what is started.
 *	Answer: codeswap_report_started()
 * @ping: ask the running image for a sign of life. Answer:
 *	codeswap_report_heartbeat()
 * @commit: tell a new image that it has been proved
 * @reset: reset the device to its boot ROM, whatever state it is in. I/O waits
 *	in the host. Answer: codeswap_report_image_request()
 * @module_info: read what a dependent module reports. -ENOENT if there is no
 *	module of that name. May be called while the device runs. Optional
 * @module_read: read contents of a module. Optional
 * @module_write: put contents and version back as they were. The bootstrap
 *	has ended. Optional, required with @module_read
 */
struct codeswap_ops {
	int (*attach)(struct codeswap_device *cdev, struct sg_table *sgt,
		      size_t size, bool writable, u64 *address);
	void (*detach)(struct codeswap_device *cdev, u64 address);
	int (*bootstrap)(struct codeswap_device *cdev, u64 handover);
	int (*cancel)(struct codeswap_device *cdev);
	int (*undo)(struct codeswap_device *cdev);
	int (*abandon)(struct codeswap_device *cdev);
	int (*quiesce)(struct codeswap_device *cdev);
	int (*resume)(struct codeswap_device *cdev);
	int (*overlay)(struct codeswap_device *cdev,
		       const struct codeswap_extent *extents, unsigned int num);
	int (*read)(struct codeswap_device *cdev, u64 address, void *buf,
		    size_t len);
	int (*write)(struct codeswap_device *cdev, u64 address,
		     const void *buf, size_t len);
	int (*start)(struct codeswap_device *cdev, enum codeswap_start kind,
		     u64 entry, u64 argument);
	int (*ping)(struct codeswap_device *cdev);
	int (*commit)(struct codeswap_device *cdev);
	int (*reset)(struct codeswap_device *cdev);
	int (*module_info)(struct codeswap_device *cdev, const char *name,
			   struct codeswap_module_info *info);
	int (*module_read)(struct codeswap_device *cdev, const char *name,
			   u32 offset, void *buf, u32 len);
	int (*module_write)(struct codeswap_device *cdev, const char *name,
			    const struct codeswap_module_info *info,
			    const void *buf);
};

/**
 * struct codeswap_capability - a named boolean of a device and what uses it
 * @name: as in an image's struct mrb_capability
 * @flags: CODESWAP_CAP_PRESENT, CODESWAP_CAP_USED
 */
struct codeswap_capability {
	const char *name;
	u32 flags;
};

/**
 * struct codeswap_desc - a device to be registered
 * @owner: THIS_MODULE; held while an update runs
 * @parent: what DMA is mapped for; must stay until after unregistration
 * @type: device type, as images name it
 * @name: name of the device in its own subsystem, unique, e.g. "cshba0"
 * @ops: all but the module ops are required
 * @capabilities: of device and environment; may be %NULL
 * @num_capabilities: entries in @capabilities
 * @memory_base: device address of running memory
 * @memory_size: bytes of it
 * @priv: for codeswap_priv()
 *
 * What the pointers lead to must stay until unregistration; but @name, @type
 * and @capabilities are copied, as is this structure.
 */
struct codeswap_desc {
	struct module *owner;
	struct device *parent;
	const char *type;
	const char *name;
	const struct codeswap_ops *ops;
	const struct codeswap_capability *capabilities;
	unsigned int num_capabilities;
	u64 memory_base;
	u64 memory_size;
	void *priv;
};

/**
 * struct codeswap_started - what an image says of itself when it starts
 * @kind: what it was started as
 * @version: its own
 * @state: device address of its state directory
 */
struct codeswap_started {
	enum codeswap_start kind;
	struct mrb_version version;
	u64 state;
};

/**
 * struct codeswap_crash - a trap that firmware did not survive
 * @cause: the processor's code for it
 * @pc: where
 * @value: the processor's further word on it, often an address
 */
struct codeswap_crash {
	u64 cause;
	u64 pc;
	u64 value;
};

struct codeswap_device *codeswap_register(const struct codeswap_desc *desc);
void codeswap_unregister(struct codeswap_device *cdev);
void codeswap_put(struct codeswap_device *cdev);
void *codeswap_priv(const struct codeswap_device *cdev);

/* Events. From any context, hard interrupt included, from registration to codeswap_put(). */
void codeswap_report_image_request(struct codeswap_device *cdev, u32 selftest);
void codeswap_report_items(struct codeswap_device *cdev);
void codeswap_report_reconciled(struct codeswap_device *cdev, u32 verdict);
void codeswap_report_undone(struct codeswap_device *cdev, u32 verdict);
void codeswap_report_abandoned(struct codeswap_device *cdev);
void codeswap_report_quiesced(struct codeswap_device *cdev, u32 verdict);
void codeswap_report_resumed(struct codeswap_device *cdev);
void codeswap_report_started(struct codeswap_device *cdev,
			     const struct codeswap_started *started);
void codeswap_report_heartbeat(struct codeswap_device *cdev);
void codeswap_report_bootstrap_crash(struct codeswap_device *cdev,
				     const struct codeswap_crash *crash);
void codeswap_report_crash(struct codeswap_device *cdev,
			   const struct codeswap_crash *crash);

#endif /* _LINUX_CODESWAP_H */
