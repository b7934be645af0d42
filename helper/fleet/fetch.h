/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getting images: what fetch.c and fetch_offer.c share. */
#ifndef FLEET_FETCH_H
#define FLEET_FETCH_H

#include "bulk.h"

/**
 * struct fetch - a file that is on its way
 * @manifest: it is of that
 * @image: in it
 * @chunks: what has come
 * @peer: who offered it, or %NULL if that master is gone
 * @other: who offered it as well, or %NULL
 * @offer: of @peer
 * @rounds: offers of it so far
 * @receiving: the broadcast, and all of it
 * @joining: @peer waits to hear that this machine receives
 * @url: of the file, or empty
 * @by_http: the rest comes by HTTP
 * @part: number of the chunk that is fetched by HTTP
 * @tries: by HTTP that failed
 * @whole: all is there, and the owner has it
 * @heard: when the last chunk or offer came, ms
 * @moved: when the last chunk came, or @peer's first offer, ms
 */
struct fetch {
	struct manifest *manifest;
	const struct manifest_image *image;
	struct chunks *chunks;
	struct peer *peer;
	struct peer *other;
	u64 offer;
	unsigned int rounds;
	bool receiving;
	bool joining;
	char url[MESSAGE_URL_LEN + MANIFEST_FILE_LEN];
	bool by_http;
	unsigned int part;
	unsigned int tries;
	bool whole;
	u64 heard;
	u64 moved;
};

/**
 * struct fetcher - who gets images
 * @site: this machine's
 * @peers: masters
 * @ops: of the owner
 * @ctx: for @ops
 * @manifest: last one that was accepted, or %NULL
 * @fetch: what is on its way, if @fetch.chunks is set
 * @other_offer: message of @fetch.other
 * @begun: files so far
 * @http: by which chunks come as well, or %NULL
 * @joined: the broadcast is received from then on
 * @look: whether something has to be done
 */
struct fetcher {
	struct site *site;
	struct peers *peers;
	const struct fetcher_ops *ops;
	void *ctx;
	struct manifest *manifest;
	struct fetch fetch;
	struct message *other_offer;
	unsigned int begun;
	struct http_get *http;
	struct event *joined;
	struct event *look;
};

/* fetch.c */
void fetch_acknowledge(const struct fetcher *f, struct peer *p, u64 offer,
		       const char *file, bool all_is_well);
void fetch_say_ready(const struct fetcher *f, struct peer *p, u64 offer,
		     const char *file, const char *error);
bool fetch_join(struct fetcher *f, const struct message *offer);
void fetch_by_http(struct fetcher *f);
void fetch_finish(struct fetcher *f);

/* fetch_offer.c */
void fetch_follow_other(struct fetcher *f);

#endif /* FLEET_FETCH_H */
