/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files of libcodeswap.
 */
#ifndef NL_PRIVATE_H
#define NL_PRIVATE_H

#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "nl_codeswap.h"

/**
 * struct csw_socket - a netlink socket and what belongs to it
 * @nl: libnl's
 * @family: number of the family codeswap when the socket was opened
 * @note: what the kernel said beside its last yes
 */
struct csw_socket {
	struct nl_sock *nl;
	int family;
	char note[CSW_ERROR_LEN];
};

typedef void csw_reply_fn(struct nlmsghdr *header, void *ctx);

struct csw_socket *csw_socket_new(struct csw_error *err);
int csw_libnl_error(struct csw_error *err, int code, const char *what);
void csw_copy_text(char *to, size_t size, const char *from, size_t len);
struct nl_msg *csw_request_new(struct csw_socket *sk, int command, int flags,
			       size_t payload, struct csw_error *err);
int csw_request_send(struct csw_socket *sk, struct nl_msg *msg,
		     csw_reply_fn *fn, void *ctx, struct csw_error *err);

/* nl_parse.c */
int csw_parse(const struct csw_field *fields, struct nlmsghdr *header,
	      void *object);

#endif /* NL_PRIVATE_H */
