// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family, as Documentation/netlink/specs/codeswap.yaml
 * describes it: what may be sent, by whom, and who handles it. Staging is in
 * netlink_stage.c, listing in netlink_dump.c, telling in netlink_put.c.
 *
 * Messages are handled side by side (parallel_ops): feeding an image takes its
 * time, and other families must not wait for it.
 */
#include "netlink.h"

/*
 * Lengths of names and data have no limits here, because the handlers refuse
 * what is too long with a better sentence than the parser of attributes.
 */
static const struct nla_policy device_policy[] = {
	[CODESWAP_A_DEVICE_NAME] = { .type = NLA_NUL_STRING },
};

static const struct nla_policy begin_policy[] = {
	[CODESWAP_A_UPDATE_DEVICE] = { .type = NLA_NUL_STRING },
	[CODESWAP_A_UPDATE_REQUEST_ID] = { .type = NLA_U64 },
	[CODESWAP_A_UPDATE_IMAGE_NAME] = { .type = NLA_NUL_STRING },
	[CODESWAP_A_UPDATE_SIZE] = { .type = NLA_U64 },
	[CODESWAP_A_UPDATE_OFFSET] = { .type = NLA_U64 },
	[CODESWAP_A_UPDATE_FD] = { .type = NLA_S32 },
	[CODESWAP_A_UPDATE_FORCE] = { .type = NLA_FLAG },
	[CODESWAP_A_UPDATE_ALLOW_DOWNGRADE] = { .type = NLA_FLAG },
	[CODESWAP_A_UPDATE_ACCEPT_LOST] = { .type = NLA_NUL_STRING },
	[CODESWAP_A_UPDATE_METHOD] = { .type = NLA_U32 },
	[CODESWAP_A_UPDATE_HOLD] = { .type = NLA_FLAG },
	[CODESWAP_A_UPDATE_CHECK_ONLY] = { .type = NLA_FLAG },
	[CODESWAP_A_UPDATE_SERIAL] = { .type = NLA_FLAG },
};

static const struct nla_policy data_policy[] = {
	[CODESWAP_A_UPDATE_OFFSET] = { .type = NLA_U64 },
	[CODESWAP_A_UPDATE_DATA] = { .type = NLA_BINARY },
};

static const struct nla_policy order_policy[] = {
	[CODESWAP_A_UPDATE_DEVICE] = { .type = NLA_NUL_STRING },
};

static const struct nla_policy swap_policy[] = {
	[CODESWAP_A_UPDATE_DEVICE] = { .type = NLA_NUL_STRING },
	[CODESWAP_A_UPDATE_HOLD] = { .type = NLA_FLAG },
	[CODESWAP_A_UPDATE_TOGETHER] = { .type = NLA_FLAG },
};

static const struct nla_policy item_policy[] = {
	[CODESWAP_A_ITEM_DEVICE] = { .type = NLA_NUL_STRING },
};

static const struct nla_policy fail_policy[] = {
	[CODESWAP_A_UPDATE_REQUEST_ID] = { .type = NLA_U64 },
	[CODESWAP_A_UPDATE_REASON_TEXT] = { .type = NLA_NUL_STRING },
};

/**
 * csw_nl_device() - the device that a message names
 * @skb: the message
 * @attr: with the name or the label; %NULL if the message has none
 * @extack: for the reply
 * @ret: set to a negative errno on failure
 *
 * Return: a reference, or %NULL.
 */
struct codeswap_device *csw_nl_device(struct sk_buff *skb,
				      const struct nlattr *attr,
				      struct netlink_ext_ack *extack, int *ret)
{
	struct codeswap_device *cdev;

	*ret = 0;
	if (!attr) {
		*ret = csw_nl_refuse(skb, extack, -EINVAL,
				     "the message names no device");
		return NULL;
	}
	cdev = csw_device_find(nla_data(attr));
	if (!cdev)
		*ret = csw_nl_refuse(skb, extack, -ENODEV,
				     "there is no device '%.64s'",
				     (const char *)nla_data(attr));
	return cdev;
}

/* Answers with the number of an update. */
int csw_nl_reply(struct sk_buff *skb, struct genl_info *info, u64 update_id)
{
	struct sk_buff *reply = genlmsg_new(CSW_NL_SIZE, GFP_KERNEL);
	void *header = NULL;

	if (reply)
		header = genlmsg_put_reply(reply, info, &csw_family, 0,
					   info->genlhdr->cmd);
	if (!header || nla_put_u64_64bit(reply, CODESWAP_A_UPDATE_UPDATE_ID,
					 update_id, CODESWAP_A_UPDATE_PAD)) {
		nlmsg_free(reply);
		return csw_nl_refuse(skb, info->extack, -ENOMEM,
				     "done, but there is no memory to say so");
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int nl_swap(struct sk_buff *skb, struct genl_info *info)
{
	bool hold = nla_get_flag(info->attrs[CODESWAP_A_UPDATE_HOLD]);
	bool together = nla_get_flag(info->attrs[CODESWAP_A_UPDATE_TOGETHER]);
	struct codeswap_device *cdev;
	struct csw_error err;
	u64 id = 0;
	int ret;

	cdev = csw_nl_device(skb, info->attrs[CODESWAP_A_UPDATE_DEVICE],
			     info->extack, &ret);
	if (!cdev)
		return ret;
	ret = csw_swap(cdev, hold, together, &id, &err);
	csw_device_put(cdev);
	if (ret)
		return csw_nl_refuse(skb, info->extack, ret, "%s", err.text);
	return csw_nl_reply(skb, info, id);
}

/* What is ordered of a device and has no options. */
static int order(struct sk_buff *skb, struct genl_info *info,
		 int (*fn)(struct codeswap_device *cdev, struct csw_error *err))
{
	struct codeswap_device *cdev;
	struct csw_error err;
	int ret;

	cdev = csw_nl_device(skb, info->attrs[CODESWAP_A_UPDATE_DEVICE],
			     info->extack, &ret);
	if (!cdev)
		return ret;
	ret = fn(cdev, &err);
	csw_device_put(cdev);
	if (ret)
		return csw_nl_refuse(skb, info->extack, ret, "%s", err.text);
	return 0;
}

static int nl_release(struct sk_buff *skb, struct genl_info *info)
{
	return order(skb, info, csw_release);
}

static int nl_cancel(struct sk_buff *skb, struct genl_info *info)
{
	return order(skb, info, csw_cancel);
}

static int nl_rollback(struct sk_buff *skb, struct genl_info *info)
{
	return order(skb, info, csw_rollback);
}

static int nl_reset(struct sk_buff *skb, struct genl_info *info)
{
	return order(skb, info, csw_reset);
}

/* The sentence is shown to others: what is not printable is not passed on. */
static void clean(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i < size - 1 && from[i]; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static int nl_request_fail(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *why = info->attrs[CODESWAP_A_UPDATE_REASON_TEXT];
	struct nlattr *id = info->attrs[CODESWAP_A_UPDATE_REQUEST_ID];
	char text[CSW_ERROR_LEN] = "the feeder has no such image";
	struct csw_error err;
	int ret;

	if (!id)
		return csw_nl_refuse(skb, info->extack, -EINVAL,
				     "the message has no request-id");
	if (why && nla_len(why) > 1)
		clean(text, sizeof(text), nla_data(why));
	ret = csw_request_fail(nla_get_u64(id), text, &err);
	if (ret)
		return csw_nl_refuse(skb, info->extack, ret, "%s", err.text);
	return 0;
}

#define OP(_cmd, _doit, _policy, _flags) {		\
	.cmd = CODESWAP_CMD_##_cmd,			\
	.doit = _doit,					\
	.policy = _policy,				\
	.maxattr = ARRAY_SIZE(_policy) - 1,		\
	.flags = _flags,				\
}

static const struct nla_policy none_policy[1];

static const struct genl_ops ops[] = {
	{
		.cmd = CODESWAP_CMD_DEVICE_GET,
		.doit = csw_nl_device_get,
		.start = csw_nl_devices_start,
		.dumpit = csw_nl_devices_dump,
		.policy = device_policy,
		.maxattr = ARRAY_SIZE(device_policy) - 1,
	},
	OP(STAGE_BEGIN, csw_nl_stage_begin, begin_policy, GENL_ADMIN_PERM),
	OP(STAGE_DATA, csw_nl_stage_data, data_policy, GENL_ADMIN_PERM),
	OP(STAGE_END, csw_nl_stage_end, none_policy, GENL_ADMIN_PERM),
	OP(STAGE_FD, csw_nl_stage_fd, begin_policy, GENL_ADMIN_PERM),
	OP(SWAP, nl_swap, swap_policy, GENL_ADMIN_PERM),
	OP(RELEASE, nl_release, order_policy, GENL_ADMIN_PERM),
	OP(CANCEL, nl_cancel, order_policy, GENL_ADMIN_PERM),
	OP(ROLLBACK, nl_rollback, order_policy, GENL_ADMIN_PERM),
	OP(RESET, nl_reset, order_policy, GENL_ADMIN_PERM),
	OP(REQUEST_FAIL, nl_request_fail, fail_policy, GENL_ADMIN_PERM),
	{
		.cmd = CODESWAP_CMD_ITEM_GET,
		.start = csw_nl_items_start,
		.dumpit = csw_nl_items_dump,
		.done = csw_nl_items_done,
		.policy = item_policy,
		.maxattr = ARRAY_SIZE(item_policy) - 1,
	},
	{
		.cmd = CODESWAP_CMD_REQUEST_GET,
		.dumpit = csw_nl_requests_dump,
		.policy = none_policy,
	},
};

/* Whoever listens to requests is taken for a feeder, so not everybody may. */
static const struct genl_multicast_group groups[] = {
	[CSW_GROUP_EVENTS] = { .name = CODESWAP_MCGRP_EVENTS },
	[CSW_GROUP_REQUESTS] = {
		.name = CODESWAP_MCGRP_REQUESTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family csw_family = {
	.name = CODESWAP_FAMILY_NAME,
	.version = CODESWAP_FAMILY_VERSION,
	.netnsok = false,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int csw_netlink_init(void)
{
	int ret = csw_client_init();

	if (ret)
		return ret;
	ret = genl_register_family(&csw_family);
	if (ret) {
		csw_client_exit();
		return ret;
	}
	csw_nl_notify_open(true);
	return 0;
}

void csw_netlink_exit(void)
{
	csw_nl_notify_open(false);
	genl_unregister_family(&csw_family);
	csw_client_exit();
}
