// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets, and one request with all its answers. libnl knows nothing of
 * extended acknowledgements, so they are read here.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "nl_private.h"

/* The kernel answers before send() returns; this is for one that does not. */
#define ANSWER_SECONDS	120

/**
 * csw_error() - note why something did not work
 * @err: set
 * @code: negative errno
 * @fmt: one sentence without a full stop
 *
 * Return: @code.
 */
int csw_error(struct csw_error *err, int code, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return code;
}

/* libnl's numbers are its own; only these make a difference to callers. */
static int to_errno(int code)
{
	switch (abs(code)) {
	case NLE_SUCCESS:
		return 0;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_PERM:
		return -EPERM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_AGAIN:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

/**
 * csw_libnl_error() - note why libnl did not do something
 * @err: set
 * @code: what libnl returned
 * @what: was to be done
 *
 * Return: the code in @err.
 */
int csw_libnl_error(struct csw_error *err, int code, const char *what)
{
	return csw_error(err, to_errno(code), "%s: %s", what,
			 nl_geterror(code));
}

/**
 * csw_copy_text() - take over text that may hold anything
 * @to: set, NUL-terminated
 * @size: bytes of @to
 * @from: bytes, may end early with a NUL
 * @len: how many at most
 *
 * Part of what the kernel passes on comes from firmware and image files; it
 * ends on terminals.
 */
void csw_copy_text(char *to, size_t size, const char *from, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < size - 1 && from[i]; i++)
		to[i] = (char)(from[i] < ' ' || from[i] > '~' ? '?' : from[i]);
	to[i] = '\0';
}

static int connect_socket(struct nl_sock *nl, struct csw_error *err)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int ret, fd, on = 1;

	ret = genl_connect(nl);
	if (ret)
		return csw_libnl_error(err, ret, "opening a netlink socket");
	fd = nl_socket_get_fd(nl);
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return csw_error(err, -errno, "setting up a netlink socket: %s",
				 strerror(errno));
	return 0;
}

/* A socket of generic netlink, whatever the families there are. */
struct csw_socket *csw_socket_new(struct csw_error *err)
{
	struct csw_socket *sk = calloc(1, sizeof(*sk));

	if (sk)
		sk->nl = nl_socket_alloc();
	if (!sk || !sk->nl) {
		free(sk);
		csw_error(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (connect_socket(sk->nl, err)) {
		csw_close(sk);
		return NULL;
	}
	return sk;
}

/**
 * csw_open() - open a socket to codeswap
 * @err: set on failure; code -ENOENT: the kernel has no codeswap
 *
 * Return: the socket, to be closed with csw_close(), or %NULL.
 */
struct csw_socket *csw_open(struct csw_error *err)
{
	struct csw_socket *sk = csw_socket_new(err);

	if (!sk)
		return NULL;
	sk->family = genl_ctrl_resolve(sk->nl, CODESWAP_FAMILY_NAME);
	if (sk->family >= 0)
		return sk;
	if (sk->family == -NLE_OBJ_NOTFOUND)
		csw_error(err, -ENOENT,
			  "the kernel has no codeswap; load it with 'modprobe codeswap'");
	else
		csw_libnl_error(err, sk->family, "looking for codeswap");
	csw_close(sk);
	return NULL;
}

/**
 * csw_close() - close a socket
 * @sk: the socket, or %NULL; an image that it has not fed to the end is
 *	forgotten
 */
void csw_close(struct csw_socket *sk)
{
	if (!sk)
		return;
	nl_socket_free(sk->nl);
	free(sk);
}

/**
 * csw_fd() - the descriptor to poll for events
 * @sk: the socket
 *
 * Return: a descriptor that stays the socket's.
 */
int csw_fd(const struct csw_socket *sk)
{
	return nl_socket_get_fd(sk->nl);
}

/**
 * csw_note() - what the kernel said beside its last yes
 * @sk: the socket
 *
 * Return: a sentence, or "".
 */
const char *csw_note(const struct csw_socket *sk)
{
	return sk->note;
}

/* Prepare a message for the family; NULL and @err set if memory is out. */
struct nl_msg *csw_request_new(struct csw_socket *sk, int command, int flags,
			       size_t payload, struct csw_error *err)
{
	struct nl_msg *msg = nlmsg_alloc_size(NLMSG_HDRLEN + GENL_HDRLEN +
					      payload);

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, sk->family, 0,
			       flags, command, CODESWAP_FAMILY_VERSION))
		return msg;
	nlmsg_free(msg);
	csw_error(err, -ENOMEM, "out of memory");
	return NULL;
}

/* A request that waits for its answers. */
struct exchange {
	csw_reply_fn *fn;
	void *ctx;
	bool done;
	bool cut;
	int code;
	char text[CSW_ERROR_LEN];
};

/* The sentence behind an acknowledgment whose fixed part has @fixed bytes. */
static void read_text(struct exchange *x, struct nlmsghdr *header, int fixed)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (nlmsg_parse(header, fixed, tb, NLMSGERR_ATTR_MAX, NULL))
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		csw_copy_text(x->text, sizeof(x->text),
			      nla_data(tb[NLMSGERR_ATTR_MSG]),
			      nla_len(tb[NLMSGERR_ATTR_MSG]));
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	if (x->fn)
		x->fn(nlmsg_hdr(msg), x->ctx);
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	read_text(x, nlmsg_hdr(msg), sizeof(struct nlmsgerr));
	x->done = true;
	return NL_STOP;
}

/* The end of a dump; one that failed half-way says so here. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct exchange *x = arg;

	if (nlmsg_datalen(header) >= (int)sizeof(int))
		x->code = *(int *)nlmsg_data(header);
	read_text(x, header, sizeof(int));
	x->done = true;
	return NL_STOP;
}

/* Something went while it was listed. The rest is read nevertheless. */
static int on_cut(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->cut = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *header = (void *)((char *)e - NLMSG_HDRLEN);
	struct exchange *x = arg;
	int fixed = sizeof(*e);

	(void)from;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		fixed += (int)e->msg.nlmsg_len - NLMSG_HDRLEN;
	read_text(x, header, fixed);
	x->code = e->error;
	x->done = true;
	return NL_STOP;
}

static struct nl_cb *make_callbacks(struct exchange *x)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		return NULL;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_cut, x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	return cb;
}

static int exchange_error(const struct exchange *x, struct csw_error *err)
{
	if (x->text[0])
		return csw_error(err, x->code, "%s", x->text);
	if (x->code == -EPERM)
		return csw_error(err, x->code,
				 "not permitted; it needs the rights of an administrator (CAP_NET_ADMIN)");
	return csw_error(err, x->code, "the kernel refuses: %s",
			 strerror(-x->code));
}

/*
 * Send @msg, which is freed, and hand all answers to @fn until the kernel
 * says that it is done. Returns 0 or the code in @err; -EINTR: a dump was cut.
 */
int csw_request_send(struct csw_socket *sk, struct nl_msg *msg,
		     csw_reply_fn *fn, void *ctx, struct csw_error *err)
{
	struct exchange x = { .fn = fn, .ctx = ctx };
	struct nl_cb *cb = make_callbacks(&x);
	int ret;

	sk->note[0] = '\0';
	if (!cb) {
		nlmsg_free(msg);
		return csw_error(err, -ENOMEM, "out of memory");
	}
	ret = nl_send_auto(sk->nl, msg);
	nlmsg_free(msg);
	while (ret >= 0 && !x.done)
		ret = nl_recvmsgs(sk->nl, cb);
	nl_cb_put(cb);
	if (x.done && x.code < 0)
		return exchange_error(&x, err);
	if (ret == -NLE_AGAIN)
		return csw_error(err, -ETIMEDOUT,
				 "the kernel gave no answer in %d seconds",
				 ANSWER_SECONDS);
	if (ret < 0)
		return csw_libnl_error(err, ret, "talking to the kernel");
	if (x.cut)
		return csw_error(err, -EINTR,
				 "the list changed while it was read");
	memcpy(sk->note, x.text, sizeof(sk->note));
	return 0;
}
