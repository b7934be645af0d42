// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adapters that are there as soon as the module is, for early boot, where the
 * kernel's command line is all there is:
 *
 *	codeswap_sim.adapters=backing=/dev/vda,memory_size=8M;backing=/dev/vdb
 *
 * The attributes are those of configfs, where these adapters do not appear; they
 * go with the module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sim.h"

#define MAX_ADAPTERS	16

static char *adapters;
module_param(adapters, charp, 0444);
MODULE_PARM_DESC(adapters, "attribute=value,...; for each adapter that is to have power at once");

static struct sim_adapter *made[MAX_ADAPTERS];
static int made_ids[MAX_ADAPTERS];
static unsigned int num_made;

static int read_attributes(struct sim_config *config, const char *who, char *text)
{
	char *pair, *value;
	int error = 0;

	while (!error && (pair = strsep(&text, ","))) {
		value = strchr(pair, '=');
		if (!value) {
			pr_info("%s: '%s' is no attribute=value\n", who, pair);
			return -EINVAL;
		}
		*value++ = '\0';
		error = sim_config_set(config, who, pair, value);
	}
	return error ?: sim_config_check(config, who);
}

static int make_one(char *text)
{
	struct sim_config config;
	struct sim_adapter *ad;
	char who[SIM_NAME_LEN];
	int error, id;

	snprintf(who, sizeof(who), "adapters[%u]", num_made);
	if (num_made == MAX_ADAPTERS) {
		pr_info("more than %d adapters\n", MAX_ADAPTERS);
		return -E2BIG;
	}
	sim_config_init(&config);
	error = read_attributes(&config, who, text);
	if (error)
		return error;
	id = sim_id_get();
	if (id < 0)
		return id;
	ad = sim_adapter_create(&config, id);
	if (IS_ERR(ad)) {
		sim_id_put(id);
		return PTR_ERR(ad);
	}
	made_ids[num_made] = id;
	made[num_made++] = ad;
	return 0;
}

/* All or none: a system that was to have two disks is not right with one. */
int sim_params_init(void)
{
	char *copy, *rest, *one;
	int error = 0;

	if (!adapters)
		return 0;
	copy = kstrdup(adapters, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while (!error && (one = strsep(&rest, ";")))
		error = *one ? make_one(one) : 0;
	kfree(copy);
	if (error)
		sim_params_exit();
	return error;
}

void sim_params_exit(void)
{
	while (num_made--) {
		sim_adapter_destroy(made[num_made]);
		sim_id_put(made_ids[num_made]);
	}
	num_made = 0;
}
