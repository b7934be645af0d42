// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's side of codeswap: the table of ops and the way back, from the
 * device's events to the core. This file is what support for live swap costs
 * a driver; modules.c is an option.
 */
#include "sim.h"

/* What images for this adapter may require, and what the driver relies on. */
const struct codeswap_capability sim_capabilities[] = {
	{ "flash", CODESWAP_CAP_PRESENT },
	{ "pla", CODESWAP_CAP_PRESENT },
	{ "login-table", CODESWAP_CAP_USED },
	{ "discard", CODESWAP_CAP_USED },
	{ "fua", CODESWAP_CAP_USED },
};

const unsigned int sim_num_capabilities = ARRAY_SIZE(sim_capabilities);

struct sim_adapter *sim_lock_hw(struct codeswap_device *cdev)
{
	struct sim_adapter *ad = codeswap_priv(cdev);

	mutex_lock(&ad->hw_lock);
	return ad;
}

/* After what was done the hart may have something to do. */
void sim_unlock_hw(struct sim_adapter *ad)
{
	mutex_unlock(&ad->hw_lock);
	if (hba_work_pending(ad->hba))
		sim_hart_wake(ad);
}

static int command(struct codeswap_device *cdev, u32 code, u32 argument)
{
	struct sim_adapter *ad = sim_lock_hw(cdev);
	bool queued = hba_command(ad->hba, code, argument, 0);

	sim_unlock_hw(ad);
	/* A full queue: the firmware has stopped listening long ago. */
	return queued ? 0 : -EBUSY;
}

static int sim_attach(struct codeswap_device *cdev, struct sg_table *sgt,
		      size_t size, bool writable, u64 *address)
{
	return sim_iommu_attach(codeswap_priv(cdev), sgt, size, writable,
				address);
}

static void sim_detach(struct codeswap_device *cdev, u64 address)
{
	sim_iommu_unmap(codeswap_priv(cdev), address);
}

static int sim_bootstrap(struct codeswap_device *cdev, u64 handover)
{
	return command(cdev, HBA_CMD_UPDATE, handover);
}

static int sim_cancel(struct codeswap_device *cdev)
{
	return command(cdev, HBA_CMD_CANCEL, 0);
}

static int sim_undo(struct codeswap_device *cdev)
{
	return command(cdev, HBA_CMD_UNDO, 0);
}

static int sim_abandon(struct codeswap_device *cdev)
{
	return command(cdev, HBA_CMD_ABANDON, 0);
}

static int sim_quiesce(struct codeswap_device *cdev)
{
	return command(cdev, HBA_CMD_QUIESCE, 0);
}

static int sim_resume(struct codeswap_device *cdev)
{
	return command(cdev, HBA_CMD_RESUME, 0);
}

static int sim_ping(struct codeswap_device *cdev)
{
	return command(cdev, HBA_CMD_PING, 0);
}

static int sim_commit(struct codeswap_device *cdev)
{
	return command(cdev, HBA_CMD_COMMIT, 0);
}

/* As the device's own copy engine would: from what the IOMMU maps. */
static int copy_extent(struct sim_adapter *ad, struct codeswap_extent e)
{
	u32 bytes;
	void *from;

	while (e.len) {
		from = sim_iommu_window(ad, e.staged, &bytes, false);
		bytes = min_t(size_t, bytes, e.len);
		if (!from || e.address > U32_MAX ||
		    !hba_ram_write(ad->hba, e.address, from, bytes))
			return -EFAULT;
		e.address += bytes;
		e.staged += bytes;
		e.len -= bytes;
	}
	return 0;
}

static int sim_overlay(struct codeswap_device *cdev,
		       const struct codeswap_extent *extents, unsigned int num)
{
	struct sim_adapter *ad = sim_lock_hw(cdev);
	unsigned int i;
	int error = 0;

	for (i = 0; i < num && !error; i++)
		error = copy_extent(ad, extents[i]);
	sim_unlock_hw(ad);
	return error;
}

static int sim_read(struct codeswap_device *cdev, u64 address, void *buf,
		    size_t len)
{
	struct sim_adapter *ad = sim_lock_hw(cdev);
	bool done = address <= U32_MAX && len <= U32_MAX &&
		    hba_ram_read(ad->hba, address, buf, len);

	sim_unlock_hw(ad);
	return done ? 0 : -EFAULT;
}

static int sim_write(struct codeswap_device *cdev, u64 address,
		     const void *buf, size_t len)
{
	struct sim_adapter *ad = sim_lock_hw(cdev);
	bool done;

	hba_halt(ad->hba);
	done = address <= U32_MAX && len <= U32_MAX &&
	       hba_ram_write(ad->hba, address, buf, len);
	sim_unlock_hw(ad);
	return done ? 0 : -EFAULT;
}

/*
 * What the harts have begun on the medium is done before the rings are cleared:
 * its data is the host's, which has the requests sent again then. hw_lock is
 * held on return.
 */
static struct sim_adapter *reset(struct codeswap_device *cdev)
{
	struct sim_adapter *ad = sim_lock_hw(cdev);

	hba_halt(ad->hba);
	mutex_unlock(&ad->hw_lock);
	sim_medium_drain(ad);
	mutex_lock(&ad->hw_lock);
	hba_reset(ad->hba);
	sim_rings_reset(ad);
	return ad;
}

/* An image that starts cold may not find traces of another one. */
static int sim_start(struct codeswap_device *cdev, enum codeswap_start kind,
		     u64 entry, u64 argument)
{
	static const u32 kinds[] = {
		[CODESWAP_START_COLD] = HBA_START_COLD,
		[CODESWAP_START_WARM] = HBA_START_WARM,
		[CODESWAP_START_ROLLBACK] = HBA_START_ROLLBACK,
	};
	struct sim_adapter *ad;

	if (entry > U32_MAX || argument > U32_MAX)
		return -EFAULT;
	ad = kind == CODESWAP_START_COLD ? reset(cdev) : sim_lock_hw(cdev);
	ad->started_as = kind;
	hba_start(ad->hba, entry, kinds[kind], argument);
	sim_count(ad, SIM_STARTS);
	sim_unlock_hw(ad);
	return 0;
}

static int sim_reset(struct codeswap_device *cdev)
{
	struct sim_adapter *ad = reset(cdev);

	sim_count(ad, SIM_RESETS);
	sim_unlock_hw(ad);
	return 0;
}

const struct codeswap_ops sim_codeswap_ops = {
	.attach = sim_attach,
	.detach = sim_detach,
	.bootstrap = sim_bootstrap,
	.cancel = sim_cancel,
	.undo = sim_undo,
	.abandon = sim_abandon,
	.quiesce = sim_quiesce,
	.resume = sim_resume,
	.overlay = sim_overlay,
	.read = sim_read,
	.write = sim_write,
	.start = sim_start,
	.ping = sim_ping,
	.commit = sim_commit,
	.reset = sim_reset,
	.module_info = sim_module_info,
	.module_read = sim_module_read,
	.module_write = sim_module_write,
};

static void started(struct sim_adapter *ad, const u32 *arg)
{
	struct codeswap_started said = {
		.version.major = cpu_to_le16(arg[0] >> 16),
		.version.minor = cpu_to_le16(arg[0]),
		.version.patch = cpu_to_le16(arg[1]),
		.kind = arg[2] - HBA_START_COLD,
		.state = arg[3],
	};

	if (arg[2] < HBA_START_COLD || arg[2] > HBA_START_ROLLBACK) {
		sim_count(ad, SIM_BAD_EVENTS);
		return;
	}
	/* What it was started as counts, not what it says. */
	if (ad->started_as == CODESWAP_START_COLD)
		sim_logins_begin(ad);
	codeswap_report_started(ad->cdev, &said);
}

/* The model posts an event: in the hart thread, under hw_lock. */
void sim_event(void *ctx, const struct hba_event *event)
{
	const u32 *arg = event->arg;
	struct codeswap_crash crash = { arg[0], arg[1], arg[2] };
	struct sim_adapter *ad = ctx;

	switch (event->code) {
	case HBA_EVT_IMAGE_REQUEST:
		codeswap_report_image_request(ad->cdev, arg[0]);
		break;
	case HBA_EVT_STARTED:
		started(ad, arg);
		break;
	case HBA_EVT_HEARTBEAT:
		codeswap_report_heartbeat(ad->cdev);
		break;
	case HBA_EVT_REPORT:
		codeswap_report_items(ad->cdev);
		break;
	case HBA_EVT_RECONCILED:
		codeswap_report_reconciled(ad->cdev, arg[0]);
		break;
	case HBA_EVT_QUIESCED:
		codeswap_report_quiesced(ad->cdev, arg[0]);
		break;
	case HBA_EVT_RESUMED:
		codeswap_report_resumed(ad->cdev);
		break;
	case HBA_EVT_BOOTSTRAP_CRASH:
		codeswap_report_bootstrap_crash(ad->cdev, &crash);
		break;
	case HBA_EVT_CRASH:
	case HBA_EVT_HART_STOPPED:
		codeswap_report_crash(ad->cdev, &crash);
		break;
	case HBA_EVT_ABANDONED:
		codeswap_report_abandoned(ad->cdev);
		break;
	case HBA_EVT_UNDONE:
		codeswap_report_undone(ad->cdev, arg[0]);
		break;
	case HBA_EVT_BUS_ERROR:
		sim_count(ad, SIM_BUS_ERRORS);
		break;
	default:
		sim_count(ad, SIM_BAD_EVENTS);
		break;
	}
}
