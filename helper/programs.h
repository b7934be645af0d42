/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that other programs of ours start. */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "compat_user.h"

const char *programs_dir(void);
void program_exec(const char *name, char **argv);

#endif /* PROGRAMS_H */
