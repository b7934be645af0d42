// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Images that are fetched before they are needed. An orchestrator that is going to have many
 * nodes swap live, a few at a time, has all of them prepare first: they get the image by one
 * broadcast while they serve, keep it in memory, and need nobody when it is their turn.
 *
 * It is for speed alone. A node that has not prepared fetches the image when it is its turn;
 * what was prepared is dropped when the turn is over, or when nobody is heard of any more
 * who has the right to give orders.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../feed.h"
#include "lease.h"
#include "node.h"

/* Whoever has the right says so each LEASE_RENEW_SECONDS. */
#define LIMIT_SECONDS	(2L * LEASE_SECONDS)

/**
 * struct kept - a file that has been prepared
 * @link: with the others
 * @image: what the manifest says of it, without its chunks
 * @sequence: of the manifest
 * @expires: that
 * @fd: file, sealed
 */
struct kept {
	STAILQ_ENTRY(kept) link;
	struct manifest_image image;
	u64 sequence;
	time_t expires;
	int fd;
};

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	log_line(LOG_NOTICE,
		 "nobody who has the right to give orders has been heard of for %ld s",
		 LIMIT_SECONDS);
	node_prepare_end(ctx);
}

/* Returns 0, or the code in @err. */
int node_prepare_init(struct node *n, struct mrb_error *err)
{
	STAILQ_INIT(&n->prepared.kept);
	n->prepared.limit = event_new(n->site->base, -1, 0, on_limit, n);
	return n->prepared.limit ? 0 : mrb_refuse(err, -ENOMEM, "out of memory");
}

static void kept_free(struct kept *k)
{
	if (k->fd >= 0)
		close(k->fd);
	free(k->image.types);
	free(k);
}

static void drop(struct node *n)
{
	struct kept *k;

	while ((k = STAILQ_FIRST(&n->prepared.kept))) {
		STAILQ_REMOVE_HEAD(&n->prepared.kept, link);
		log_line(LOG_INFO, "%s, which was prepared, is dropped", k->image.file);
		kept_free(k);
	}
	n->prepared.sequence = 0;
}

void node_prepare_free(struct node *n)
{
	if (!n->prepared.limit)
		return;
	drop(n);
	event_free(n->prepared.limit);
}

/* Whoever wanted it is there. */
void node_prepare_renew(struct node *n)
{
	const struct timeval limit = { .tv_sec = LIMIT_SECONDS };

	if (n->prepared.sequence)
		event_add(n->prepared.limit, &limit);
}

/* It is not needed any longer. */
void node_prepare_end(struct node *n)
{
	event_del(n->prepared.limit);
	drop(n);
}

/**
 * node_prepare() - fetch what that manifest wants for devices that run
 * @n: node
 * @sequence: of the manifest, which may not be known here yet
 */
void node_prepare(struct node *n, u64 sequence)
{
	if (n->prepared.sequence != sequence) {
		log_line(LOG_NOTICE, "manifest %llu is prepared for", sequence);
		drop(n);
		n->prepared.sequence = sequence;
	}
	node_prepare_renew(n);
	node_ask(n, NULL);
}

/* ---- what is fetched ------------------------------------------------------------- */

static bool is_kept(const struct node *n, const struct manifest_image *image)
{
	const struct kept *k;

	STAILQ_FOREACH(k, &n->prepared.kept, link)
		if (!memcmp(k->image.digest, image->digest, sizeof(image->digest)))
			return true;
	return false;
}

/* Not if a newer manifest counts by now. */
static bool is_of_last_manifest(const struct node *n, const struct kept *k)
{
	return k->sequence == settings_sequence(n->site->settings);
}

static bool has_kept_for(const struct node *n, const struct device *d)
{
	const struct kept *k;

	STAILQ_FOREACH(k, &n->prepared.kept, link)
		if (is_of_last_manifest(n, k) && manifest_image_is_for(&k->image, d->type))
			return true;
	return false;
}

/* It runs, and is to be given something that is not here yet. */
bool node_prepares(const struct node *n, const struct device *d)
{
	return n->prepared.sequence && d->state == DEVICE_RUNNING && d->type[0] &&
	       !node_is_desired(n, d, n->prepared.sequence) && !has_kept_for(n, d);
}

/* Is the image one that is to be kept? */
bool node_prepares_image(const struct node *n, const struct manifest *m,
			 const struct manifest_image *image)
{
	unsigned int i;

	if (m->sequence < n->prepared.sequence || is_kept(n, image))
		return false;
	for (i = 0; i < n->devices->num; i++)
		if (node_prepares(n, &n->devices->list[i]) &&
		    manifest_image_is_for(image, n->devices->list[i].type))
			return true;
	return false;
}

/* Not to be fetched again and again; when it is this node's turn, it is tried once more. */
static void cannot_keep(struct node *n, const struct manifest_image *image)
{
	log_line(LOG_WARNING, "%s cannot be kept: out of memory, or of files", image->file);
	node_prepare_end(n);
}

/**
 * node_prepare_keep() - an image has come
 * @n: node that prepares it
 * @m: its manifest
 * @image: in that
 * @c: all of it; without memory nothing is prepared for
 */
void node_prepare_keep(struct node *n, const struct manifest *m,
		       const struct manifest_image *image, const struct chunks *c)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (!k) {
		cannot_keep(n, image);
		return;
	}
	k->image = *image;
	k->image.chunks = NULL;
	k->image.types = calloc(image->num_types, sizeof(*image->types));
	k->sequence = m->sequence;
	k->expires = m->expires;
	k->fd = dup(chunks_fd(c));
	if (!k->image.types || k->fd < 0) {
		kept_free(k);
		cannot_keep(n, image);
		return;
	}
	memcpy(k->image.types, image->types, image->num_types * sizeof(*image->types));
	STAILQ_INSERT_TAIL(&n->prepared.kept, k, link);
	log_line(LOG_NOTICE, "%s is prepared", image->file);
}

/* To all devices that want something of what is here. */
void node_give_prepared(struct node *n)
{
	struct mrb_error err = { 0 };
	const struct kept *k;

	STAILQ_FOREACH(k, &n->prepared.kept, link)
		if (is_of_last_manifest(n, k) && time(NULL) < k->expires)
			node_give(n, &k->image, k->sequence, k->fd, &err);
}
