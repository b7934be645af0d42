/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's part in a swap, step by step, as the core does it: each step is a
 * function, so that a test can stop, cancel or go back at any of them.
 */
#ifndef FIRMWARE_UPDATE_H
#define FIRMWARE_UPDATE_H

#include "firmware_host.h"

#define FW_NO_VERDICT	(~0u)		/* nothing came in time */
#define FW_CRASHED	(~1u)

/* A dependent module as it was before the update. */
struct fw_module {
	struct hba_module_info info;
	u8 contents[HBA_MOD_CAPACITY_BYTES];
};

/**
 * struct fw_update - an update under way
 * @host: where
 * @old: image that runs
 * @new: image that is to run
 * @waive: accept the loss of capabilities
 * @absent: capability that the device is said not to have, or %NULL
 * @old_header: copy of the old image's header and tables, for the device
 * @ho: hand-over block
 * @items: reports
 * @data: private copy of the new data segment
 * @old_data: the running one, at quiesce
 * @modules: flash and PLA
 */
struct fw_update {
	struct fw_host *host;
	const struct fw_image *old;
	const struct fw_image *new;
	bool waive;
	const char *absent;
	struct codeswap_handover *ho;
	struct codeswap_ho_item *items;
	u8 *data;
	u8 *old_data;
	struct fw_module modules[2];
	u32 old_state;
};

void fw_stage(struct fw_update *u, struct fw_host *h, const struct fw_image *old,
	      const struct fw_image *new);
void fw_release(struct fw_update *u);
void fw_update_interrupt(struct fw_update *u);
u32 fw_verdict(struct fw_update *u);
u32 fw_reconcile(struct fw_update *u);
u32 fw_undo(struct fw_update *u);
u32 fw_quiesce(struct fw_update *u);
bool fw_resume(struct fw_update *u);
bool fw_overlay(struct fw_update *u);
bool fw_start_new(struct fw_update *u);
bool fw_prove(struct fw_update *u);
void fw_commit(struct fw_update *u);
bool fw_rollback(struct fw_update *u);
bool fw_restart_old(struct fw_update *u);
void fw_restore_modules(struct fw_update *u);
bool fw_modules_unchanged(struct fw_update *u);
bool fw_swap(struct fw_update *u);

const struct codeswap_ho_item *fw_item(const struct fw_update *u, u32 kind,
				       const char *name);

#endif /* FIRMWARE_UPDATE_H */
