// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told by netlink, as messages, and the telling of it to whoever
 * listens.
 */
#include "netlink.h"
#include "update.h"

static atomic_t generation = ATOMIC_INIT(1);

/* Nothing is told before the family is there, nor once it goes. */
static bool is_open;

static int put_string(struct sk_buff *skb, int attr, const char *text)
{
	return text[0] ? nla_put_string(skb, attr, text) : 0;
}

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, CODESWAP_A_DEVICE_PAD);
}

static int put_identity(struct sk_buff *skb, struct codeswap_device *cdev)
{
	if (nla_put_string(skb, CODESWAP_A_DEVICE_NAME, dev_name(&cdev->dev)) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_ID, cdev->id))
		return -EMSGSIZE;
	return 0;
}

/* What runs. */
static int put_image(struct sk_buff *skb, const struct csw_status *s)
{
	char version[CSW_VERSION_LEN];

	if (!s->has_image)
		return 0;
	if (nla_put_string(skb, CODESWAP_A_DEVICE_VERSION,
			   csw_version(version, &s->version)) ||
	    nla_put(skb, CODESWAP_A_DEVICE_BUILD_ID, sizeof(s->build_id),
		    s->build_id) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_SECURITY_VERSION,
			s->security_version) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_DECLARED_US, s->declared_us))
		return -EMSGSIZE;
	return 0;
}

/* The last or current update. */
static int put_update(struct sk_buff *skb, const struct csw_status *s)
{
	char version[CSW_VERSION_LEN] = "";

	if (s->has_new)
		csw_version(version, &s->new_version);
	if (nla_put_u32(skb, CODESWAP_A_DEVICE_PHASE, s->phase) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_RESULT, s->result) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_REASON, s->error.reason) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_ERROR_PHASE, s->error_phase) ||
	    put_string(skb, CODESWAP_A_DEVICE_ERROR, s->error.text) ||
	    put_string(skb, CODESWAP_A_DEVICE_NEW_VERSION, version) ||
	    put_string(skb, CODESWAP_A_DEVICE_IMAGE_NAME, s->image_name) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_PROGRESS, s->progress) ||
	    put_u64(skb, CODESWAP_A_DEVICE_BLACKOUT_NS, s->blackout_ns) ||
	    put_u64(skb, CODESWAP_A_DEVICE_UPDATE_ID, s->update_id) ||
	    nla_put(skb, CODESWAP_A_DEVICE_PHASE_NS, sizeof(s->phase_ns),
		    s->phase_ns) ||
	    put_u64(skb, CODESWAP_A_DEVICE_SWAPS, s->swaps))
		return -EMSGSIZE;
	return 0;
}

/* Times: allowed, expected, and what they were. */
static int put_times(struct sk_buff *skb, struct codeswap_device *cdev,
		     const struct csw_status *s)
{
	struct csw_blackouts b;

	csw_times_get(cdev, &b);
	if (nla_put_u32(skb, CODESWAP_A_DEVICE_BUDGET_US,
			READ_ONCE(cdev->budget_us)) ||
	    put_u64(skb, CODESWAP_A_DEVICE_PREDICTED_NS, s->predicted_ns) ||
	    put_u64(skb, CODESWAP_A_DEVICE_OVERLAY_BYTES, s->overlay_bytes) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_OVERLAY_EXTENTS,
			s->overlay_extents) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_BLACKOUT_COUNT, b.num) ||
	    put_u64(skb, CODESWAP_A_DEVICE_BLACKOUT_MIN_NS, b.min_ns) ||
	    put_u64(skb, CODESWAP_A_DEVICE_BLACKOUT_MEDIAN_NS, b.median_ns) ||
	    put_u64(skb, CODESWAP_A_DEVICE_BLACKOUT_P99_NS, b.p99_ns) ||
	    put_u64(skb, CODESWAP_A_DEVICE_BLACKOUT_MAX_NS, b.max_ns))
		return -EMSGSIZE;
	return 0;
}

static int put_all(struct sk_buff *skb, struct codeswap_device *cdev,
		   const struct csw_status *s)
{
	if (put_identity(skb, cdev) ||
	    nla_put_string(skb, CODESWAP_A_DEVICE_LABEL, cdev->label) ||
	    nla_put_string(skb, CODESWAP_A_DEVICE_TYPE, cdev->type) ||
	    nla_put_u32(skb, CODESWAP_A_DEVICE_STATE, s->state) ||
	    put_u64(skb, CODESWAP_A_DEVICE_MEMORY_SIZE, cdev->memory_size))
		return -EMSGSIZE;
	return put_image(skb, s) ?: put_update(skb, s) ?:
	       put_times(skb, cdev, s);
}

int csw_nl_put_device(struct sk_buff *skb, struct codeswap_device *cdev)
{
	struct csw_status s;

	csw_get_status(cdev, &s);
	return put_all(skb, cdev, &s);
}

int csw_nl_put_item(struct sk_buff *skb, const char *device, u64 update_id,
		    unsigned int index, const struct csw_item *item)
{
	if (nla_put_string(skb, CODESWAP_A_ITEM_DEVICE, device) ||
	    nla_put_u64_64bit(skb, CODESWAP_A_ITEM_UPDATE_ID, update_id,
			      CODESWAP_A_ITEM_PAD) ||
	    nla_put_u32(skb, CODESWAP_A_ITEM_INDEX, index) ||
	    nla_put_u32(skb, CODESWAP_A_ITEM_KIND, item->kind) ||
	    nla_put_u32(skb, CODESWAP_A_ITEM_VERDICT, item->verdict) ||
	    nla_put_u64_64bit(skb, CODESWAP_A_ITEM_COUNT, item->count,
			      CODESWAP_A_ITEM_PAD) ||
	    put_string(skb, CODESWAP_A_ITEM_NAME, item->name) ||
	    put_string(skb, CODESWAP_A_ITEM_FROM, item->from) ||
	    put_string(skb, CODESWAP_A_ITEM_TO, item->to))
		return -EMSGSIZE;
	return 0;
}

int csw_nl_put_request(struct sk_buff *skb, const struct csw_request_info *info)
{
	if (nla_put_u64_64bit(skb, CODESWAP_A_REQUEST_ID, info->id,
			      CODESWAP_A_REQUEST_PAD) ||
	    put_string(skb, CODESWAP_A_REQUEST_DEVICE, info->device) ||
	    put_string(skb, CODESWAP_A_REQUEST_TYPE, info->type) ||
	    put_string(skb, CODESWAP_A_REQUEST_IMAGE_NAME, info->image_name))
		return -EMSGSIZE;
	return 0;
}

/* Changes when a device goes, so that a dump can tell that it was cut. */
u32 csw_nl_generation(void)
{
	return atomic_read(&generation);
}

void csw_nl_notify_open(bool open)
{
	WRITE_ONCE(is_open, open);
}

static bool anyone_listens(enum csw_group group)
{
	return READ_ONCE(is_open) &&
	       genl_has_listeners(&csw_family, &init_net, group) > 0;
}

bool csw_netlink_has_feeder(void)
{
	return anyone_listens(CSW_GROUP_REQUESTS);
}

/* A notification is lost without memory; whoever wants to be sure asks. */
static struct sk_buff *begin(enum csw_group group, u8 cmd, void **header)
{
	struct sk_buff *skb;

	if (!anyone_listens(group))
		return NULL;
	skb = genlmsg_new(CSW_NL_SIZE, GFP_KERNEL);
	if (!skb)
		return NULL;
	*header = genlmsg_put(skb, 0, 0, &csw_family, 0, cmd);
	return skb;
}

static void end(struct sk_buff *skb, enum csw_group group, void *header, int ret)
{
	if (ret) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&csw_family, skb, 0, group, GFP_KERNEL);
}

void csw_notify_status(struct codeswap_device *cdev,
		       const struct csw_status *status)
{
	struct sk_buff *skb;
	void *header;

	skb = begin(CSW_GROUP_EVENTS, CODESWAP_CMD_DEVICE_NTF, &header);
	if (skb)
		end(skb, CSW_GROUP_EVENTS, header, put_all(skb, cdev, status));
}

void csw_notify_device(struct codeswap_device *cdev)
{
	struct csw_status status;

	csw_get_status(cdev, &status);
	csw_notify_status(cdev, &status);
}

void csw_notify_gone(struct codeswap_device *cdev)
{
	struct sk_buff *skb;
	void *header;

	atomic_inc(&generation);
	skb = begin(CSW_GROUP_EVENTS, CODESWAP_CMD_DEVICE_DEL_NTF, &header);
	if (skb)
		end(skb, CSW_GROUP_EVENTS, header, put_identity(skb, cdev));
}

void csw_notify_item(struct codeswap_device *cdev, u64 update_id,
		     unsigned int index, const struct csw_item *item)
{
	struct sk_buff *skb;
	void *header;

	skb = begin(CSW_GROUP_EVENTS, CODESWAP_CMD_ITEM_NTF, &header);
	if (skb)
		end(skb, CSW_GROUP_EVENTS, header,
		    csw_nl_put_item(skb, dev_name(&cdev->dev), update_id, index,
				    item));
}

void csw_notify_request(const struct csw_request_info *info)
{
	struct sk_buff *skb;
	void *header;

	skb = begin(CSW_GROUP_REQUESTS, CODESWAP_CMD_REQUEST_NTF, &header);
	if (skb)
		end(skb, CSW_GROUP_REQUESTS, header,
		    csw_nl_put_request(skb, info));
}
