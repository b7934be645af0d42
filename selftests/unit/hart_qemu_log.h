/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU as a reference: one record of its registers before each instruction. */
#ifndef HART_QEMU_LOG_H
#define HART_QEMU_LOG_H

#include <sys/types.h>

#include "model_board.h"

struct qemu {
	pid_t pid;
	FILE *log;
};

struct qemu_record {
	u32 x[32];
	u32 pc, mstatus, mip, mie, mtvec, mepc, mcause, mtval, mscratch;
	bool repeated;	/* the instruction before was announced, not executed */
};

/* QEMU on the program in @file; false: it could not be started. */
bool qemu_start(struct qemu *q, const char *file);
/* False: QEMU ended; it does so by itself after a minute. */
bool qemu_next(struct qemu *q, struct qemu_record *r);
void qemu_stop(struct qemu *q);
/* Version line of the QEMU in the path; false: there is none. */
bool qemu_version(char *line, int size);

#endif /* HART_QEMU_LOG_H */
