/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bulk plane: chunks by multicast, which codeswap-mcastd sends and receives.
 * What it hands over is believed by nobody.
 */
#ifndef FLEET_BULK_H
#define FLEET_BULK_H

#include "site.h"

/**
 * struct bulk_route - where chunks travel
 * @group: multicast address
 * @port: of it
 * @sender: who sends them there
 */
struct bulk_route {
	char group[MESSAGE_ADDRESS_LEN];
	u16 port;
	u32 sender;
};

/**
 * struct bulk_receiver - who receives
 * @joined: what is sent from now on is received
 * @chunk: bytes that claim to be a wanted chunk
 * @lost: the process has ended, or could not join; join again, or give up
 */
struct bulk_receiver {
	void (*joined)(void *ctx);
	void (*chunk)(const void *data, size_t size, void *ctx);
	void (*lost)(const char *why, void *ctx);
};

/**
 * struct bulk_sender - who sends
 * @progress: so many chunks of the round have gone out
 * @sent: the round is over: so many bytes have gone out
 * @failed: it cannot be sent
 */
struct bulk_sender {
	void (*progress)(unsigned int chunks, void *ctx);
	void (*sent)(u64 bytes, void *ctx);
	void (*failed)(const char *why, void *ctx);
};

/* bulk.c */
struct bulk *bulk_open(struct site *s, struct mrb_error *err);
void bulk_close(struct bulk *b);
bool bulk_join(struct bulk *b, const struct bulk_route *route,
	       const struct bulk_receiver *ops, void *ctx);
void bulk_want(struct bulk *b, const u8 (*hashes)[MRB_DIGEST_LEN],
	       unsigned int num);
void bulk_leave(struct bulk *b, const void *ctx);
bool bulk_send(struct bulk *b, const struct bulk_route *route, int fd,
	       unsigned int receivers, const struct bulk_sender *ops, void *ctx);
void bulk_send_chunk(struct bulk *b, u64 offset, u32 size, const u8 *hash);
void bulk_send_end(struct bulk *b);
void bulk_stop(struct bulk *b, const void *ctx);

#endif /* FLEET_BULK_H */
