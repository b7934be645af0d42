/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of the manifest on its way: what transfer.c, participant.c and
 * transfer_send.c share.
 */
#ifndef FLEET_TRANSFER_H
#define FLEET_TRANSFER_H

#include "master.h"

/* Nodes, and masters that fetch it. */
#define MAX_PARTICIPANTS	(SITE_MAX_NODES + SITE_MAX_MASTERS)

enum transfer_state { IDLE, WINDOW, WAITING, OFFERED, QUEUED, SENDING, SENT, SETTLING };

/**
 * struct participant - somebody wants the file
 * @session: its connection
 * @asked: the latest offer has gone out to it
 * @answered: @missing is what it lacked when it was last offered the file
 * @sequence: of the manifest that it has been offered the file of
 * @silent: offers that it has not answered
 * @offers: made to it
 * @missing: for each chunk
 */
struct participant {
	struct session *session;
	bool asked;
	bool answered;
	u64 sequence;
	unsigned int silent;
	unsigned int offers;
	bool missing[];
};

/* Somebody on whom the file has failed: it need not ask for it again. */
struct failure {
	STAILQ_ENTRY(failure) link;
	char name[MESSAGE_NAME_LEN];
	u64 until;
};

STAILQ_HEAD(failure_list, failure);

/**
 * struct transfer - a file of the manifest
 * @master: whose
 * @image: of its manifest
 * @state: see above
 * @window: of requests
 * @participants: who wants it; behind the first @num of them, room for others
 * @num: of them
 * @failures: who has had it, and it failed
 * @timer: when to look again
 * @file: what is sent, or %NULL
 * @offer: number of the present offer
 * @since: the present state, ms
 * @limit: of the present round, ms
 * @begun: when the first offer was made, ms
 * @rounds: of sending
 * @in_round: chunks of the present one
 * @bytes: on the wire
 * @served: participants that have it, of this offer
 */
struct transfer {
	struct master *master;
	const struct manifest_image *image;
	enum transfer_state state;
	struct window window;
	struct participant *participants[MAX_PARTICIPANTS];
	unsigned int num;
	struct failure_list failures;
	struct event *timer;
	struct chunks *file;
	u64 offer;
	u64 since;
	u64 limit;
	u64 begun;
	unsigned int rounds;
	unsigned int in_round;
	u64 bytes;
	unsigned int served;
};

/* transfer.c */
void transfer_enter(struct transfer *t, enum transfer_state state);
void transfer_look_at(struct transfer *t, u64 when);

/* participant.c: who wants it, and what they are told */
struct participant *participant_find(const struct transfer *t, const struct session *s);
struct participant *participant_add(struct transfer *t, struct session *s);
void participant_drop(struct transfer *t, struct participant *p);
bool participant_has_failed(struct transfer *t, const char *name);
void participant_note_failure(struct transfer *t, const char *name);
bool participant_set_missing(const struct transfer *t, struct participant *p,
			     const struct message *m);
void participant_offer(struct transfer *t, struct participant *p);
void participants_offer(struct transfer *t);

/* transfer_send.c: rounds */
bool transfer_is_missing(const struct transfer *t);
void transfer_stop_sending(struct transfer *t);

#endif /* FLEET_TRANSFER_H */
