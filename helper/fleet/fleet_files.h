/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The images of a manifest, served to a master by HTTP. */
#ifndef FLEET_FILES_H
#define FLEET_FILES_H

#include "fleet_talk.h"
#include "manifest.h"

struct fleet_files;

struct fleet_files *fleet_files_new(const struct fleet *f, const struct manifest *m,
				    const char *dir, struct mrb_error *err);
const char *fleet_files_url(const struct fleet_files *ff);
void fleet_files_free(struct fleet_files *ff);

#endif /* FLEET_FILES_H */
