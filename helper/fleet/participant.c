// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Those who want a file: nodes, and masters that lack it. What they are offered, what
 * they say that they lack, and on whom it has failed.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "../feed.h"
#include "transfer.h"

/* Offers that somebody does not answer before it has to ask anew. */
#define MAX_SILENT	3
/* Offers to somebody that has all chunks, and does not say how it went. */
#define MAX_OFFERS	30
/* So long the file is not offered again to somebody on whom it has failed. */
#define FAILURE_MS	60000

/* The one with that connection, or NULL. */
struct participant *participant_find(const struct transfer *t, const struct session *s)
{
	unsigned int i;

	for (i = 0; i < t->num; i++)
		if (t->participants[i]->session == s)
			return t->participants[i];
	return NULL;
}

/* One more; or NULL: no memory, or no room. */
struct participant *participant_add(struct transfer *t, struct session *s)
{
	const size_t size = sizeof(struct participant) +
			    t->image->num_chunks * sizeof(bool);
	struct participant *p;

	if (t->num == MAX_PARTICIPANTS)
		return NULL;
	p = t->participants[t->num] ?: malloc(size);
	if (!p)
		return NULL;
	memset(p, 0, size);
	p->session = s;
	t->participants[t->num++] = p;
	return p;
}

/* The last one takes its place; its memory is for the next one that comes. */
void participant_drop(struct transfer *t, struct participant *p)
{
	unsigned int i = 0;

	while (t->participants[i] != p)
		i++;
	t->participants[i] = t->participants[--t->num];
	t->participants[t->num] = p;
}

/* Has it failed on somebody of that name a moment ago? */
bool participant_has_failed(struct transfer *t, const char *name)
{
	struct failure *f;

	/* The first one is the oldest. */
	while ((f = STAILQ_FIRST(&t->failures)) && f->until < now_ms()) {
		STAILQ_REMOVE_HEAD(&t->failures, link);
		free(f);
	}
	STAILQ_FOREACH(f, &t->failures, link)
		if (!strcmp(f->name, name))
			return true;
	return false;
}

/* It need not be offered the file again soon. */
void participant_note_failure(struct transfer *t, const char *name)
{
	struct failure *f = participant_has_failed(t, name) ? NULL : calloc(1, sizeof(*f));

	if (!f)
		return;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->until = now_ms() + FAILURE_MS;
	STAILQ_INSERT_TAIL(&t->failures, f, link);
}

/* By what it says that it lacks; false if it speaks of chunks that there are not. */
bool participant_set_missing(const struct transfer *t, struct participant *p,
			     const struct message *m)
{
	unsigned int i, n;

	for (i = 0; i < m->num_ranges; i++)
		if (m->ranges[i].first >= t->image->num_chunks ||
		    m->ranges[i].num > t->image->num_chunks - m->ranges[i].first)
			return false;
	memset(p->missing, 0, t->image->num_chunks * sizeof(bool));
	for (i = 0; i < m->num_ranges; i++)
		for (n = 0; n < m->ranges[i].num; n++)
			p->missing[m->ranges[i].first + n] = true;
	return true;
}

static void set_url(const struct master *m, struct message *offer)
{
	const struct site_options *o = m->site->options;
	char address[INET_ADDRSTRLEN];

	if (o->url)
		snprintf(offer->url, sizeof(offer->url), "%s", o->url);
	else if (m->http)
		snprintf(offer->url, sizeof(offer->url), "http://%s:%u/",
			 inet_ntop(AF_INET, master_http_address(m), address,
				   sizeof(address)), o->http_port);
}

static void fill_offer(const struct transfer *t, struct message *offer)
{
	const struct sockaddr_in *to = &t->master->site->options->broadcast;

	site_say(t->master->site, offer, MESSAGE_OFFER);
	offer->sequence = master_store_manifest(t->master->store)->sequence;
	offer->offer = t->offer;
	snprintf(offer->file, sizeof(offer->file), "%s", t->image->file);
	inet_ntop(AF_INET, &to->sin_addr, offer->group, sizeof(offer->group));
	offer->port = ntohs(to->sin_port);
	offer->sender = t->master->sender;
	set_url(t->master, offer);
}

/* The manifest goes with it until one has been answered. */
static void offer_to(struct transfer *t, struct participant *p, struct message *offer)
{
	struct session *s = p->session;

	offer->manifest = NULL;
	if (s->manifest != offer->sequence)
		offer->manifest = (char *)master_store_text(t->master->store);
	p->asked = channel_send(s->channel, offer);
	p->answered = false;
	p->silent++;
	p->offers++;
	p->sequence = offer->sequence;
	offer->manifest = NULL;
}

/* To one that has come in the middle. */
void participant_offer(struct transfer *t, struct participant *p)
{
	struct message *offer = calloc(1, sizeof(*offer));

	if (!offer)
		return;
	fill_offer(t, offer);
	offer_to(t, p, offer);
	free(offer);
}

static void drop_silent(struct transfer *t)
{
	unsigned int i;

	for (i = t->num; i-- > 0;) {
		struct participant *p = t->participants[i];

		if (p->silent < MAX_SILENT && p->offers < MAX_OFFERS)
			continue;
		log_line(LOG_WARNING, "%s: %s does not %s; it has to ask again",
			 t->image->file, session_name(p->session),
			 p->silent >= MAX_SILENT ? "answer" : "say what became of it");
		participant_drop(t, p);
	}
}

/* To all, who are to say what they lack now. */
void participants_offer(struct transfer *t)
{
	struct message *offer;
	unsigned int i;

	drop_silent(t);
	offer = calloc(1, sizeof(*offer));
	if (!offer)
		return;
	fill_offer(t, offer);
	for (i = 0; i < t->num; i++)
		offer_to(t, t->participants[i], offer);
	free(offer);
	transfer_enter(t, OFFERED);
	transfer_look_at(t, t->since + t->master->site->options->ack_ms);
}
