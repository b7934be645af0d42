// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listing devices, items and requests. A listing goes on where the last
 * message ended, by number, so that nothing comes twice and nothing that was
 * there all the time is left out; that something went meanwhile is told by
 * NLM_F_DUMP_INTR.
 */
#include "netlink.h"

int csw_nl_device_get(struct sk_buff *skb, struct genl_info *info)
{
	struct codeswap_device *cdev;
	struct sk_buff *reply;
	void *header = NULL;
	int ret;

	cdev = csw_nl_device(skb, info->attrs[CODESWAP_A_DEVICE_NAME],
			     info->extack, &ret);
	if (!cdev)
		return ret;
	reply = genlmsg_new(CSW_NL_SIZE, GFP_KERNEL);
	if (reply)
		header = genlmsg_put_reply(reply, info, &csw_family, 0,
					   CODESWAP_CMD_DEVICE_GET);
	if (!header || csw_nl_put_device(reply, cdev)) {
		nlmsg_free(reply);
		ret = csw_nl_refuse(skb, info->extack, -ENOMEM,
				    "no memory to describe %s", cdev->label);
	} else {
		genlmsg_end(reply, header);
		ret = genlmsg_reply(reply, info);
	}
	csw_device_put(cdev);
	return ret;
}

int csw_nl_devices_start(struct netlink_callback *cb)
{
	if (!csw_dump_attrs(cb)[CODESWAP_A_DEVICE_NAME])
		return 0;
	return csw_nl_refuse(cb->skb, cb->extack, -EINVAL,
			     "a listing is of all devices; ask for one without NLM_F_DUMP");
}

static void *put_header(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				   cb->nlh->nlmsg_seq, &csw_family, NLM_F_MULTI,
				   cmd);

	if (header)
		genl_dump_check_consistent(cb, header);
	return header;
}

static int dump_device(struct sk_buff *skb, struct netlink_callback *cb,
		       struct codeswap_device *cdev)
{
	void *header = put_header(skb, cb, CODESWAP_CMD_DEVICE_GET);

	if (!header)
		return -EMSGSIZE;
	if (csw_nl_put_device(skb, cdev)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/**
 * struct devices_ctx - where a listing of devices is
 * @next: id of the next one, if it is still there
 */
struct devices_ctx {
	u32 next;
};

int csw_nl_devices_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct devices_ctx *ctx = (void *)cb->ctx;
	struct codeswap_device *cdev = NULL;

	cb->seq = csw_nl_generation();
	while ((cdev = csw_device_next(cdev))) {
		if (cdev->id < ctx->next)
			continue;
		if (dump_device(skb, cb, cdev)) {
			csw_device_put(cdev);
			break;
		}
		ctx->next = cdev->id + 1;
	}
	return skb->len;
}

/**
 * struct items_ctx - where a listing of items is
 * @cdev: their device, a reference
 * @job: the check that they are of, a reference; %NULL if they are the
 *	device's
 * @next: index of the next one
 */
struct items_ctx {
	struct codeswap_device *cdev;
	struct csw_job *job;
	unsigned int next;
};

/* Who has had an image checked is told of that. */
static struct csw_job *check_of(struct sk_buff *skb)
{
	struct csw_client *client = csw_client_find(skb);
	struct csw_job *job = NULL;

	if (!client)
		return NULL;
	mutex_lock(&client->feed.lock);
	if (client->checked) {
		job = client->feed.job;
		csw_job_get(job);
	}
	mutex_unlock(&client->feed.lock);
	return job;
}

int csw_nl_items_start(struct netlink_callback *cb)
{
	struct items_ctx *ctx = (void *)cb->ctx;
	int ret;

	BUILD_BUG_ON(sizeof(*ctx) > sizeof(cb->ctx));
	ctx->cdev = csw_nl_device(cb->skb,
				  csw_dump_attrs(cb)[CODESWAP_A_ITEM_DEVICE],
				  cb->extack, &ret);
	if (ctx->cdev)
		ctx->job = check_of(cb->skb);
	return ret;
}

int csw_nl_items_done(struct netlink_callback *cb)
{
	struct items_ctx *ctx = (void *)cb->ctx;

	if (ctx->job)
		csw_job_put(ctx->job);
	csw_device_put(ctx->cdev);
	return 0;
}

static u64 update_id_of(const struct items_ctx *ctx)
{
	struct csw_status status;

	if (ctx->job)
		return 0;
	csw_get_status(ctx->cdev, &status);
	return status.update_id;
}

static bool get_item(const struct items_ctx *ctx, struct csw_item *item)
{
	if (ctx->job)
		return csw_job_item(ctx->job, ctx->next, item);
	return csw_device_item(ctx->cdev, ctx->next, item);
}

static int dump_item(struct sk_buff *skb, struct netlink_callback *cb,
		     u64 update_id, const struct csw_item *item)
{
	struct items_ctx *ctx = (void *)cb->ctx;
	void *header = put_header(skb, cb, CODESWAP_CMD_ITEM_GET);

	if (!header)
		return -EMSGSIZE;
	if (csw_nl_put_item(skb, dev_name(&ctx->cdev->dev), update_id,
			    ctx->next, item)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	ctx->next++;
	return 0;
}

int csw_nl_items_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct items_ctx *ctx = (void *)cb->ctx;
	struct csw_item item;
	u64 update_id;

	/* A new update begins a new list of items; zero would mean no check. */
	update_id = update_id_of(ctx);
	cb->seq = (u32)update_id + 1;
	while (get_item(ctx, &item))
		if (dump_item(skb, cb, update_id, &item))
			break;
	cb->seq = (u32)update_id_of(ctx) + 1;
	return skb->len;
}

/**
 * struct requests_ctx - where a listing of requests is
 * @after: id of the last one
 */
struct requests_ctx {
	u64 after;
};

int csw_nl_requests_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct requests_ctx *ctx = (void *)cb->ctx;
	struct csw_request_info request;
	void *header;

	while (csw_request_next(ctx->after, &request)) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				     cb->nlh->nlmsg_seq, &csw_family,
				     NLM_F_MULTI, CODESWAP_CMD_REQUEST_GET);
		if (!header)
			break;
		if (csw_nl_put_request(skb, &request)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
		ctx->after = request.id;
	}
	return skb->len;
}
