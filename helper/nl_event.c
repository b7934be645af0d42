// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events: what codeswap tells whoever joined a group, and the coming and
 * going of codeswap itself.
 */
#include <sys/socket.h>

#include <linux/genetlink.h>

#include "nl_private.h"

/* Room for some thousand events, so that a slow reader seldom misses one. */
#define EVENT_BUFFER	(4 << 20)

/* By another socket: on one that has joined a group, answers and events mix. */
static int find_group(const char *family, const char *group,
		      struct csw_error *err)
{
	struct csw_socket *sk = csw_socket_new(err);
	int id;

	if (!sk)
		return err->code;
	id = genl_ctrl_resolve_grp(sk->nl, family, group);
	csw_close(sk);
	return id < 0 ? csw_libnl_error(err, id, group) : id;
}

static int join(struct csw_socket *sk, const char *family, const char *group,
		struct csw_error *err)
{
	int ret, fd = csw_fd(sk), room = EVENT_BUFFER;
	int id = find_group(family, group, err);

	if (id < 0)
		return id;
	ret = nl_socket_add_membership(sk->nl, id);
	if (ret)
		return csw_libnl_error(err, ret, "joining a group");
	/* Without the right to force it, the system's limit applies. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	nl_socket_disable_seq_check(sk->nl);
	return nl_socket_set_nonblocking(sk->nl) ?
		csw_error(err, -EIO, "making a socket non-blocking") : 0;
}

/**
 * csw_join() - join a group of events
 * @sk: the socket, from now on for csw_receive() only
 * @group: CODESWAP_MCGRP_EVENTS or CODESWAP_MCGRP_REQUESTS
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_join(struct csw_socket *sk, const char *group, struct csw_error *err)
{
	return join(sk, CODESWAP_FAMILY_NAME, group, err);
}

struct receiver {
	int family;
	csw_event_fn *fn;
	csw_family_fn *family_fn;
	void *ctx;
};

static int parse_event(struct nlmsghdr *header, struct csw_event *event)
{
	event->command = genlmsg_hdr(header)->cmd;
	switch (event->command) {
	case CODESWAP_CMD_DEVICE_NTF:
	case CODESWAP_CMD_DEVICE_DEL_NTF:
		return csw_parse(csw_device_fields, header, &event->device);
	case CODESWAP_CMD_ITEM_NTF:
		return csw_parse(csw_item_fields, header, &event->item);
	case CODESWAP_CMD_REQUEST_NTF:
		return csw_parse(csw_request_fields, header, &event->request);
	default:
		return -ENOMSG;
	}
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct receiver *r = arg;
	struct csw_event event;

	memset(&event, 0, sizeof(event));
	if (header->nlmsg_type == r->family &&
	    genlmsg_valid_hdr(header, 0) && !parse_event(header, &event))
		r->fn(&event, r->ctx);
	return NL_OK;
}

static int on_family(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct receiver *r = arg;
	int command;

	if (header->nlmsg_type != GENL_ID_CTRL ||
	    genlmsg_parse(header, 0, tb, CTRL_ATTR_MAX, NULL) ||
	    !tb[CTRL_ATTR_FAMILY_NAME] ||
	    nla_strcmp(tb[CTRL_ATTR_FAMILY_NAME], CODESWAP_FAMILY_NAME))
		return NL_OK;
	command = genlmsg_hdr(header)->cmd;
	if (command == CTRL_CMD_NEWFAMILY || command == CTRL_CMD_DELFAMILY)
		r->family_fn(command == CTRL_CMD_NEWFAMILY, r->ctx);
	return NL_OK;
}

/* Read until nothing is left. ENOBUFS is libnl's NLE_NOMEM. */
static int receive(struct csw_socket *sk, nl_recvmsg_msg_cb_t fn,
		   struct receiver *r, struct csw_error *err)
{
	int ret;

	nl_socket_modify_cb(sk->nl, NL_CB_VALID, NL_CB_CUSTOM, fn, r);
	do {
		ret = nl_recvmsgs_default(sk->nl);
	} while (ret >= 0);
	if (ret == -NLE_AGAIN)
		return 0;
	if (ret == -NLE_NOMEM)
		return csw_error(err, -ENOBUFS,
				 "events came faster than they were read");
	return csw_libnl_error(err, ret, "receiving events");
}

/**
 * csw_receive() - read all events that have come; does not wait
 * @sk: a socket that has joined a group
 * @fn: called for each
 * @ctx: for @fn
 * @err: set on failure; code -ENOBUFS: some events are lost, the others can
 *	be read; look at the devices anew
 *
 * Return: 0, or the code in @err.
 */
int csw_receive(struct csw_socket *sk, csw_event_fn *fn, void *ctx,
		struct csw_error *err)
{
	struct receiver r = { .family = sk->family, .fn = fn, .ctx = ctx };

	return receive(sk, on_event, &r, err);
}

/**
 * csw_watch_family() - be told when codeswap itself comes and goes
 * @err: set on failure
 *
 * Return: a socket for csw_receive_family(), or %NULL.
 */
struct csw_socket *csw_watch_family(struct csw_error *err)
{
	struct csw_socket *sk = csw_socket_new(err);

	if (sk && join(sk, "nlctrl", "notify", err)) {
		csw_close(sk);
		return NULL;
	}
	return sk;
}

/**
 * csw_receive_family() - read what has become of codeswap; does not wait
 * @sk: from csw_watch_family()
 * @fn: called with true when it has come, with false when it has gone
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_receive_family(struct csw_socket *sk, csw_family_fn *fn, void *ctx,
		       struct csw_error *err)
{
	struct receiver r = { .family_fn = fn, .ctx = ctx };

	return receive(sk, on_family, &r, err);
}
