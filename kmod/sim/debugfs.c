// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: codeswap_sim/cshbaN/, for tests. What is written or read here may
 * wait for the firmware, and a signal ends the wait.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "sim.h"

static struct dentry *root;

static const char *const counter_names[SIM_COUNTERS] = {
	[SIM_REQUESTS] = "requests",
	[SIM_COMPLETIONS] = "completions",
	[SIM_ERRORS] = "errors",
	[SIM_NOT_LOGGED_IN] = "not_logged_in",
	[SIM_RESUBMITTED] = "resubmitted",
	[SIM_DUPLICATES] = "duplicates",
	[SIM_UNKNOWN] = "unknown",
	[SIM_RING_ERRORS] = "ring_errors",
	[SIM_BUS_ERRORS] = "bus_errors",
	[SIM_BAD_EVENTS] = "bad_events",
	[SIM_LOGIN_FAILURES] = "login_failures",
	[SIM_LOGIN_MISMATCHES] = "login_mismatches",
	[SIM_DOORBELLS] = "doorbells",
	[SIM_STARTS] = "starts",
	[SIM_RESETS] = "resets",
	[SIM_INSTRUCTIONS] = "instructions",
};

static int stats_show(struct seq_file *m, void *unused)
{
	struct sim_adapter *ad = m->private;
	unsigned int i;

	for (i = 0; i < SIM_COUNTERS; i++)
		seq_printf(m, "%s %lld\n", counter_names[i],
			   atomic64_read(&ad->counters[i]));
	mutex_lock(&ad->hw_lock);
	for (i = 0; i < ad->config.harts; i++)
		seq_printf(m, "instructions_hart%u %llu\n", i,
			   hba_hart_steps(ad->hba, i));
	mutex_unlock(&ad->hw_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int doorbells_show(struct seq_file *m, void *unused)
{
	struct sim_adapter *ad = m->private;

	seq_printf(m, "%lld\n", atomic64_read(&ad->counters[SIM_DOORBELLS]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(doorbells);

static int mappings_show(struct seq_file *m, void *unused)
{
	sim_iommu_show(m->private, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mappings);

static void show_module(struct seq_file *m, const char *name,
			enum hba_module_id id)
{
	struct sim_adapter *ad = m->private;
	struct hba_module_info info;

	mutex_lock(&ad->hw_lock);
	hba_module_info(ad->hba, id, &info);
	mutex_unlock(&ad->hw_lock);
	if (info.version == HBA_MOD_BLANK)
		seq_printf(m, "%s blank 0\n", name);
	else
		seq_printf(m, "%s %u.%u.%u %u\n", name, info.version >> 16,
			   info.version & 0xffff, info.patch, info.length);
}

/* One line per dependent module: name, version or "blank", bytes. */
static int modules_show(struct seq_file *m, void *unused)
{
	show_module(m, "flash", HBA_MODULE_FLASH);
	show_module(m, "pla", HBA_MODULE_PLA);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(modules);

struct known_login {
	u64 wwpn;
	u32 handle;
	u32 credits;
};

/* A copy of the list, as the queries sleep. Returns the number of entries. */
static unsigned int copy_logins(struct sim_adapter *ad,
				struct known_login *known, unsigned int max)
{
	struct sim_login *login;
	unsigned int count = 0;

	spin_lock_irq(&ad->lock);
	list_for_each_entry(login, &ad->logins, list) {
		if (login->leaving)
			continue;
		if (count == max)
			break;
		known[count].wwpn = login->wwpn;
		known[count].credits = login->credits;
		known[count++].handle = login->handle;
	}
	spin_unlock_irq(&ad->lock);
	return count;
}

/* False: it was logged out meanwhile, and the answer means nothing. */
static bool is_logged_in(struct sim_adapter *ad, const struct known_login *known)
{
	struct sim_login *login;
	bool in;

	spin_lock_irq(&ad->lock);
	login = sim_login_find(ad, known->wwpn);
	in = login && login->handle == known->handle && !login->leaving;
	spin_unlock_irq(&ad->lock);
	return in;
}

static int query(struct sim_adapter *ad, const struct known_login *known,
		 struct seq_file *m)
{
	struct sim_admin op = {
		.opcode = HBA_OP_LOGIN_QUERY,
		.handle = known->handle,
		.bytes = sizeof(struct hba_login),
	};
	const struct hba_login *answer = &op.answer;
	int error = sim_admin(ad, &op);

	if (error && error != -ENOENT)
		return error;
	if (!is_logged_in(ad, known))
		return 0;
	if (error)
		memset(&op.answer, 0, sizeof(op.answer));
	if (le64_to_cpu(answer->wwpn) != known->wwpn ||
	    le32_to_cpu(answer->credits) != known->credits)
		sim_count(ad, SIM_LOGIN_MISMATCHES);
	seq_printf(m, "%u 0x%016llx %u %u %u\n", known->handle,
		   le64_to_cpu(answer->wwpn), le32_to_cpu(answer->format),
		   le32_to_cpu(answer->credits), le32_to_cpu(answer->priority));
	return 0;
}

/* One line per login: handle wwpn format credits priority, as the device says. */
static int logins_show(struct seq_file *m, void *unused)
{
	struct sim_adapter *ad = m->private;
	unsigned int count, i, max = ad->config.max_logins;
	struct known_login *known;
	int error = 0;

	known = kvcalloc(max, sizeof(*known), GFP_KERNEL);
	if (!known)
		return -ENOMEM;
	count = copy_logins(ad, known, max);
	for (i = 0; i < count && !error && !seq_has_overflowed(m); i++)
		error = query(ad, &known[i], m);
	kvfree(known);
	return error;
}
DEFINE_SHOW_ATTRIBUTE(logins);

/* Logins and capacity, as the device says. */
static int login_count_show(struct seq_file *m, void *unused)
{
	struct sim_admin op = { .opcode = HBA_OP_LOGIN_COUNT };
	int error = sim_admin(m->private, &op);

	if (!error)
		seq_printf(m, "%u %u\n", op.info[0], op.info[1]);
	return error;
}
DEFINE_SHOW_ATTRIBUTE(login_count);

static ssize_t write_wwpn(struct file *file, const char __user *buf,
			  size_t count,
			  int (*op)(struct sim_adapter *ad, u64 wwpn))
{
	u64 wwpn;
	int error;

	error = kstrtoull_from_user(buf, count, 0, &wwpn);
	if (!error)
		error = op(file->private_data, wwpn);
	return error ?: count;
}

static ssize_t login_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *pos)
{
	return write_wwpn(file, buf, count, sim_login);
}

static ssize_t logout_write(struct file *file, const char __user *buf,
			    size_t count, loff_t *pos)
{
	return write_wwpn(file, buf, count, sim_logout);
}

static const struct file_operations login_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = login_write,
};

static const struct file_operations logout_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = logout_write,
};

static int churn_get(void *data, u64 *rate)
{
	struct sim_adapter *ad = data;

	*rate = READ_ONCE(ad->churn);
	return 0;
}

static int churn_set(void *data, u64 rate)
{
	sim_churn(data, min_t(u64, rate, UINT_MAX));
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(churn_fops, churn_get, churn_set, "%llu\n");

void sim_debugfs_add(struct sim_adapter *ad)
{
	struct dentry *dir = debugfs_create_dir(ad->name, root);

	debugfs_create_bool("shown", 0444, dir, &ad->shown);
	debugfs_create_file("stats", 0444, dir, ad, &stats_fops);
	debugfs_create_file("doorbells", 0444, dir, ad, &doorbells_fops);
	debugfs_create_file("mappings", 0444, dir, ad, &mappings_fops);
	debugfs_create_file("modules", 0444, dir, ad, &modules_fops);
	debugfs_create_file("logins", 0400, dir, ad, &logins_fops);
	debugfs_create_file("login_count", 0400, dir, ad, &login_count_fops);
	debugfs_create_file("login", 0200, dir, ad, &login_fops);
	debugfs_create_file("logout", 0200, dir, ad, &logout_fops);
	debugfs_create_file("churn", 0600, dir, ad, &churn_fops);
	ad->debugfs = dir;
	sim_faults_add(ad);
}

void sim_debugfs_init(void)
{
	root = debugfs_create_dir("codeswap_sim", NULL);
}

void sim_debugfs_exit(void)
{
	debugfs_remove(root);
}
