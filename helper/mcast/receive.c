// SPDX-License-Identifier: BSD-2-Clause
/*
 * Receiving. Each chunk is a NORM object of its own, with its hash as NORM info.
 * An object is asked for by its info only, until the info says whether it is
 * wanted: then for its missing parts as well, or it is given up and nobody is
 * asked for anything.
 *
 * A node that comes late takes part from the next object on, and asks for none
 * that was sent before (NORM_SYNC_CURRENT): the others would have to listen to
 * what they have. What it lacks comes in another round, or from elsewhere.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mcastd.h"

#define SOCKET_BYTES	(4u << 20)	/* a third of a second at 100 Mbit/s */
#define FEC_BYTES	(1u << 20)	/* for blocks that are not complete */
#define MAX_OBJECTS	4096		/* that may be open between first and last */
#define MAX_BUFFERS	64		/* chunks in memory, 64 MiB at most */
#define ROBUST		8		/* silent flushes after which it asks itself */

static struct {
	NormSessionHandle session;
	struct mcast_route route;
	uint64_t tag;
	bool knows;	/* something has been wanted: the rest is not */
	unsigned int num;
	uint8_t wanted[MCAST_MAX_WANTED][MCAST_HASH_BYTES];
} rx;

/* Chunks in memory; libnorm takes and gives back in its thread and in ours. */
static _Atomic unsigned int num_buffers;

/**
 * receive_alloc() - memory for an object that comes in; called by libnorm
 * @size: as the sender claims
 *
 * Return: memory, or %NULL, by which the object is given up.
 */
char *receive_alloc(size_t size)
{
	char *data;

	if (size > MCAST_MAX_CHUNK || num_buffers >= MAX_BUFFERS)
		return NULL;
	data = malloc(size);
	if (data)
		num_buffers++;
	return data;
}

/** receive_free() - the other half of receive_alloc() */
void receive_free(char *data)
{
	free(data);
	num_buffers--;
}

bool receive_is_tag(uint64_t tag)
{
	return rx.session && rx.tag == tag;
}

void receive_leave(void)
{
	if (rx.session)
		NormDestroySession(rx.session);
	rx.session = NULL;
	rx.knows = false;
	rx.num = 0;
}

static bool start(NormSessionHandle session)
{
	NormSetDefaultSyncPolicy(session, NORM_SYNC_CURRENT);
	NormSetDefaultNackingMode(session, NORM_NACK_INFO_ONLY);
	NormSetDefaultRxRobustFactor(session, ROBUST);
	NormSetDefaultUnicastNack(session, true);
	NormSetRxCacheLimit(session, MAX_OBJECTS);
	if (!NormStartReceiver(session, FEC_BYTES))
		return false;
	NormSetRxSocketBuffer(session, SOCKET_BYTES);
	return wire_filter(&rx.route);
}

/** receive_join() - MCAST_JOIN */
void receive_join(const struct mcast_join *join)
{
	const struct mcast_packet joined = {
		.type = MCAST_JOINED,
		.tag = join->head.tag,
	};
	const char *why = route_problem(&join->route);

	if (why) {
		problem(join->head.tag, "cannot receive: %s", why);
		return;
	}
	receive_leave();
	rx.route = join->route;
	rx.tag = join->head.tag;
	rx.session = session_new(&rx.route, random_node(rx.route.sender));
	if (rx.session && start(rx.session)) {
		tell(&joined, sizeof(joined), -1);
		return;
	}
	problem(rx.tag, "cannot join %s, port %u, on %s", rx.route.group,
		rx.route.port, rx.route.interface);
	receive_leave();
}

static unsigned int find(const uint8_t *hash)
{
	unsigned int i;

	for (i = 0; i < rx.num; i++) {
		if (!memcmp(rx.wanted[i], hash, MCAST_HASH_BYTES))
			break;
	}
	return i;
}

/** receive_want() - MCAST_WANT; its size has been checked */
void receive_want(const struct mcast_want *want)
{
	unsigned int i;

	rx.knows = true;
	for (i = 0; i < want->num; i++) {
		if (find(want->hashes[i]) < rx.num)
			continue;
		if (rx.num == MCAST_MAX_WANTED) {
			problem(rx.tag, "more than %u chunks are wanted at a time",
				MCAST_MAX_WANTED);
			return;
		}
		memcpy(rx.wanted[rx.num++], want->hashes[i], MCAST_HASH_BYTES);
	}
}

/* No sender but one gets past the filter; this is for what came before it. */
static bool is_stranger(NormNodeHandle sender)
{
	return sender && NormNodeGetId(sender) != rx.route.sender;
}

static bool is_chunk(NormObjectHandle object)
{
	return NormObjectGetType(object) == NORM_OBJECT_DATA &&
	       NormObjectGetSize(object) > 0 &&
	       NormObjectGetSize(object) <= MCAST_MAX_CHUNK;
}

/* The hash is known, or cannot be one: is the object to be had? */
static void decide(NormObjectHandle object)
{
	uint8_t hash[MCAST_HASH_BYTES + 1];

	if (!is_chunk(object) ||
	    NormObjectGetInfo(object, (char *)hash, sizeof(hash)) != MCAST_HASH_BYTES) {
		NormObjectCancel(object);
		return;
	}
	/* Before anything was wanted, what comes by is taken as it comes. */
	if (!rx.knows)
		return;
	if (find(hash) < rx.num)
		NormObjectSetNackingMode(object, NORM_NACK_NORMAL);
	else
		NormObjectCancel(object);
}

static int to_memfd(const char *data, size_t size)
{
	int fd = memfd_create("chunk", MFD_CLOEXEC);

	while (fd >= 0 && size) {
		ssize_t done = write(fd, data, size);

		if (done <= 0) {
			close(fd);
			return -1;
		}
		data += done;
		size -= (size_t)done;
	}
	return fd;
}

static void hand_over(NormObjectHandle object, unsigned int i)
{
	struct mcast_chunk chunk = {
		.head = { .type = MCAST_CHUNK, .tag = rx.tag },
		.size = (uint32_t)NormObjectGetSize(object),
	};
	const char *data = NormDataAccessData(object);
	int fd = data ? to_memfd(data, chunk.size) : -1;

	if (fd < 0) {
		problem(rx.tag, "no memory for a chunk of %u bytes", chunk.size);
		return;
	}
	memcpy(chunk.hash, rx.wanted[i], sizeof(chunk.hash));
	memmove(rx.wanted[i], rx.wanted[--rx.num], sizeof(chunk.hash));
	tell(&chunk, sizeof(chunk), fd);
	close(fd);
}

static void completed(NormObjectHandle object)
{
	uint8_t hash[MCAST_HASH_BYTES + 1];
	unsigned int i;

	if (!is_chunk(object) ||
	    NormObjectGetInfo(object, (char *)hash, sizeof(hash)) != MCAST_HASH_BYTES)
		return;
	i = find(hash);
	if (i < rx.num)
		hand_over(object, i);
}

/** receive_event() - something has happened in a session that receives */
void receive_event(const NormEvent *event)
{
	if (event->session != rx.session)
		return;
	if (is_stranger(event->sender)) {
		NormNodeDelete(event->sender);
		return;
	}
	switch (event->type) {
	case NORM_RX_OBJECT_NEW:
		if (!is_chunk(event->object) || !NormObjectHasInfo(event->object))
			NormObjectCancel(event->object);
		break;
	case NORM_RX_OBJECT_INFO:
		decide(event->object);
		break;
	case NORM_RX_OBJECT_COMPLETED:
		completed(event->object);
		break;
	default:
		break;
	}
}
