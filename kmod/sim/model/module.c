// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dependent modules: flash and programmable logic (PLA). They keep contents
 * and version through every start and reset.
 *
 * A module with a valid version is write-protected: firmware erases it first,
 * and it stays blank until COMMIT. The guard unit of the PLA is next to its
 * programmable part and works even while that is blank, so that I/O goes on
 * beside an update of the logic.
 */
#include "hba_private.h"

#define CRC32_POLY	0xedb88320u	/* IEEE 802.3, bits reversed */
#define T10DIF_POLY	0x8bb7u		/* SBC-4, protection information */

static u32 contents_crc(const u8 *p, u32 bytes)
{
	u32 crc = ~0u;
	u32 i;

	while (bytes--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = (crc >> 1) ^ (crc & 1 ? CRC32_POLY : 0);
	}
	return ~crc;
}

/* The bytes of @word in the order of memory. */
static u16 guard_word(u16 crc, u32 word)
{
	u32 byte, i;

	for (byte = 0; byte < 4; byte++) {
		crc ^= (u16)((word >> (8 * byte) & 0xff) << 8);
		for (i = 0; i < 8; i++)
			crc = (u16)((crc << 1) ^ (crc & 0x8000 ? T10DIF_POLY : 0));
	}
	return crc;
}

static void erase(struct hba_module *m)
{
	memset(m->mem, 0xff, HBA_MOD_CAPACITY_BYTES);
	m->version = HBA_MOD_BLANK;
	m->patch = 0;
	m->length = 0;
	m->crc = 0;
}

static void commit(struct hba_module *m, u32 version, u32 patch, u32 length)
{
	m->version = version;
	m->patch = patch;
	m->length = length;
	m->crc = contents_crc(m->mem, length);
}

/**
 * module_init - blank modules, as they leave the factory
 * @hba: the adapter
 */
void module_init(struct hba *hba)
{
	hba->module[HBA_MODULE_FLASH].mem = hba->config.flash;
	hba->module[HBA_MODULE_PLA].mem = hba->config.pla;
	erase(&hba->module[HBA_MODULE_FLASH]);
	erase(&hba->module[HBA_MODULE_PLA]);
}

/**
 * module_reset - registers that are not contents go back to zero
 * @hba: the adapter
 */
void module_reset(struct hba *hba)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct hba_module *m = &hba->module[i];

		m->addr = 0;
		m->new_version = 0;
		m->new_patch = 0;
		m->new_length = 0;
	}
	hba->guard = 0;
}

static bool known(enum hba_module_id id)
{
	return id == HBA_MODULE_FLASH || id == HBA_MODULE_PLA;
}

/**
 * hba_module_info - what a module reports
 * @hba: the adapter
 * @id: which module
 * @info: result
 */
void hba_module_info(const struct hba *hba, enum hba_module_id id,
		     struct hba_module_info *info)
{
	const struct hba_module *m;

	memset(info, 0, sizeof(*info));
	if (!known(id))
		return;
	m = &hba->module[id];
	info->version = m->version;
	info->patch = m->patch;
	info->length = m->length;
}

/**
 * hba_module_read - read contents, committed or not
 * @hba: the adapter
 * @id: which module
 * @offset: of the first byte
 * @buf: result
 * @bytes: how many
 *
 * Return: false: beyond the module's capacity
 */
bool hba_module_read(const struct hba *hba, enum hba_module_id id, u32 offset,
		     void *buf, u32 bytes)
{
	if (!known(id) || bytes > HBA_MOD_CAPACITY_BYTES ||
	    offset > HBA_MOD_CAPACITY_BYTES - bytes)
		return false;
	memcpy(buf, hba->module[id].mem + offset, bytes);
	return true;
}

/**
 * hba_module_write - put contents and version in place, both at once
 * @hba: the adapter
 * @id: which module
 * @info: version and length; version HBA_MOD_BLANK: leave it erased
 * @buf: info->length bytes
 *
 * Return: false: longer than the module's capacity, nothing has changed
 */
bool hba_module_write(struct hba *hba, enum hba_module_id id,
		      const struct hba_module_info *info, const void *buf)
{
	struct hba_module *m;

	if (!known(id) || info->length > HBA_MOD_CAPACITY_BYTES)
		return false;
	m = &hba->module[id];
	erase(m);
	if (info->version == HBA_MOD_BLANK)
		return true;
	memcpy(m->mem, buf, info->length);
	commit(m, info->version, info->patch, info->length);
	return true;
}

static void module_command(struct hba_module *m, u32 command)
{
	if (command == HBA_MOD_ERASE)
		erase(m);
	else if (command == HBA_MOD_COMMIT && m->version == HBA_MOD_BLANK &&
		 m->new_length <= HBA_MOD_CAPACITY_BYTES)
		commit(m, m->new_version, m->new_patch, m->new_length);
}

/* Both reads and writes move on, up to the end of the module. */
static u32 read_data(struct hba_module *m)
{
	u32 v;

	if (m->addr > HBA_MOD_CAPACITY_BYTES - 4)
		return 0;
	v = hba_get32(m->mem + m->addr);
	m->addr += 4;
	return v;
}

static void write_data(struct hba_module *m, u32 value)
{
	if (m->addr > HBA_MOD_CAPACITY_BYTES - 4)
		return;
	if (m->version == HBA_MOD_BLANK)
		hba_put32(m->mem + m->addr, value);
	m->addr += 4;
}

bool module_read(struct hba *hba, u32 id, u32 offset, u32 *value)
{
	struct hba_module *m = &hba->module[id];

	if (id == HBA_MODULE_FLASH && hba->config.defect == HBA_DEFECT_FLASH) {
		*value = ~0u;
		return true;
	}
	switch (offset) {
	case HBA_MOD_VERSION:
		*value = m->version;
		return true;
	case HBA_MOD_PATCH:
		*value = m->patch;
		return true;
	case HBA_MOD_CAPACITY:
		*value = HBA_MOD_CAPACITY_BYTES;
		return true;
	case HBA_MOD_LENGTH:
		*value = m->length;
		return true;
	case HBA_MOD_ADDR:
		*value = m->addr;
		return true;
	case HBA_MOD_DATA:
		*value = read_data(m);
		return true;
	case HBA_MOD_NEW_VERSION:
		*value = m->new_version;
		return true;
	case HBA_MOD_NEW_PATCH:
		*value = m->new_patch;
		return true;
	case HBA_MOD_NEW_LENGTH:
		*value = m->new_length;
		return true;
	case HBA_MOD_CRC:
		*value = m->crc;
		return true;
	case HBA_PLA_GUARD_OUT:
		*value = hba->guard;
		return id == HBA_MODULE_PLA;
	default:
		return false;
	}
}

static bool guard_write(struct hba *hba, u32 offset, u32 value)
{
	if (offset == HBA_PLA_GUARD_RESET)
		hba->guard = 0;
	else if (offset == HBA_PLA_GUARD_IN)
		hba->guard = guard_word(hba->guard, value);
	else
		return false;
	return true;
}

bool module_write(struct hba *hba, u32 id, u32 offset, u32 value)
{
	struct hba_module *m = &hba->module[id];

	switch (offset) {
	case HBA_MOD_ADDR:
		m->addr = value & ~3u;
		return true;
	case HBA_MOD_DATA:
		write_data(m, value);
		return true;
	case HBA_MOD_CMD:
		module_command(m, value);
		return true;
	case HBA_MOD_NEW_VERSION:
		m->new_version = value;
		return true;
	case HBA_MOD_NEW_PATCH:
		m->new_patch = value;
		return true;
	case HBA_MOD_NEW_LENGTH:
		m->new_length = value;
		return true;
	default:
		return id == HBA_MODULE_PLA && guard_write(hba, offset, value);
	}
}
