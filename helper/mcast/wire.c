// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two things about datagrams that libnorm does not offer: to take them from one
 * sender only, and to say how many bytes have gone out.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mcastd.h"

/*
 * Where things are in a datagram, counted from its UDP header; RFC 5740, section
 * 4, with 12 bytes of FEC object transmission information for FEC encoding ID 5
 * (RFC 5510), as libnorm lays them out when it sends objects of data.
 */
#define NORM_KIND	8	/* lower half of the byte */
#define NORM_SOURCE	12	/* node id of who says it */
#define NORM_SENDER	16	/* NACK, ACK: of who is spoken to */
#define NORM_FLAGS	20	/* INFO, DATA */
#define NORM_FEC_ID	21
#define INFO_FTI	24
#define DATA_FTI	28

#define KIND_INFO	1
#define KIND_DATA	2
#define KIND_CMD	3
#define KIND_NACK	4
#define KIND_ACK	5

#define FLAGS_MASK	0x34	/* has info, is a file, is a stream */
#define FLAGS_OURS	0x04
#define FEC_ID_OURS	5
#define FTI_OURS	0x40030000	/* type 64, 3 words, less than 4 GiB */
#define MAX_SEGMENT	1500

/* Instructions of the filter that are jumped to. */
enum {
	AT_DATA = 5,
	AT_INFO = 7,
	AT_OBJECT = 8,
	AT_OTHER = 26,
	AT_SOURCE = 29,
	AT_SENDER = 31,
	AT_NODE = 32,
	AT_TAKE = 33,
	AT_DROP = 34,
	FILTER_LEN
};

/* Jumps are counted from the instruction that follows. */
#define GO(at, label)	((label) - (at) - 1)
#define IF(at, what, value, yes, no) \
	[at] = BPF_JUMP(BPF_JMP | (what) | BPF_K, value, GO(at, yes), GO(at, no))
#define NEED(at, what, value)	IF(at, what, value, (at) + 1, AT_DROP)
#define NEVER(at, what, value)	IF(at, what, value, AT_DROP, (at) + 1)
#define DO(at, what, value) \
	[at] = BPF_STMT(what, value)
#define JUMP(at, label) \
	[at] = BPF_STMT(BPF_JMP | BPF_JA, GO(at, label))
#define BYTE	(BPF_LD | BPF_B | BPF_ABS)
#define WORD	(BPF_LD | BPF_W | BPF_ABS)
#define BYTE_X	(BPF_LD | BPF_B | BPF_IND)
#define HALF_X	(BPF_LD | BPF_H | BPF_IND)
#define WORD_X	(BPF_LD | BPF_W | BPF_IND)
#define AND	(BPF_ALU | BPF_AND | BPF_K)
#define LDX	(BPF_LDX | BPF_IMM)

/*
 * Anybody can send to a group. What libnorm would make buffers for is compared
 * here with what our own sender makes, before libnorm sees it: chunks of up to
 * MCAST_MAX_CHUNK in segments of a packet, and neither files nor streams. The
 * divisors in it are not 0. Commands are heard from the one sender, NACKs and
 * ACKs if they are for it.
 */
static int attach(int fd, uint32_t sender)
{
	struct sock_filter code[FILTER_LEN] = {
		DO(0, BYTE, NORM_KIND),
		DO(1, AND, 0x0f),
		IF(2, BPF_JEQ, KIND_DATA, AT_DATA, 3),
		IF(3, BPF_JEQ, KIND_INFO, AT_INFO, 4),
		JUMP(4, AT_OTHER),
		DO(AT_DATA, LDX, DATA_FTI),
		JUMP(6, AT_OBJECT),
		DO(AT_INFO, LDX, INFO_FTI),
		DO(AT_OBJECT, BYTE, NORM_FLAGS),
		DO(9, AND, FLAGS_MASK),
		NEED(10, BPF_JEQ, FLAGS_OURS),
		DO(11, BYTE, NORM_FEC_ID),
		NEED(12, BPF_JEQ, FEC_ID_OURS),
		DO(13, WORD_X, 0),
		NEED(14, BPF_JEQ, FTI_OURS),
		DO(15, WORD_X, 4),
		NEVER(16, BPF_JEQ, 0),
		NEVER(17, BPF_JGT, MCAST_MAX_CHUNK),
		DO(18, HALF_X, 8),
		NEVER(19, BPF_JEQ, 0),
		NEVER(20, BPF_JGT, MAX_SEGMENT),
		DO(21, BYTE_X, 10),
		NEVER(22, BPF_JEQ, 0),
		DO(23, BYTE_X, 11),
		NEVER(24, BPF_JEQ, 0),
		JUMP(25, AT_SOURCE),
		IF(AT_OTHER, BPF_JEQ, KIND_CMD, AT_SOURCE, 27),
		IF(27, BPF_JEQ, KIND_NACK, AT_SENDER, 28),
		IF(28, BPF_JEQ, KIND_ACK, AT_SENDER, AT_DROP),
		DO(AT_SOURCE, WORD, NORM_SOURCE),
		JUMP(30, AT_NODE),
		DO(AT_SENDER, WORD, NORM_SENDER),
		IF(AT_NODE, BPF_JEQ, sender, AT_TAKE, AT_DROP),
		DO(AT_TAKE, BPF_RET | BPF_K, 0xffffffff),
		DO(AT_DROP, BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog prog = { .len = FILTER_LEN, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static bool is_bound_to(int fd, const struct mcast_route *route)
{
	struct sockaddr_storage here = { 0 };
	const struct sockaddr_in6 *in6 = (const void *)&here;
	const struct sockaddr_in *in = (const void *)&here;
	socklen_t size = sizeof(here);
	char text[INET6_ADDRSTRLEN];
	const void *address = &in->sin_addr;

	if (getsockname(fd, (void *)&here, &size))
		return false;
	if (here.ss_family == AF_INET6)
		address = &in6->sin6_addr;
	else if (here.ss_family != AF_INET)
		return false;
	/* sin_port and sin6_port are the same place. */
	return ntohs(in->sin_port) == route->port &&
	       inet_ntop(here.ss_family, address, text, sizeof(text)) &&
	       !strcmp(text, route->group);
}

/**
 * wire_filter() - take datagrams from one sender only
 * @route: of a session that libnorm has just opened
 *
 * libnorm keeps its sockets to itself; the one that is bound to the group is
 * looked for among all descriptors.
 *
 * Return: whether the filter is in force.
 */
bool wire_filter(const struct mcast_route *route)
{
	int fd;

	for (fd = 0; fd < 256; fd++) {
		if (is_bound_to(fd, route))
			return attach(fd, route->sender) == 0;
	}
	return false;
}

/* Written by our thread, read by libnorm's, and the other way around. */
static _Atomic uint32_t counted_node;
static _Atomic uint32_t counted_headers;
static _Atomic uint64_t counted_bytes;

/**
 * wire_count() - begin to count what a node sends
 * @node: NORM node id, 0 for none
 * @headers: bytes of the headers before each datagram, UDP's and IP's
 */
void wire_count(uint32_t node, unsigned int headers)
{
	counted_headers = headers;
	counted_bytes = 0;
	counted_node = htonl(node);
}

/** wire_take() - bytes that the node has sent since the last call, with headers */
uint64_t wire_take(void)
{
	return atomic_exchange(&counted_bytes, 0);
}

/*
 * Stands before the C library's, also for libnorm: the one place that all its
 * datagrams pass, and the only way to count them.
 */
ssize_t sendto(int fd, const void *buf, size_t n, int flags,
	       const struct sockaddr *addr, socklen_t addr_len)
{
	ssize_t sent = syscall(SYS_sendto, fd, buf, n, flags, addr, addr_len);
	uint32_t node = 0;

	if (sent >= 8) {
		memcpy(&node, (const char *)buf + 4, sizeof(node));
		if (node && node == counted_node)
			counted_bytes += (uint64_t)sent + counted_headers;
	}
	return sent;
}
