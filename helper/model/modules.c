// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dependent modules, which a bootstrap burns while the old image runs. When it
 * cannot be asked any more to put back what was there, its host does.
 */
#include <stdlib.h>

#include "model.h"
#include "../../kmod/sim/model/hba.h"

#define MODULES	2	/* enum hba_module_id */

/**
 * struct model_modules - all of them, as they were
 * @modules: each
 */
struct model_modules {
	struct {
		struct hba_module_info info;
		u8 bytes[HBA_MOD_CAPACITY_BYTES];
	} modules[MODULES];
};

/**
 * model_modules_keep() - keep their contents aside
 * @hw: the device
 *
 * Return: to be freed, or %NULL if there is no memory.
 */
struct model_modules *model_modules_keep(const struct model_hardware *hw)
{
	struct model_modules *m = malloc(sizeof(*m));
	unsigned int i;

	for (i = 0; m && i < MODULES; i++) {
		hba_module_info(hw->hba, i, &m->modules[i].info);
		/* What was never complete has no length that counts. */
		if (m->modules[i].info.version != HBA_MOD_BLANK)
			hba_module_read(hw->hba, i, 0, m->modules[i].bytes,
					m->modules[i].info.length);
	}
	return m;
}

static bool is_as_it_was(const struct hba_module_info *was, const struct hba_module_info *is)
{
	if (was->version != is->version)
		return false;
	return was->version == HBA_MOD_BLANK ||
	       (was->patch == is->patch && was->length == is->length);
}

/**
 * model_modules_put_back() - put back what is not as it was
 * @m: by model_modules_keep()
 * @hw: the device; no bootstrap works on modules any more
 *
 * Return: false if one cannot be put back; the others are tried all the same.
 */
bool model_modules_put_back(const struct model_modules *m, struct model_hardware *hw)
{
	struct hba_module_info now;
	bool good = true;
	unsigned int i;

	for (i = 0; i < MODULES; i++) {
		hba_module_info(hw->hba, i, &now);
		if (!is_as_it_was(&m->modules[i].info, &now))
			good &= hba_module_write(hw->hba, i, &m->modules[i].info,
						 m->modules[i].bytes);
	}
	return good;
}
