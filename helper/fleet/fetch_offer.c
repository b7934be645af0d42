// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What masters offer: which one is followed, and which is kept in mind for when that
 * one dies.
 */
#include <stdlib.h>
#include <time.h>

#include "../feed.h"
#include "fetch.h"

/* What two rounds did not bring, multicast brings badly. */
#define ROUNDS		2

/* What is on its way has a manifest of its own. */
static void go_by(struct fetcher *f, struct manifest *m, const char *text)
{
	log_line(LOG_INFO, "manifest %llu is accepted", m->sequence);
	if (f->manifest != f->fetch.manifest)
		manifest_free(f->manifest);
	f->manifest = m;
	if (f->ops->accepted)
		f->ops->accepted(m, text, f->ctx);
}

static int manifest_of_offer(struct fetcher *f, const struct message *offer,
			     struct mrb_error *err)
{
	struct manifest *m;

	if (offer->manifest &&
	    (!f->manifest || f->manifest->sequence != offer->sequence)) {
		m = site_accept(f->site, offer->manifest, offer->sequence, err);
		if (!m)
			return err->code;
		go_by(f, m, offer->manifest);
	}
	if (!f->manifest || f->manifest->sequence != offer->sequence)
		return mrb_refuse(err, -ENODATA, "manifest %llu is not known here",
				  offer->sequence);
	return manifest_check_time(f->manifest, time(NULL), err);
}

/* A file below @url, or nowhere. */
static void set_url(struct fetch *it, const char *url, const char *file)
{
	size_t len = strlen(url);

	it->url[0] = '\0';
	if (len)
		snprintf(it->url, sizeof(it->url), "%s%s%s", url,
			 url[len - 1] == '/' ? "" : "/", file);
}

/* This master from now on. */
static void follow(struct fetcher *f, struct peer *p, const struct message *offer)
{
	struct fetch *it = &f->fetch;

	it->peer = p;
	it->offer = offer->offer;
	it->rounds = 1;
	it->heard = now_ms();
	it->moved = it->heard;
	set_url(it, offer->url, offer->file);
	it->receiving = fetch_join(f, offer);
	it->joining = it->receiving;
	if (it->joining)
		return;
	log_line(LOG_DEBUG, "%s: multicast is not possible now", it->image->file);
	fetch_by_http(f);
	fetch_acknowledge(f, p, offer->offer, offer->file, true);
}

/* Room for it, and in there what is here already; false if that is not possible. */
static bool begin(struct fetcher *f, const struct manifest_image *image)
{
	struct fetch *it = &f->fetch;
	struct mrb_error err;

	it->chunks = chunks_new(f->manifest, image, &err);
	if (!it->chunks) {
		log_line(LOG_ERR, "%s", err.text);
		return false;
	}
	if (f->ops->adopt)
		f->ops->adopt(image, it->chunks, f->ctx);
	it->manifest = f->manifest;
	it->image = image;
	f->begun++;
	return true;
}

static void take_offer(struct fetcher *f, struct peer *p, const struct message *offer,
		       const struct manifest_image *image)
{
	struct fetch *it = &f->fetch;

	if (!begin(f, image))
		return;
	log_line(LOG_INFO, "%s is offered by master %s", image->file, peer_name(p));
	if (chunks_missing(it->chunks)) {
		follow(f, p, offer);
		return;
	}
	it->peer = p;
	it->offer = offer->offer;
	fetch_finish(f);
}

/* The round is over. */
static void again(struct fetcher *f, const struct message *offer)
{
	struct fetch *it = &f->fetch;
	unsigned int rounds = it->rounds + 1;

	if (!it->receiving && !it->by_http) {
		follow(f, it->peer, offer);
		it->rounds = rounds;
		return;
	}
	it->rounds = rounds;
	it->heard = now_ms();
	if (it->rounds > ROUNDS)
		fetch_by_http(f);
	fetch_acknowledge(f, it->peer, offer->offer, offer->file, it->by_http);
}

static void remember(struct fetcher *f, struct peer *p, const struct message *offer)
{
	struct message *copy = calloc(1, sizeof(*copy));

	fetch_acknowledge(f, p, offer->offer, offer->file, true);
	if (!copy)
		return;
	*copy = *offer;
	copy->manifest = NULL;
	copy->proof = NULL;
	message_free(f->other_offer);
	f->other_offer = copy;
	f->fetch.other = p;
}

static bool is_fetched(const struct fetcher *f, const struct manifest_image *image)
{
	return f->fetch.chunks && !memcmp(f->fetch.image->digest, image->digest,
					  sizeof(image->digest));
}

/* So that the master does not wait for it. */
static void decline(const struct fetcher *f, struct peer *p, const struct message *offer,
		    const struct manifest_image *image)
{
	const char *why = f->ops->refuses ? f->ops->refuses(image, f->ctx) : NULL;

	log_line(LOG_DEBUG, "%s is offered by master %s, and not needed", offer->file,
		 peer_name(p));
	fetch_acknowledge(f, p, offer->offer, offer->file, true);
	fetch_say_ready(f, p, offer->offer, offer->file, why ?: "");
}

static const struct manifest_image *find(const struct manifest *m, const char *file)
{
	unsigned int i;

	for (i = 0; i < m->num_images; i++)
		if (!strcmp(m->images[i].file, file))
			return &m->images[i];
	return NULL;
}

/**
 * fetcher_offer() - a master offers a file
 * @f: fetcher
 * @p: master
 * @m: its offer
 */
void fetcher_offer(struct fetcher *f, struct peer *p, const struct message *m)
{
	const struct manifest_image *image;
	struct fetch *it = &f->fetch;
	struct mrb_error err;

	if (manifest_of_offer(f, m, &err)) {
		log_line(LOG_WARNING, "an offer of master %s is refused: %s",
			 peer_name(p), err.text);
		return;
	}
	image = find(f->manifest, m->file);
	if (!image)
		log_line(LOG_WARNING,
			 "an offer of master %s is refused: manifest %llu has no file %s",
			 peer_name(p), f->manifest->sequence, m->file);
	else if (is_fetched(f, image) && it->whole)
		fetch_acknowledge(f, p, m->offer, m->file, true);
	else if (is_fetched(f, image) && it->peer == p && it->offer == m->offer)
		again(f, m);
	else if (is_fetched(f, image) && (!it->peer || it->peer == p))
		follow(f, p, m);
	else if (is_fetched(f, image))
		remember(f, p, m);
	else if (!f->ops->wants(f->manifest, image, f->ctx))
		decline(f, p, m, image);
	else if (!it->chunks)
		take_offer(f, p, m, image);
	else
		log_line(LOG_DEBUG, "%s has to wait: %s is on its way", m->file,
			 it->image->file);
}

/**
 * fetcher_install() - go by a manifest that no master has offered
 * @f: fetcher
 * @text: file of a signed manifest
 * @sequence: that it has to have, or 0
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int fetcher_install(struct fetcher *f, const char *text, u64 sequence, struct mrb_error *err)
{
	struct manifest *m = site_accept(f->site, text, sequence, err);

	if (!m)
		return err->code;
	go_by(f, m, text);
	return 0;
}

/**
 * fetcher_from() - fetch the next file of the manifest that is wanted
 * @f: fetcher that fetches nothing now
 * @url: below which it can be had by HTTP
 *
 * Return: false if none is wanted, or it cannot begin.
 */
bool fetcher_from(struct fetcher *f, const char *url)
{
	const struct manifest *m = f->manifest;
	struct fetch *it = &f->fetch;
	unsigned int i = 0;

	while (m && i < m->num_images && !f->ops->wants(m, &m->images[i], f->ctx))
		i++;
	if (!m || i == m->num_images || !begin(f, &m->images[i]))
		return false;
	it->heard = now_ms();
	it->moved = it->heard;
	set_url(it, url, it->image->file);
	if (chunks_missing(it->chunks))
		fetch_by_http(f);
	else
		fetch_finish(f);
	return true;
}

/* The master that has offered the file as well, and not the first one. */
void fetch_follow_other(struct fetcher *f)
{
	struct message *offer = f->other_offer;
	struct peer *other = f->fetch.other;

	f->fetch.other = NULL;
	f->other_offer = NULL;
	follow(f, other, offer);
	message_free(offer);
}

/**
 * fetcher_gone() - a master has died
 * @f: fetcher
 * @p: master
 */
void fetcher_gone(struct fetcher *f, const struct peer *p)
{
	struct fetch *it = &f->fetch;
	struct peer *other = it->other;

	if (other == p) {
		it->other = NULL;
		return;
	}
	if (!it->chunks || it->peer != p)
		return;
	it->peer = NULL;
	if (it->whole)
		return;
	bulk_leave(f->site->bulk, f);
	log_line(LOG_NOTICE, "%s: master %s has died; %u of %u chunks are missing",
		 it->image->file, peer_name(p), chunks_missing(it->chunks),
		 it->image->num_chunks);
	if (other)
		fetch_follow_other(f);
}

/**
 * fetcher_hello() - a master has said which manifest it serves
 * @f: fetcher
 * @p: master
 *
 * What is of another one it sends no longer.
 *
 * Return: whether something was given up.
 */
bool fetcher_hello(struct fetcher *f, const struct peer *p)
{
	struct fetch *it = &f->fetch;

	if (!it->chunks || it->whole || it->by_http || it->peer != p || it->other ||
	    peer_sequence(p) == it->manifest->sequence)
		return false;
	log_line(LOG_NOTICE, "%s: master %s goes by another manifest now; it is given up",
		 it->image->file, peer_name(p));
	fetcher_drop(f);
	return true;
}
