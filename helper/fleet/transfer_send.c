// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rounds of sending: what anybody lacks, once for all. One file at a time has the bulk
 * plane.
 */
#include <arpa/inet.h>

#include "../feed.h"
#include "transfer.h"

/* A round takes no longer than so many times what its bytes need, and this. */
#define ROUND_TIMES	8
#define ROUND_MS	20000

/* The session has stayed since the last round, for who was late. */
void transfer_stop_sending(struct transfer *t)
{
	bulk_stop(t->master->site->bulk, t);
	if (t->master->sending == t)
		t->master->sending = NULL;
}

static bool is_missing(const struct transfer *t, unsigned int i)
{
	unsigned int n;

	for (n = 0; n < t->num; n++)
		if (t->participants[n]->answered && t->participants[n]->missing[i])
			return true;
	return false;
}

/* Does anybody lack anything? */
bool transfer_is_missing(const struct transfer *t)
{
	unsigned int i;

	for (i = 0; i < t->image->num_chunks; i++)
		if (is_missing(t, i))
			return true;
	return false;
}

static void on_progress(unsigned int chunks, void *ctx)
{
	const struct transfer *t = ctx;

	log_line(LOG_DEBUG, "%s: %u of %u chunks are sent", t->image->file, chunks,
		 t->in_round);
}

static void on_sent(u64 bytes, void *ctx)
{
	struct transfer *t = ctx;

	if (t->state != SENDING)
		return;
	t->bytes += bytes;
	log_line(LOG_INFO, "%s: round %u is over, %llu bytes", t->image->file,
		 t->rounds, bytes);
	t->master->sending = NULL;
	transfer_enter(t, SENT);
	transfer_look(t);
	master_next_sender(t->master);
}

/* The process has died, and is started again: go on from where all are. */
static void on_failed(const char *why, void *ctx)
{
	struct transfer *t = ctx;

	log_line(LOG_ERR, "%s cannot be sent: %s", t->image->file, why);
	t->master->sending = NULL;
	if (t->state != SENDING)
		return;
	transfer_enter(t, OFFERED);
	transfer_look_at(t, now_ms() + 2000);
}

static const struct bulk_sender sender = {
	.progress = on_progress,
	.sent = on_sent,
	.failed = on_failed,
};

bool transfer_wants_to_send(const struct transfer *t)
{
	return t->state == QUEUED;
}

/**
 * transfer_send() - begin a round: the bulk plane is free
 * @t: transfer that wants to send
 */
void transfer_send(struct transfer *t)
{
	const struct manifest *m = master_store_manifest(t->master->store);
	struct bulk *bulk = t->master->site->bulk;
	struct bulk_route route = {
		.port = ntohs(t->master->site->options->broadcast.sin_port),
		.sender = t->master->sender,
	};
	u64 bits = 0;
	unsigned int i;

	inet_ntop(AF_INET, &t->master->site->options->broadcast.sin_addr, route.group,
		  sizeof(route.group));
	if (!bulk_send(bulk, &route, chunks_fd(t->file), t->num, &sender, t)) {
		log_line(LOG_WARNING, "%s waits: nothing can be sent now", t->image->file);
		transfer_look_at(t, now_ms() + 2000);
		return;
	}
	t->master->sending = t;
	t->in_round = 0;
	for (i = 0; i < t->image->num_chunks; i++) {
		if (!is_missing(t, i))
			continue;
		bulk_send_chunk(bulk, (u64)i * m->chunk_bytes,
				manifest_chunk_bytes(m, t->image, i),
				t->image->chunks[i]);
		t->in_round++;
		bits += 8ULL * manifest_chunk_bytes(m, t->image, i);
	}
	bulk_send_end(bulk);
	t->rounds++;
	transfer_enter(t, SENDING);
	t->limit = ROUND_MS + bits * ROUND_TIMES * 1000 / t->master->site->options->rate;
	transfer_look_at(t, t->since + t->limit);
	log_line(LOG_INFO, "%s: round %u, %u of %u chunks to %u nodes", t->image->file,
		 t->rounds, t->in_round, t->image->num_chunks, t->num);
}
