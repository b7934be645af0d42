// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sending. libnorm reads the chunks where they are, in the memfd of codeswapd;
 * all of a session stay known to it, so that they can be repaired, also when the
 * next round has begun.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mcastd.h"

#define SOCKET_BYTES	(1u << 20)
#define FEC_BYTES	(4u << 20)	/* parity that need not be computed again */
#define MAX_OBJECTS	(2 * MCAST_MAX_QUEUE)
#define MIN_RATE	100000ull	/* bits per second */
#define MAX_RATE	10000000000ull
#define FIRST_GRTT	0.002		/* seconds */
#define BACKOFF		4		/* times the GRTT */
#define FLUSHES		6

/*
 * Segments of a block, and of its parity: any as many of these as somebody lacks
 * of the block repair it, for everybody at once, so that it pays to have long
 * blocks. With 1 % of loss at 50 receivers, 4 MiB cost 1.096 times their size in
 * blocks of 64, 1.082 of 128, and 1.075 of 200 segments; libnorm has up to 255.
 */
#define BLOCK_DATA	200
#define BLOCK_PARITY	32

/*
 * How to speak to a crowd: @parity goes out without being asked for. Where there
 * are many, some of it is asked for anyway, and a round of repair is saved.
 */
struct crowd {
	unsigned int receivers;	/* from that number on */
	unsigned char parity;	/* segments of a block */
	double max_grtt;	/* seconds */
};

static const struct crowd crowds[] = {
	{ 50, 4, 0.020 },
	{ 10, 2, 0.010 },
	{ 0, 0, 0.010 },
};

static struct {
	NormSessionHandle session;
	struct mcast_route route;
	uint64_t tag;
	const char *file;
	uint64_t size;		/* of the file */
	struct mcast_send_chunk queue[MCAST_MAX_QUEUE];
	unsigned int num;	/* of this round */
	unsigned int taken;	/* of these, by libnorm */
	unsigned int gone;	/* of these, out once */
	bool flushed;		/* and nobody has asked for repair since */
	bool ended;		/* the round is as long as it is to be */
	bool has_failed;	/* and somebody was told */
} tx;

bool send_is_tag(uint64_t tag)
{
	return tx.session && tx.tag == tag;
}

void send_stop(void)
{
	if (tx.session)
		NormDestroySession(tx.session);
	if (tx.file)
		munmap((void *)tx.file, tx.size);
	wire_count(0, 0);
	memset(&tx, 0, sizeof(tx));
}

/*
 * The file must not become shorter while libnorm reads it: that would be a
 * SIGBUS.
 */
static const char *file_problem(int fd)
{
	struct stat st;
	int seals;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return "there is no file with it";
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return "the file is not sealed and could become shorter";
	return st.st_size > 0 ? NULL : "the file is empty";
}

static bool map(int fd)
{
	struct stat st;
	void *file;

	if (fstat(fd, &st))
		return false;
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		return false;
	tx.file = file;
	tx.size = (uint64_t)st.st_size;
	return true;
}

static const struct crowd *crowd_of(const struct mcast_send *send)
{
	const struct crowd *crowd = crowds;

	while (send->receivers < crowd->receivers)
		crowd++;
	return crowd;
}

/*
 * A receiver waits for a random part of the backoff before it asks, and the
 * sender for all of it before it answers: a round of repair takes some ten times
 * the group's round trip time. That is estimated from what is asked, within
 * bounds: a loaded machine is slow, and libnorm would take that for distance. The
 * end is said so often, at intervals of twice that time, that a receiver misses
 * it only if it is not there.
 */
static void set_times(const struct mcast_send *send)
{
	NormSetGrttEstimate(tx.session, FIRST_GRTT);
	NormSetGrttMax(tx.session, crowd_of(send)->max_grtt);
	NormSetGrttProbingMode(tx.session, NORM_PROBE_PASSIVE);
	NormSetBackoffFactor(tx.session, BACKOFF);
	NormSetGroupSize(tx.session, send->receivers ? send->receivers : 1);
	NormSetTxRobustFactor(tx.session, FLUSHES);
}

/*
 * What is asked for comes to the port that the datagrams come from, so that none
 * of the group's is needed and a receiver can be on the same machine. The rate is
 * what codeswapd has been told that the network can do: libnorm's control of
 * congestion begins at some kbit/s, and 4 MiB are over before it has found out.
 */
static bool start(const struct mcast_send *send, unsigned int segment)
{
	NormSetTxOnly(tx.session, true, false);
	NormSetTTL(tx.session, send->route.ttl ? send->route.ttl : 1);
	NormSetMulticastLoopback(tx.session, send->route.loopback);
	NormSetCongestionControl(tx.session, false, false);
	NormSetTxRate(tx.session, (double)send->rate);
	NormSetTxCacheBounds(tx.session, (off_t)1 << 40, MAX_OBJECTS, MAX_OBJECTS);
	set_times(send);
	if (!NormStartSender(tx.session, (uint16_t)random_node(0), FEC_BYTES,
			     (uint16_t)segment, BLOCK_DATA, BLOCK_PARITY, 0))
		return false;
	NormSetAutoParity(tx.session, crowd_of(send)->parity);
	NormSetTxSocketBuffer(tx.session, SOCKET_BYTES);
	return true;
}

static const char *send_problem(const struct mcast_send *send)
{
	const char *why = route_problem(&send->route);

	if (why)
		return why;
	if (send->rate < MIN_RATE || send->rate > MAX_RATE)
		return "the rate is not between 100 kbit/s and 10 Gbit/s";
	if (!route_segment(&send->route))
		return "the network interface takes no datagrams of a useful size";
	return NULL;
}

/** send_begin() - MCAST_SEND; @fd stays the caller's, -1 for none */
void send_begin(const struct mcast_send *send, int fd)
{
	const char *why = send_problem(send) ?: file_problem(fd);

	if (why) {
		problem(send->head.tag, "cannot send: %s", why);
		return;
	}
	send_stop();
	tx.route = send->route;
	tx.tag = send->head.tag;
	if (map(fd))
		tx.session = session_new(&tx.route, tx.route.sender);
	if (tx.session && start(send, route_segment(&tx.route)))
		return;
	problem(tx.tag, "cannot send to %s, port %u, on %s", tx.route.group,
		tx.route.port, tx.route.interface);
	send_stop();
}

/* What libnorm has no room for now is tried again when it says so. */
static void enqueue(void)
{
	while (tx.taken < tx.num) {
		const struct mcast_send_chunk *chunk = &tx.queue[tx.taken];

		if (!NormDataEnqueue(tx.session, tx.file + chunk->offset,
				     chunk->size, (const char *)chunk->hash,
				     sizeof(chunk->hash)))
			return;
		tx.taken++;
	}
}

static const char *chunk_problem(const struct mcast_send_chunk *chunk)
{
	if (tx.ended)
		return "the round is not over yet";
	if (!chunk->size || chunk->size > MCAST_MAX_CHUNK)
		return "its size is none of a chunk";
	if (chunk->offset > tx.size || chunk->size > tx.size - chunk->offset)
		return "it is not within the file";
	if (tx.num == MCAST_MAX_QUEUE)
		return "there are too many in one round";
	return NULL;
}

/** send_chunk() - MCAST_SEND_CHUNK */
void send_chunk(const struct mcast_send_chunk *chunk)
{
	const char *why = chunk_problem(chunk);

	if (why) {
		problem(tx.tag, "cannot send the chunk: %s", why);
		return;
	}
	tx.queue[tx.num++] = *chunk;
	tx.flushed = false;
	enqueue();
}

static void maybe_sent(void)
{
	struct mcast_sent sent = {
		.head = { .type = MCAST_SENT, .tag = tx.tag },
		.chunks = tx.num,
	};

	if (!tx.ended || !tx.flushed)
		return;
	sent.bytes = wire_take();
	tx.num = 0;
	tx.taken = 0;
	tx.gone = 0;
	tx.ended = false;
	tx.has_failed = false;
	tell(&sent, sizeof(sent), -1);
}

/** send_end() - MCAST_SEND_END */
void send_end(void)
{
	tx.ended = true;
	if (!tx.num)
		tx.flushed = true;
	maybe_sent();
}

static void gone_out(void)
{
	struct mcast_progress progress = {
		.head = { .type = MCAST_PROGRESS, .tag = tx.tag },
		.chunks = ++tx.gone,
	};

	tell(&progress, sizeof(progress), -1);
}

static void failed(void)
{
	if (!tx.has_failed)
		problem(tx.tag, "datagrams to %s do not go out of %s",
			tx.route.group, tx.route.interface);
	tx.has_failed = true;
}

/** send_event() - something has happened in a session that sends */
void send_event(const NormEvent *event)
{
	if (event->session != tx.session)
		return;
	switch (event->type) {
	case NORM_TX_QUEUE_VACANCY:
	case NORM_TX_QUEUE_EMPTY:
	case NORM_TX_OBJECT_PURGED:
		enqueue();
		break;
	case NORM_TX_OBJECT_SENT:
		gone_out();
		break;
	case NORM_TX_FLUSH_COMPLETED:
		/* One from before the latest chunks does not count. */
		tx.flushed = tx.gone == tx.num;
		maybe_sent();
		break;
	case NORM_SEND_ERROR:
		failed();
		break;
	default:
		break;
	}
}
