// SPDX-License-Identifier: GPL-2.0-only
/* Commands from the driver. Whatever takes time goes to the thread. */
#include "hba.h"

static void command(struct trap_frame *frame, u32 code, u32 arg0)
{
	switch (code) {
	case HBA_CMD_PING:
		thread_post(JOB_PING);
		break;
	case HBA_CMD_UPDATE:
		update_request(arg0);
		break;
	case HBA_CMD_QUIESCE:
		thread_post(JOB_QUIESCE);
		break;
	case HBA_CMD_UNDO:
		thread_post(JOB_UNDO);
		break;
	case HBA_CMD_ABANDON:
		update_drop_bootstrap(frame);
		post_event(HBA_EVT_ABANDONED, 0, 0, 0, 0);
		break;
	case HBA_CMD_COMMIT:
		image_commit();
		break;
	default:
		/* CANCEL and RESUME: the hand-over block says it as well. */
		break;
	}
}

void command_service(struct trap_frame *frame)
{
	u32 code;

	while ((code = mbox_read(HBA_MBOX_CMD)) != HBA_CMD_NONE) {
		u32 arg0 = mbox_read(HBA_MBOX_CMD_ARG0);

		mbox_write(HBA_MBOX_CMD_POP, 1);
		command(frame, code, arg0);
	}
}
