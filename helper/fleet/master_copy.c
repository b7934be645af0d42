// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A master that lacks something gets it from another one, just as a node does.
 */
#include <stdlib.h>

#include "../feed.h"
#include "cell.h"

/* After a file could not be kept. */
#define FETCH_PAUSE_MS	30000

/* Of a master that has more than this one; of all such, if it is NULL. */
void master_request_files(struct master *m, struct peer *p)
{
	struct message *request = NULL;
	struct peer *q = NULL;

	if (!m->site->cell || cell_may_ask(m->site->cell))
		request = calloc(1, sizeof(*request));
	if (!request)
		return;
	site_say(m->site, request, MESSAGE_REQUEST);
	while ((q = peers_next(m->peers, q)))
		if ((!p || p == q) && peer_sequence(q) > master_sequence(m) &&
		    now_ms() >= m->fetch_after)
			peer_send(q, request);
	free(request);
}

static bool wants(const struct manifest *manifest, const struct manifest_image *image,
		  void *ctx)
{
	const struct master *m = ctx;

	(void)manifest;
	return now_ms() >= m->fetch_after && !master_store_has(m->store, image) &&
	       (!m->site->cell || cell_may_fetch(m->site->cell, image));
}

static void adopt(const struct manifest_image *image, struct chunks *c, void *ctx)
{
	const struct master *m = ctx;

	master_store_adopt(m->store, image, c);
}

static void accepted(const struct manifest *manifest, const char *text, void *ctx)
{
	struct master *m = ctx;
	struct mrb_error err;
	const struct manifest *mine = master_store_manifest(m->store);

	if (mine && mine->sequence >= manifest->sequence)
		return;
	if (master_store_take_manifest(m->store, text, &err))
		log_line(LOG_ERR, "%s", err.text);
	master_make_transfers(m);
	sessions_tell(m);
	if (m->site->cell)
		cell_look(m->site->cell);
}

/* A later manifest has come meanwhile: there is nothing wrong with this store. */
static void drop_outdated(struct master *m, const char *file, u64 sequence)
{
	log_line(LOG_INFO, "%s is of manifest %llu, and not kept", file, sequence);
	fetcher_ready(m->fetcher, "");
	fetcher_drop(m->fetcher);
	if (!m->install_url)
		master_request_files(m, NULL);
	if (m->site->cell)
		cell_look(m->site->cell);
}

static void taken(const struct manifest *manifest, const struct manifest_image *image,
		  struct chunks *c, void *ctx)
{
	struct master *m = ctx;
	const struct manifest *mine = master_store_manifest(m->store);
	char file[MANIFEST_FILE_LEN];
	struct mrb_error err;
	int ret;

	memcpy(file, image->file, sizeof(file));
	if (mine && mine->sequence > manifest->sequence) {
		drop_outdated(m, file, manifest->sequence);
		return;
	}
	ret = master_store_keep(m->store, image, c, &err);
	fetcher_ready(m->fetcher, "");
	if (ret) {
		log_line(LOG_ERR,
			 "%s cannot be kept: %s; make room in %s, it is not served meanwhile",
			 file, err.text, m->site->options->store_dir);
		m->fetch_after = now_ms() + FETCH_PAUSE_MS;
	}
	fetcher_drop(m->fetcher);
	if (ret)
		return;
	log_line(LOG_NOTICE, "%s is kept", file);
	master_install_next(m);
	if (master_store_is_whole(m->store))
		sessions_tell(m);
	else if (!m->install_url)
		master_request_files(m, NULL);
	if (m->site->cell)
		cell_look(m->site->cell);
}

const struct fetcher_ops master_fetcher_ops = {
	.wants = wants,
	.adopt = adopt,
	.taken = taken,
	.accepted = accepted,
};

static void on_peer_ready(struct peer *p, void *ctx)
{
	const struct master *m = ctx;

	if (m->site->cell)
		cell_tell(m->site->cell, p);
}

static void on_peer_message(struct peer *p, const struct message *msg, void *ctx)
{
	struct master *m = ctx;

	if (msg->type == MESSAGE_OFFER)
		fetcher_offer(m->fetcher, p, msg);
	if (msg->type == MESSAGE_ORDER && !strcmp(msg->word, "forget"))
		order_forget(m, msg);
	else if (m->site->cell)
		cell_peer_says(m->site->cell, p, msg);
	if (msg->type != MESSAGE_HELLO)
		return;
	fetcher_hello(m->fetcher, p);
	master_request_files(m, p);
	master_look(m);
}

static void on_peer_gone(struct peer *p, void *ctx)
{
	struct master *m = ctx;

	fetcher_gone(m->fetcher, p);
	if (m->site->cell)
		duty_gone(m->site->cell->duty, p);
	master_look(m);
}

const struct peers_ops master_peers_ops = {
	.ready = on_peer_ready,
	.message = on_peer_message,
	.gone = on_peer_gone,
};
