// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which image has just failed on which device. An image that failed is not
 * fed to the same device again for a while: the device asks again at once, and
 * the next best image may work. Later it gets another try, because not every
 * failure is the image's fault.
 */
#include <stdlib.h>

#include "feed.h"

#define KEPT_MS		300000ULL

/* Neither devices nor images are many; the oldest gives way. */
#define MAX_ENTRIES	256

/* An image that was fed and has not ended, or one that failed. */
struct entry {
	char device[CODESWAP_NAME_LEN];
	u8 build_id[MRB_BUILD_ID_LEN];
	bool failed;
	u64 update_id;		/* until it failed */
	u64 until_ms;		/* once it failed */
	char why[CSW_ERROR_LEN];
};

struct failures {
	unsigned int num;
	struct entry entries[MAX_ENTRIES];
};

struct failures *failures_new(void)
{
	return calloc(1, sizeof(struct failures));
}

void failures_free(struct failures *f)
{
	free(f);
}

static void drop(struct failures *f, unsigned int i)
{
	f->num--;
	memmove(&f->entries[i], &f->entries[i + 1],
		(f->num - i) * sizeof(f->entries[0]));
}

static bool is_about(const struct entry *e, const char *device,
		     const u8 *build_id)
{
	return !strcmp(e->device, device) &&
	       !memcmp(e->build_id, build_id, MRB_BUILD_ID_LEN);
}

/* A fresh entry, instead of whatever was known of the two. */
static struct entry *renew(struct failures *f, const char *device,
			   const u8 *build_id)
{
	struct entry *e;
	unsigned int i;

	for (i = 0; i < f->num; i++)
		if (is_about(&f->entries[i], device, build_id))
			drop(f, i--);
	if (f->num == MAX_ENTRIES)
		drop(f, 0);
	e = &f->entries[f->num++];
	memset(e, 0, sizeof(*e));
	snprintf(e->device, sizeof(e->device), "%s", device);
	memcpy(e->build_id, build_id, sizeof(e->build_id));
	return e;
}

static void fail(struct entry *e, const char *why, u64 now_ms)
{
	e->failed = true;
	e->until_ms = now_ms + KEPT_MS;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

/**
 * failures_fed() - an image was fed, and the device is at it
 * @f: memory of failures
 * @device: name
 * @build_id: of the image
 * @update_id: that the kernel gave
 */
void failures_fed(struct failures *f, const char *device, const u8 *build_id,
		  u64 update_id)
{
	renew(f, device, build_id)->update_id = update_id;
}

/**
 * failures_add() - an image has failed
 * @f: memory of failures
 * @device: name
 * @build_id: of the image
 * @why: one sentence
 * @now_ms: present time
 */
void failures_add(struct failures *f, const char *device, const u8 *build_id,
		  const char *why, u64 now_ms)
{
	fail(renew(f, device, build_id), why, now_ms);
}

/**
 * failures_see() - a device was heard of: has something ended?
 * @f: memory of failures
 * @device: as it is now
 * @now_ms: present time
 *
 * A cancelled update says nothing of its image.
 *
 * Return: true if an image that was fed has failed just now.
 */
bool failures_see(struct failures *f, const struct csw_device *device,
		  u64 now_ms)
{
	bool failed = false;
	struct entry *e;
	unsigned int i;

	if (device->phase != CODESWAP_PHASE_IDLE)
		return false;
	for (i = 0; i < f->num; i++) {
		e = &f->entries[i];
		if (e->failed || e->update_id != device->update_id ||
		    strcmp(e->device, device->name))
			continue;
		if (device->result == CODESWAP_RESULT_SUCCESS ||
		    device->result == CODESWAP_RESULT_CANCELLED ||
		    device->result == CODESWAP_RESULT_NONE) {
			drop(f, i--);
			continue;
		}
		failed = true;
		fail(e, device->error, now_ms);
		log_line(LOG_NOTICE, "%s: the image that was fed: %s: %s",
			 device->name, csw_result_name(device->result),
			 device->error);
	}
	return failed;
}

/**
 * failures_forget() - forget what is known of a device
 * @f: memory of failures
 * @device: name, or %NULL for all
 */
void failures_forget(struct failures *f, const char *device)
{
	unsigned int i;

	for (i = 0; i < f->num; i++)
		if (!device || !strcmp(f->entries[i].device, device))
			drop(f, i--);
}

/**
 * failures_has() - tell whether an image has just failed
 * @f: memory of failures
 * @device: name
 * @build_id: of the image
 * @now_ms: present time
 *
 * Return: true if it has failed on that device, not long ago.
 */
bool failures_has(const struct failures *f, const char *device,
		  const u8 *build_id, u64 now_ms)
{
	unsigned int i;

	for (i = 0; i < f->num; i++)
		if (f->entries[i].failed && f->entries[i].until_ms > now_ms &&
		    is_about(&f->entries[i], device, build_id))
			return true;
	return false;
}

/**
 * failures_last() - tell why an image has failed
 * @f: memory of failures
 * @device: name
 *
 * Return: what was said of the one that was fed last, or %NULL if none failed.
 */
const char *failures_last(const struct failures *f, const char *device)
{
	unsigned int i;

	for (i = f->num; i--; )
		if (f->entries[i].failed && !strcmp(f->entries[i].device, device))
			return f->entries[i].why;
	return NULL;
}

/**
 * failures_save() - keep for a later process what is known
 * @f: memory of failures
 * @path: file; its format is this build's own
 *
 * Times are of a clock that the system has since it was started, so the file is
 * not for longer than that.
 *
 * Return: 0, or -1 with errno set.
 */
int failures_save(const struct failures *f, const char *path)
{
	FILE *file = fopen(path, "we");
	bool good;

	if (!file)
		return -1;
	good = fwrite(f, sizeof(*f), 1, file) == 1;
	return fclose(file) || !good ? -1 : 0;
}

/**
 * failures_load() - know what an earlier process knew
 * @f: memory of failures, all of it replaced
 * @path: by failures_save(); without it, or if it is not whole, nothing is known
 */
void failures_load(struct failures *f, const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return;
	if (fread(f, sizeof(*f), 1, file) != 1 || f->num > MAX_ENTRIES)
		memset(f, 0, sizeof(*f));
	fclose(file);
}
