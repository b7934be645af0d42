/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What codeswapd and codeswap-mcastd say to each other, on a socketpair of
 * AF_UNIX and SOCK_SEQPACKET. A packet is one of the structures below, whole and
 * no longer, in host byte order; the bytes of images are not in it but in
 * a memfd beside it (SCM_RIGHTS). Both programs come from one build, so that
 * there is no version in it.
 *
 * mcastd receives in one session and sends in one session at a time; a master
 * that is a node too uses both. It ends when the other end of the socket is
 * closed.
 */
#ifndef MCAST_PROTOCOL_H
#define MCAST_PROTOCOL_H

#include <stdint.h>

#define MCAST_MAX_PACKET	65536
#define MCAST_HASH_BYTES	32	/* SHA-256 */
#define MCAST_MAX_CHUNK		(1u << 20)
#define MCAST_MAX_HASHES	1024	/* in a MCAST_WANT */
#define MCAST_MAX_WANTED	4096	/* at a time: 1 GiB in chunks of 256 KiB */
#define MCAST_MAX_QUEUE		4096	/* chunks of a round */

/**
 * enum mcast_type - what a packet is
 * @MCAST_JOIN: receive from one sender; struct mcast_join. Ends what was
 *	received before, and forgets what was wanted.
 * @MCAST_WANT: hashes that are wanted in addition; struct mcast_want. Chunks that
 *	are not wanted are given up, and nobody is asked to repair them. What
 *	has come in is no longer wanted.
 * @MCAST_LEAVE: receive no longer; struct mcast_packet
 * @MCAST_SEND: begin to send; struct mcast_send, and a memfd with the file that
 *	is sealed, by F_SEAL_SHRINK at least. Ends what was sent before.
 * @MCAST_SEND_CHUNK: queue a part of that file; struct mcast_send_chunk
 * @MCAST_SEND_END: that was the last one of this round; struct mcast_packet.
 *	Answered by MCAST_SENT, after which another round may follow.
 * @MCAST_STOP: send no longer; struct mcast_packet
 * @MCAST_READY: privileges are dropped, go on; struct mcast_packet, once
 * @MCAST_JOINED: what is sent from now on is received; struct mcast_packet
 * @MCAST_CHUNK: a wanted chunk has come in; struct mcast_chunk, and a memfd with
 *	it. Its bytes have not been compared with the hash.
 * @MCAST_PROGRESS: a chunk has gone out once; struct mcast_progress
 * @MCAST_SENT: nobody asks for repair any more; struct mcast_sent. Who was asleep
 *	then may still ask, and is answered until MCAST_STOP.
 * @MCAST_PROBLEM: the packet with that tag was refused, or a session has failed;
 *	struct mcast_problem. mcastd goes on.
 */
enum mcast_type {
	MCAST_JOIN = 1,
	MCAST_WANT,
	MCAST_LEAVE,
	MCAST_SEND,
	MCAST_SEND_CHUNK,
	MCAST_SEND_END,
	MCAST_STOP,

	MCAST_READY = 64,
	MCAST_JOINED,
	MCAST_CHUNK,
	MCAST_PROGRESS,
	MCAST_SENT,
	MCAST_PROBLEM,
};

/**
 * struct mcast_packet - how each packet begins, and the whole of some
 * @type: enum mcast_type
 * @zero: 0
 * @tag: of the session, as chosen by codeswapd in MCAST_JOIN or MCAST_SEND. What
 *	is said with any other is answered by MCAST_PROBLEM.
 */
struct mcast_packet {
	uint32_t type;
	uint32_t zero;
	uint64_t tag;
};

/**
 * struct mcast_route - where chunks travel
 * @group: address of the group, IPv4 or IPv6, with a NUL
 * @interface: name of the network interface, with a NUL
 * @sender: NORM node id of the sender, not 0 and not 0xffffffff
 * @port: UDP port, host byte order, not 0
 * @ttl: how many routers a datagram may pass, plus 1; sender only, 0 for 1
 * @loopback: 1: receivers on the sender's own machine are to get it too; sender
 *	only
 */
struct mcast_route {
	char group[64];
	char interface[16];
	uint32_t sender;
	uint16_t port;
	uint8_t ttl;
	uint8_t loopback;
};

/**
 * struct mcast_join - MCAST_JOIN
 * @head: type MCAST_JOIN
 * @route: where from
 */
struct mcast_join {
	struct mcast_packet head;
	struct mcast_route route;
};

/**
 * struct mcast_want - MCAST_WANT; the packet ends with the last hash
 * @head: type MCAST_WANT
 * @num: of hashes, up to MCAST_MAX_HASHES
 * @zero: 0
 * @hashes: of chunks
 */
struct mcast_want {
	struct mcast_packet head;
	uint32_t num;
	uint32_t zero;
	uint8_t hashes[][MCAST_HASH_BYTES];
};

/**
 * struct mcast_send - MCAST_SEND
 * @head: type MCAST_SEND
 * @route: where to
 * @rate: bits per second, with all headers that NORM makes but not those of UDP
 *	and below
 * @receivers: about how many listen
 * @zero: 0
 */
struct mcast_send {
	struct mcast_packet head;
	struct mcast_route route;
	uint64_t rate;
	uint32_t receivers;
	uint32_t zero;
};

/**
 * struct mcast_send_chunk - MCAST_SEND_CHUNK
 * @head: type MCAST_SEND_CHUNK
 * @offset: in the file
 * @size: 1 to MCAST_MAX_CHUNK
 * @zero: 0
 * @hash: of these bytes; is not computed again
 */
struct mcast_send_chunk {
	struct mcast_packet head;
	uint64_t offset;
	uint32_t size;
	uint32_t zero;
	uint8_t hash[MCAST_HASH_BYTES];
};

/**
 * struct mcast_chunk - MCAST_CHUNK
 * @head: type MCAST_CHUNK
 * @size: of the chunk, and of the memfd
 * @zero: 0
 * @hash: that the sender has claimed
 */
struct mcast_chunk {
	struct mcast_packet head;
	uint32_t size;
	uint32_t zero;
	uint8_t hash[MCAST_HASH_BYTES];
};

/**
 * struct mcast_progress - MCAST_PROGRESS
 * @head: type MCAST_PROGRESS
 * @chunks: of this round that have gone out once
 * @zero: 0
 */
struct mcast_progress {
	struct mcast_packet head;
	uint32_t chunks;
	uint32_t zero;
};

/**
 * struct mcast_sent - MCAST_SENT
 * @head: type MCAST_SENT
 * @bytes: that have gone out since the round before was over, repairs and UDP
 *	and IP headers with them
 * @chunks: of this round
 * @zero: 0
 */
struct mcast_sent {
	struct mcast_packet head;
	uint64_t bytes;
	uint32_t chunks;
	uint32_t zero;
};

/**
 * struct mcast_problem - MCAST_PROBLEM
 * @head: type MCAST_PROBLEM
 * @text: one sentence, with a NUL
 */
struct mcast_problem {
	struct mcast_packet head;
	char text[256];
};

#endif /* MCAST_PROTOCOL_H */
