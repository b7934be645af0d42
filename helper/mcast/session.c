// SPDX-License-Identifier: BSD-2-Clause
/*
 * What receiving and sending have in common: a group on an interface.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mcastd.h"

#define NORM_DATA_HEADER	32	/* with FEC object transmission information */
#define MAX_SEGMENT		1400

static bool is_v6(const struct mcast_route *route)
{
	return strchr(route->group, ':');
}

static bool is_multicast(const struct mcast_route *route)
{
	struct in_addr in;
	struct in6_addr in6;

	if (is_v6(route))
		return inet_pton(AF_INET6, route->group, &in6) == 1 &&
		       IN6_IS_ADDR_MULTICAST(&in6);
	return inet_pton(AF_INET, route->group, &in) == 1 &&
	       IN_MULTICAST(ntohl(in.s_addr));
}

/* Of an interface; negative if there is none of that name. */
static int interface_mtu(const char *name)
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return -1;
	memcpy(req.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	ret = ioctl(fd, SIOCGIFMTU, &req);
	close(fd);
	return ret ? -1 : req.ifr_mtu;
}

static unsigned int ip_headers(const struct mcast_route *route)
{
	return is_v6(route) ? 40 + 8 : 20 + 8;
}

/**
 * route_problem() - can one send or receive there?
 * @route: as it has come from codeswapd
 *
 * Return: %NULL, or what is wrong with it, for people.
 */
const char *route_problem(const struct mcast_route *route)
{
	if (!memchr(route->group, 0, sizeof(route->group)) || !is_multicast(route))
		return "the group is no multicast address";
	if (!memchr(route->interface, 0, sizeof(route->interface)) ||
	    interface_mtu(route->interface) < 0)
		return "there is no such network interface";
	if (!route->port)
		return "port 0 is no port";
	if (!route->sender || route->sender == UINT32_MAX)
		return "the sender's number is none of a node";
	return NULL;
}

/**
 * route_segment() - how much of a chunk a datagram holds
 * @route: a good one
 *
 * A datagram that is larger than the interface takes would never go out, and
 * libnorm would try for ever.
 *
 * Return: bytes, 0 if the interface is too narrow.
 */
unsigned int route_segment(const struct mcast_route *route)
{
	int room = interface_mtu(route->interface);

	room -= (int)ip_headers(route) + NORM_DATA_HEADER;
	if (room < 64)
		return 0;
	return room < MAX_SEGMENT ? (unsigned int)room : MAX_SEGMENT;
}

/**
 * session_new() - a session of libnorm that is not started yet
 * @route: a good one
 * @node: our own NORM node id
 *
 * Return: the session, or %NULL.
 */
NormSessionHandle session_new(const struct mcast_route *route, uint32_t node)
{
	NormSessionHandle session = NormCreateSession(norm_instance(),
						      route->group, route->port, node);

	if (!session)
		return NULL;
	/* A receiver never has the number of its sender. */
	if (node == route->sender)
		wire_count(node, ip_headers(route));
	NormSetMulticastInterface(session, route->interface);
	/* Bound to the group: others may use the port, with a group of theirs. */
	NormSetRxPortReuse(session, true, route->group, NULL, 0);
	return session;
}

/**
 * random_node() - a NORM node id for a receiver
 * @other: that it must not be
 *
 * Ids of one group should differ, and nobody hands them out to receivers: of
 * 32 random bits, two are equal among a thousand nodes once in ten thousand
 * times, and then repair is a little slower.
 */
uint32_t random_node(uint32_t other)
{
	uint32_t node = 0;

	while (!node || node == other || node == UINT32_MAX) {
		if (getrandom(&node, sizeof(node), 0) != sizeof(node))
			node = (uint32_t)getpid() + 1;
	}
	return node;
}
