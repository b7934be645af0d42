/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the netlink_*.c files share: the family, who talks to it, and handlers.
 */
#ifndef CSW_NETLINK_H
#define CSW_NETLINK_H

#include <net/genetlink.h>

#include "door.h"

/**
 * struct csw_client - a socket that has fed something, or been refused something
 * @list: in the list of netlink_client.c
 * @sk: the socket, a reference
 * @sentences: why it was refused what, under that list's lock
 * @feed: the image that it feeds; @feed.lock protects what follows
 * @for_request: the image answers a request
 * @check: the image is only checked
 * @checked: it has been; @feed.job is kept for its items
 * @size: of the image as announced, 0 if it was not
 */
struct csw_client {
	struct list_head list;
	struct sock *sk;
	struct list_head sentences;
	struct csw_feed feed;
	bool for_request;
	bool check;
	bool checked;
	u64 size;
};

/* Order of the multicast groups in netlink.c. */
enum csw_group {
	CSW_GROUP_EVENTS,
	CSW_GROUP_REQUESTS,
};

/* netlink.c */
extern struct genl_family csw_family;
int csw_nl_reply(struct sk_buff *skb, struct genl_info *info, u64 update_id);
struct codeswap_device *csw_nl_device(struct sk_buff *skb,
				      const struct nlattr *attr,
				      struct netlink_ext_ack *extack, int *ret);

/* netlink_client.c */
struct csw_client *csw_client_get(struct sk_buff *skb);
struct csw_client *csw_client_find(struct sk_buff *skb);
__printf(4, 5)
int csw_nl_refuse(struct sk_buff *skb, struct netlink_ext_ack *extack, int code,
		  const char *fmt, ...);
int csw_client_init(void);
void csw_client_exit(void);

/* netlink_stage.c */
int csw_nl_stage_begin(struct sk_buff *skb, struct genl_info *info);
int csw_nl_stage_data(struct sk_buff *skb, struct genl_info *info);
int csw_nl_stage_end(struct sk_buff *skb, struct genl_info *info);
int csw_nl_stage_fd(struct sk_buff *skb, struct genl_info *info);

/* netlink_dump.c */
int csw_nl_device_get(struct sk_buff *skb, struct genl_info *info);
int csw_nl_devices_start(struct netlink_callback *cb);
int csw_nl_devices_dump(struct sk_buff *skb, struct netlink_callback *cb);
int csw_nl_items_start(struct netlink_callback *cb);
int csw_nl_items_dump(struct sk_buff *skb, struct netlink_callback *cb);
int csw_nl_items_done(struct netlink_callback *cb);
int csw_nl_requests_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* netlink_put.c */
#define CSW_NL_SIZE	NLMSG_DEFAULT_SIZE
int csw_nl_put_device(struct sk_buff *skb, struct codeswap_device *cdev);
int csw_nl_put_item(struct sk_buff *skb, const char *device, u64 update_id,
		    unsigned int index, const struct csw_item *item);
int csw_nl_put_request(struct sk_buff *skb, const struct csw_request_info *info);
u32 csw_nl_generation(void);
void csw_nl_notify_open(bool open);

#endif /* CSW_NETLINK_H */
