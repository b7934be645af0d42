// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's own way to the dependent modules: the optional part of the table
 * of ops, by which the core keeps their contents and puts them back.
 */
#include "sim.h"

static int module_id(const char *name, enum hba_module_id *id)
{
	if (!strcmp(name, "flash"))
		*id = HBA_MODULE_FLASH;
	else if (!strcmp(name, "pla"))
		*id = HBA_MODULE_PLA;
	else
		return -ENOENT;
	return 0;
}

int sim_module_info(struct codeswap_device *cdev, const char *name,
		    struct codeswap_module_info *info)
{
	struct hba_module_info from;
	enum hba_module_id id;
	struct sim_adapter *ad;
	int error = module_id(name, &id);

	if (error)
		return error;
	ad = sim_lock_hw(cdev);
	hba_module_info(ad->hba, id, &from);
	sim_unlock_hw(ad);

	info->version.major = cpu_to_le16(from.version >> 16);
	info->version.minor = cpu_to_le16(from.version);
	info->version.patch = cpu_to_le16(from.patch);
	info->version.reserved = 0;
	info->length = from.length;
	info->valid = from.version != HBA_MOD_BLANK;
	return 0;
}

int sim_module_read(struct codeswap_device *cdev, const char *name,
		    u32 offset, void *buf, u32 len)
{
	enum hba_module_id id;
	struct sim_adapter *ad;
	int error = module_id(name, &id);

	if (error)
		return error;
	ad = sim_lock_hw(cdev);
	if (!hba_module_read(ad->hba, id, offset, buf, len))
		error = -EFAULT;
	sim_unlock_hw(ad);
	return error;
}

int sim_module_write(struct codeswap_device *cdev, const char *name,
		     const struct codeswap_module_info *info, const void *buf)
{
	struct hba_module_info to = {
		.version = le16_to_cpu(info->version.major) << 16 |
			   le16_to_cpu(info->version.minor),
		.patch = le16_to_cpu(info->version.patch),
		.length = info->length,
	};
	enum hba_module_id id;
	struct sim_adapter *ad;
	int error = module_id(name, &id);

	if (error)
		return error;
	if (!info->valid)
		to.version = HBA_MOD_BLANK;
	ad = sim_lock_hw(cdev);
	if (!hba_module_write(ad->hba, id, &to, buf))
		error = -EFBIG;
	sim_unlock_hw(ad);
	return error;
}
