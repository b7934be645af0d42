// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Getting images: a master offers a file, this machine joins the broadcast, says
 * which chunks it lacks, and takes them as they come. When a round is over the
 * master offers again, and what is still missing is told again. So a datagram that
 * was lost, a late beginning and another master that goes on are one thing.
 *
 * One file at a time. A second master that offers the same file is told that
 * nothing is missing, and remembered for when the first one dies.
 */
#include <malloc.h>
#include <stdlib.h>

#include "../feed.h"
#include "fetch.h"

#define LOOK_MS		500
#define JOIN_MS		30
/* No chunk for so long: by HTTP, where there is a server, ... */
#define SLOW_MS		5000
/* ... or not at all, and somebody else may be asked. */
#define STUCK_MS	30000
#define HTTP_TRIES	3

static void take_chunk(struct fetcher *f, const void *data, size_t size);
static void on_part(const void *data, size_t size, const char *error, void *ctx);

/* To a master: this is what I lack, or nothing. */
void fetch_acknowledge(const struct fetcher *f, struct peer *p, u64 offer,
		       const char *file, bool all_is_well)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(f->site, m, MESSAGE_ACK);
	m->offer = offer;
	snprintf(m->file, sizeof(m->file), "%s", file);
	if (!all_is_well)
		m->num_ranges = chunks_missing_ranges(f->fetch.chunks, m->ranges,
						      MESSAGE_MAX_RANGES);
	peer_send(p, m);
	free(m);
}

/* To one master, or to all. */
void fetch_say_ready(const struct fetcher *f, struct peer *p, u64 offer,
		     const char *file, const char *error)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return;
	site_say(f->site, m, MESSAGE_READY);
	m->offer = offer;
	snprintf(m->file, sizeof(m->file), "%s", file);
	snprintf(m->error, sizeof(m->error), "%s", error);
	if (p)
		peer_send(p, m);
	else
		peers_send(f->peers, m);
	free(m);
}

/**
 * fetcher_ready() - tell all masters what became of the file
 * @f: fetcher
 * @error: why it is of no use here, or an empty text
 */
void fetcher_ready(struct fetcher *f, const char *error)
{
	const struct fetch *it = &f->fetch;

	if (it->chunks)
		fetch_say_ready(f, NULL, it->offer, it->image->file, error);
}

/* The kernel tells the switches a moment later, and they have to hear it. */
static void on_joined(void *ctx)
{
	const struct timeval soon = { .tv_usec = JOIN_MS * 1000L };
	struct fetcher *f = ctx;

	event_add(f->joined, &soon);
}

/* Not before: what is sent until then is missed. */
static void on_joined_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct fetcher *f = ctx;
	struct fetch *it = &f->fetch;

	(void)fd;
	(void)what;
	if (it->joining && it->peer)
		fetch_acknowledge(f, it->peer, it->offer, it->image->file, false);
	it->joining = false;
}

static void on_chunk(const void *data, size_t size, void *ctx)
{
	take_chunk(ctx, data, size);
}

static void on_lost(const char *why, void *ctx)
{
	struct fetcher *f = ctx;

	log_line(LOG_NOTICE, "%s: the broadcast is lost: %s", f->fetch.image->file, why);
	f->fetch.receiving = false;
	fetch_by_http(f);
}

static const struct bulk_receiver receiver = {
	.joined = on_joined,
	.chunk = on_chunk,
	.lost = on_lost,
};

static void want_missing(struct fetcher *f)
{
	const struct manifest_image *image = f->fetch.image;
	u8 (*hashes)[MRB_DIGEST_LEN];
	unsigned int i, num = 0;

	hashes = calloc(image->num_chunks, sizeof(*hashes));
	if (!hashes)
		return;
	for (i = 0; i < image->num_chunks; i++)
		if (!chunks_has(f->fetch.chunks, i))
			memcpy(hashes[num++], image->chunks[i], sizeof(*hashes));
	bulk_want(f->site->bulk, (const u8 (*)[MRB_DIGEST_LEN])hashes, num);
	free(hashes);
}

/* Receive what is broadcast by that offer; false if that is not possible now. */
bool fetch_join(struct fetcher *f, const struct message *offer)
{
	struct bulk_route route = {
		.port = (u16)offer->port,
		.sender = (u32)offer->sender,
	};

	if (f->site->link && !link_is_up(f->site->link))
		return false;
	snprintf(route.group, sizeof(route.group), "%s", offer->group);
	if (!bulk_join(f->site->bulk, &route, &receiver, f))
		return false;
	want_missing(f);
	return true;
}

static void next_part(struct fetcher *f)
{
	const struct manifest *m = f->fetch.manifest;
	const struct manifest_image *image = f->fetch.image;
	struct mrb_error err;
	unsigned int i = 0;

	while (i < image->num_chunks && chunks_has(f->fetch.chunks, i))
		i++;
	f->fetch.part = i;
	if (i < image->num_chunks &&
	    http_get_range(f->http, f->fetch.url, (u64)i * m->chunk_bytes,
			   manifest_chunk_bytes(m, image, i), &err)) {
		log_line(LOG_WARNING, "%s: %s", f->fetch.url, err.text);
		f->fetch.by_http = false;
	}
}

/* The rest by HTTP, if there is a server. */
void fetch_by_http(struct fetcher *f)
{
	struct fetch *it = &f->fetch;
	struct mrb_error err;

	if (!it->chunks || it->whole || it->by_http || !it->url[0] ||
	    it->tries >= HTTP_TRIES)
		return;
	f->http = f->http ?: http_get_new(f->site, on_part, f, &err);
	if (!f->http) {
		log_line(LOG_ERR, "%s", err.text);
		return;
	}
	log_line(LOG_NOTICE, "%s: %u of %u chunks are fetched from %s", it->image->file,
		 chunks_missing(it->chunks), it->image->num_chunks, it->url);
	it->by_http = true;
	next_part(f);
}

static void on_part(const void *data, size_t size, const char *error, void *ctx)
{
	struct fetcher *f = ctx;
	struct fetch *it = &f->fetch;
	unsigned int begun = f->begun;

	/* It was given up, or is complete, meanwhile. */
	if (!it->chunks || it->whole)
		return;
	if (!error) {
		take_chunk(f, data, size);
		/* With the last one, another file may have been begun. */
		if (!it->chunks || it->whole || f->begun != begun)
			return;
		if (!chunks_has(it->chunks, it->part))
			error = "this is not the chunk of the manifest";
	}
	if (error) {
		it->tries++;
		log_line(LOG_WARNING, "%s: %s", it->url, error);
		it->by_http = false;
		return;
	}
	next_part(f);
}

/**
 * fetcher_drop() - the file is not needed any longer
 * @f: fetcher
 */
void fetcher_drop(struct fetcher *f)
{
	struct fetch *it = &f->fetch;

	bulk_leave(f->site->bulk, f);
	http_get_free(f->http);
	f->http = NULL;
	if (it->manifest != f->manifest)
		manifest_free(it->manifest);
	chunks_free(it->chunks);
	message_free(f->other_offer);
	f->other_offer = NULL;
	memset(it, 0, sizeof(*it));
	/* Those for whom this machine is there need it more. */
	malloc_trim(0);
}

/* Nothing of it is missing. */
void fetch_finish(struct fetcher *f)
{
	struct fetch *it = &f->fetch;
	struct mrb_error err;

	bulk_leave(f->site->bulk, f);
	if (chunks_finish(it->chunks, &err)) {
		log_line(LOG_WARNING, "%s: %s", it->image->file, err.text);
		fetcher_ready(f, err.text);
		fetcher_drop(f);
		return;
	}
	it->whole = true;
	log_line(LOG_INFO, "%s is here", it->image->file);
	if (it->peer)
		fetch_acknowledge(f, it->peer, it->offer, it->image->file, true);
	f->ops->taken(it->manifest, it->image, it->chunks, f->ctx);
}

static void take_chunk(struct fetcher *f, const void *data, size_t size)
{
	struct fetch *it = &f->fetch;
	enum chunk_verdict verdict;
	struct mrb_error err;

	if (!it->chunks || it->whole)
		return;
	if (chunks_put(it->chunks, data, size, &verdict, &err)) {
		log_line(LOG_ERR, "%s: %s", it->image->file, err.text);
		fetcher_ready(f, err.text);
		fetcher_drop(f);
		return;
	}
	/* The one that it claimed to be is not received any more: join anew. */
	if (verdict == CHUNK_FOREIGN) {
		it->receiving = false;
		log_line(LOG_WARNING,
			 "%s: %zu bytes came that are no chunk of it; they are dropped",
			 it->image->file, size);
	}
	if (verdict != CHUNK_TAKEN)
		return;
	it->heard = now_ms();
	it->moved = it->heard;
	log_line(LOG_DEBUG, "%s: %u of %u chunks are missing", it->image->file,
		 chunks_missing(it->chunks), it->image->num_chunks);
	if (!chunks_missing(it->chunks))
		fetch_finish(f);
}

static void look(evutil_socket_t fd, short what, void *ctx)
{
	struct fetcher *f = ctx;
	struct fetch *it = &f->fetch;
	u64 silence;

	(void)fd;
	(void)what;
	if (!it->chunks || it->whole)
		return;
	silence = now_ms() - it->heard;
	if (silence > SLOW_MS)
		fetch_by_http(f);
	/* Whoever only offers is not waited for. */
	if (it->other && !it->by_http && now_ms() - it->moved > SLOW_MS) {
		log_line(LOG_NOTICE, "%s: nothing comes of master %s; master %s has it too",
			 it->image->file, it->peer ? peer_name(it->peer) : "?",
			 peer_name(it->other));
		fetch_follow_other(f);
		return;
	}
	if (silence > STUCK_MS) {
		log_line(LOG_WARNING, "%s: nothing has come for %d s; it is given up",
			 it->image->file, STUCK_MS / 1000);
		fetcher_drop(f);
	}
}

bool fetcher_busy(const struct fetcher *f)
{
	return f->fetch.chunks;
}

/* Of the file that is on its way, in per cent. */
unsigned int fetcher_progress(const struct fetcher *f)
{
	const struct fetch *it = &f->fetch;

	if (!it->chunks)
		return 0;
	return (it->image->num_chunks - chunks_missing(it->chunks)) * 100 /
	       it->image->num_chunks;
}

/**
 * fetcher_new() - make somebody who gets images
 * @s: site
 * @peers: masters
 * @ops: of the owner
 * @ctx: for @ops
 *
 * Return: to be freed with fetcher_free(), or %NULL without memory.
 */
struct fetcher *fetcher_new(struct site *s, struct peers *peers,
			    const struct fetcher_ops *ops, void *ctx)
{
	const struct timeval often = { .tv_usec = LOOK_MS * 1000L };
	struct fetcher *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->site = s;
	f->peers = peers;
	f->ops = ops;
	f->ctx = ctx;
	f->look = event_new(s->base, -1, EV_PERSIST, look, f);
	f->joined = event_new(s->base, -1, 0, on_joined_timer, f);
	if (f->look && f->joined && !event_add(f->look, &often))
		return f;
	fetcher_free(f);
	return NULL;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	fetcher_drop(f);
	manifest_free(f->manifest);
	if (f->look)
		event_free(f->look);
	if (f->joined)
		event_free(f->joined);
	free(f);
}
