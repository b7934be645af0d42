// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a manifest is to be gone by: enough have signed it, it can be relied on,
 * is not older than the last one, and is of this time. That is settled here, for
 * nodes and masters.
 */
#include <stdlib.h>
#include <time.h>

#include "site.h"

static int check(const struct site *s, const struct manifest *m, u64 sequence,
		 struct mrb_error *err)
{
	if (sequence && m->sequence != sequence)
		return mrb_refuse(err, -EBADMSG, "this is manifest %llu, and not %llu",
				  m->sequence, sequence);
	return manifest_check_sequence(m, settings_sequence(s->settings), err) ?:
	       manifest_check_time(m, time(NULL), err) ?:
	       settings_accept(s->settings, m, err);
}

static struct manifest *open_manifest(const struct site *s, const char *text,
				      struct mrb_error *err)
{
	struct signed_manifest *file = signed_parse(text, strlen(text), err);
	struct manifest *m = NULL;

	if (file && !trust_check(s->trust, file, err))
		m = manifest_parse(file->text, file->size, err);
	signed_free(file);
	return m;
}

/**
 * site_accept() - go by a manifest, if it is to be
 * @s: site; its settings have the number then
 * @text: file of a signed manifest
 * @sequence: that it has to have, or 0
 * @err: set on failure
 *
 * Return: the manifest, to be freed with manifest_free(), or %NULL.
 */
struct manifest *site_accept(struct site *s, const char *text, u64 sequence,
			     struct mrb_error *err)
{
	struct manifest *m = open_manifest(s, text, err);

	if (!m || !check(s, m, sequence, err))
		return m;
	manifest_free(m);
	return NULL;
}

/**
 * site_accept_own() - the same, of a manifest that is in this machine's flash
 * @s: site
 * @text: file of a signed manifest
 * @err: set on failure
 *
 * What has been gone by before is gone by when it has expired, too, or when the clock is
 * wrong: nothing new comes by it.
 *
 * Return: the manifest, to be freed with manifest_free(), or %NULL.
 */
struct manifest *site_accept_own(struct site *s, const char *text, struct mrb_error *err)
{
	struct manifest *m = open_manifest(s, text, err);

	if (!m || (m->sequence == settings_sequence(s->settings) &&
		   !settings_accept(s->settings, m, err)))
		return m;
	manifest_free(m);
	return site_accept(s, text, 0, err);
}
