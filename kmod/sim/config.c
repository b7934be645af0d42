// SPDX-License-Identifier: GPL-2.0-only
/* What an adapter is built of, as users say it: by configfs or by a parameter. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/string.h>

#include "sim.h"

/* What a number may be. */
struct limits {
	const char *name;
	size_t offset;		/* in struct sim_config */
	u64 min;
	u64 max;
	u64 multiple;
	bool only_these;	/* nothing between @min and @max */
};

#define NUMBER(_name, ...) \
	{ #_name, offsetof(struct sim_config, _name), __VA_ARGS__ }

static const struct limits numbers[] = {
	NUMBER(memory_size, HBA_RAM_MIN, HBA_RAM_MAX, 4096),
	NUMBER(harts, 1, HBA_MAX_HARTS, 1),
	NUMBER(block_size, 512, 4096, 512, true),
	NUMBER(queue_depth, 1, SIM_QUEUE_DEPTH_MAX, 1),
	NUMBER(size, 1 << 20, 1ull << 40, 4096),
	NUMBER(logins, 1, SIM_LOGINS_MAX, 1),
	NUMBER(max_logins, 1, SIM_LOGINS_MAX, 1),
};

const char * const sim_defects[] = {
	[HBA_DEFECT_NONE] = "none",
	[HBA_DEFECT_HART] = "hart",
	[HBA_DEFECT_FLASH] = "flash",
	NULL
};

void sim_config_init(struct sim_config *config)
{
	*config = (struct sim_config) {
		.memory_size = HBA_RAM_DEFAULT,
		.harts = 1,
		.block_size = 512,
		.queue_depth = 64,
		.size = 64 << 20,
		.logins = 16,
		.max_logins = 1024,
		.type = "hba-sim",
		.defect = sim_defects[HBA_DEFECT_NONE],
	};
}

static int check(const char *who, const struct limits *l, u64 value)
{
	bool inside = value >= l->min && value <= l->max;

	if (l->only_these)
		inside = value == l->min || value == l->max;
	if (inside && value % l->multiple == 0)
		return 0;
	pr_info("%s: %s cannot be %llu: choose %llu %s %llu, a multiple of %llu\n",
		who, l->name, value, l->min, l->only_these ? "or" : "to",
		l->max, l->multiple);
	return -EINVAL;
}

static int set_number(struct sim_config *config, const char *who,
		      const struct limits *l, const char *text)
{
	char *end;
	u64 value = memparse(text, &end);
	int error;

	if (end == text || *skip_spaces(end))
		return -EINVAL;
	error = check(who, l, value);
	if (!error)
		*(u64 *)((char *)config + l->offset) = value;
	return error;
}

static int set_type(struct sim_config *config, const char *who, const char *text)
{
	size_t len = strcspn(text, " \t\n");

	if (!len || len >= MRB_TYPE_LEN) {
		pr_info("%s: a type of %zu characters: choose 1 to %d\n", who,
			len, MRB_TYPE_LEN - 1);
		return -EINVAL;
	}
	memset(config->type, 0, sizeof(config->type));
	memcpy(config->type, text, len);
	return 0;
}

/* Whether it is there and can be used is found out when the power comes. */
static int set_backing(struct sim_config *config, const char *who,
		       const char *text)
{
	size_t len = strcspn(text, "\n");

	if (len >= SIM_PATH_LEN || (len && text[0] != '/')) {
		pr_info("%s: backing is a path that begins with '/' and has at most %d characters, or nothing\n",
			who, SIM_PATH_LEN - 1);
		return -EINVAL;
	}
	memset(config->backing, 0, sizeof(config->backing));
	memcpy(config->backing, text, len);
	return 0;
}

static int set_defect(struct sim_config *config, const char *who,
		      const char *text)
{
	int defect = __sysfs_match_string(sim_defects, -1, text);

	if (defect < 0) {
		pr_info("%s: there is no such defect: choose none, hart or flash\n",
			who);
		return -EINVAL;
	}
	config->defect = sim_defects[defect];
	return 0;
}

/**
 * sim_config_set - set one attribute
 * @config: changed if all is well
 * @who: the adapter, for the kernel log
 * @name: of the attribute
 * @text: its value, perhaps with a newline
 *
 * Return: 0, or -EINVAL, with a sentence in the kernel log.
 */
int sim_config_set(struct sim_config *config, const char *who,
		   const char *name, const char *text)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(name, numbers[i].name))
			return set_number(config, who, &numbers[i], text);
	if (!strcmp(name, "type"))
		return set_type(config, who, text);
	if (!strcmp(name, "backing"))
		return set_backing(config, who, text);
	if (!strcmp(name, "defect"))
		return set_defect(config, who, text);
	pr_info("%s: there is no attribute '%s'\n", who, name);
	return -EINVAL;
}

/**
 * sim_config_check - do the attributes go together?
 * @config: attributes
 * @who: the adapter, for the kernel log
 */
int sim_config_check(const struct sim_config *config, const char *who)
{
	if (config->logins <= config->max_logins)
		return 0;
	pr_info("%s: logins %llu exceeds max_logins %llu: lower the one or raise the other\n",
		who, config->logins, config->max_logins);
	return -EINVAL;
}
