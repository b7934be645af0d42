// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing something: feeding images, swapping, and the rest. The kernel
 * decides everything; its sentence is passed on.
 */
#include "nl_private.h"

static void read_update_id(struct nlmsghdr *header, void *ctx)
{
	struct nlattr *tb[CODESWAP_A_UPDATE_MAX + 1];
	u64 *id = ctx;

	if (genlmsg_parse(header, 0, tb, CODESWAP_A_UPDATE_MAX, NULL))
		return;
	if (tb[CODESWAP_A_UPDATE_UPDATE_ID] &&
	    nla_len(tb[CODESWAP_A_UPDATE_UPDATE_ID]) == sizeof(uint64_t))
		*id = nla_get_u64(tb[CODESWAP_A_UPDATE_UPDATE_ID]);
}

/* Send @msg unless building it failed, which @built tells: -NLE_NOMEM. */
static int send_built(struct csw_socket *sk, struct nl_msg *msg, int built,
		      u64 *update_id, struct csw_error *err)
{
	u64 ignored;

	if (built < 0) {
		nlmsg_free(msg);
		return csw_error(err, -EMSGSIZE,
				 "names or options are too long for one message");
	}
	return csw_request_send(sk, msg, read_update_id, update_id ?: &ignored,
				err);
}

static int put_flags(struct nl_msg *msg, const struct csw_feed *feed)
{
	int ret = 0;

	if (feed->force)
		ret = nla_put_flag(msg, CODESWAP_A_UPDATE_FORCE);
	if (!ret && feed->allow_downgrade)
		ret = nla_put_flag(msg, CODESWAP_A_UPDATE_ALLOW_DOWNGRADE);
	if (!ret && feed->hold)
		ret = nla_put_flag(msg, CODESWAP_A_UPDATE_HOLD);
	if (!ret && feed->serial)
		ret = nla_put_flag(msg, CODESWAP_A_UPDATE_SERIAL);
	if (!ret && feed->check_only)
		ret = nla_put_flag(msg, CODESWAP_A_UPDATE_CHECK_ONLY);
	return ret;
}

static int put_feed(struct nl_msg *msg, const struct csw_feed *feed)
{
	unsigned int i;
	int ret = put_flags(msg, feed);
	size_t d;

	for (d = 0; !ret && d < feed->num_devices; d++)
		ret = nla_put_string(msg, CODESWAP_A_UPDATE_DEVICE,
				     feed->devices[d]);
	if (!ret && feed->request_id)
		ret = nla_put_u64(msg, CODESWAP_A_UPDATE_REQUEST_ID,
				  feed->request_id);
	if (!ret && feed->image_name)
		ret = nla_put_string(msg, CODESWAP_A_UPDATE_IMAGE_NAME,
				     feed->image_name);
	if (!ret && feed->method != CODESWAP_METHOD_DEFAULT)
		ret = nla_put_u32(msg, CODESWAP_A_UPDATE_METHOD, feed->method);
	for (i = 0; !ret && i < feed->num_accept_lost; i++)
		ret = nla_put_string(msg, CODESWAP_A_UPDATE_ACCEPT_LOST,
				     feed->accept_lost[i]);
	return ret;
}

/* Names and options; the rest of a message are numbers. */
#define FEED_PAYLOAD	(32 << 10)

static int stage_begin(struct csw_socket *sk, const struct csw_feed *feed,
		       u64 size, u64 *update_id, struct csw_error *err)
{
	struct nl_msg *msg;
	int ret;

	msg = csw_request_new(sk, CODESWAP_CMD_STAGE_BEGIN, 0, FEED_PAYLOAD,
			      err);
	if (!msg)
		return err->code;
	ret = nla_put_u64(msg, CODESWAP_A_UPDATE_SIZE, size);
	if (!ret)
		ret = put_feed(msg, feed);
	return send_built(sk, msg, ret, update_id, err);
}

static int stage_data(struct csw_socket *sk, u64 offset, const u8 *data,
		      int len, struct csw_error *err)
{
	struct nl_msg *msg;
	int ret;

	msg = csw_request_new(sk, CODESWAP_CMD_STAGE_DATA, 0,
			      nla_total_size(sizeof(u64)) + nla_total_size(len),
			      err);
	if (!msg)
		return err->code;
	ret = nla_put_u64(msg, CODESWAP_A_UPDATE_OFFSET, offset);
	if (!ret)
		ret = nla_put(msg, CODESWAP_A_UPDATE_DATA, len, data);
	return send_built(sk, msg, ret, NULL, err);
}

static int stage_end(struct csw_socket *sk, u64 *update_id,
		     struct csw_error *err)
{
	struct nl_msg *msg;

	msg = csw_request_new(sk, CODESWAP_CMD_STAGE_END, 0, 0, err);
	if (!msg)
		return err->code;
	return send_built(sk, msg, 0, update_id, err);
}

static int tell_progress(const struct csw_feed *feed, u64 done, u64 size,
			 struct csw_error *err)
{
	if (!feed->progress || !feed->progress(done, size, feed->ctx))
		return 0;
	return csw_error(err, -ECANCELED, "stopped after %llu of %llu bytes",
			 done, size);
}

/**
 * csw_stage() - feed an image
 * @sk: a socket that feeds nothing else; if this fails, close it, and nothing
 *	of the image is left
 * @feed: how
 * @data: image, with its signature trailer if it has one
 * @size: bytes
 * @update_id: set if the kernel named the update, else left as it is
 * @err: set on failure; code -ECANCELED: @feed->progress stopped it
 *
 * Return: 0: the kernel has checked the image and keeps it, or the code in
 * @err.
 */
int csw_stage(struct csw_socket *sk, const struct csw_feed *feed,
	      const void *data, size_t size, u64 *update_id,
	      struct csw_error *err)
{
	size_t done = 0;
	int ret, len;

	ret = stage_begin(sk, feed, size, update_id, err);
	if (!ret)
		ret = tell_progress(feed, done, size, err);
	while (!ret && done < size) {
		len = CODESWAP_DATA_MAX;
		if (size - done < CODESWAP_DATA_MAX)
			len = (int)(size - done);
		ret = stage_data(sk, done, (const u8 *)data + done, len, err);
		done += len;
		if (!ret)
			ret = tell_progress(feed, done, size, err);
	}
	return ret ?: stage_end(sk, update_id, err);
}

static int stage_file(struct csw_socket *sk, int fd, u64 offset, u64 *update_id,
		      struct csw_error *err)
{
	struct nl_msg *msg;
	int ret;

	msg = csw_request_new(sk, CODESWAP_CMD_STAGE_FD, 0,
			      nla_total_size(sizeof(fd)) +
			      nla_total_size(sizeof(offset)), err);
	if (!msg)
		return err->code;
	ret = nla_put_s32(msg, CODESWAP_A_UPDATE_FD, fd);
	if (!ret)
		ret = nla_put_u64(msg, CODESWAP_A_UPDATE_OFFSET, offset);
	return send_built(sk, msg, ret, update_id, err);
}

/**
 * csw_stage_fd() - have the kernel read an image itself
 * @sk: as for csw_stage()
 * @feed: how; of progress only the beginning is told
 * @fd: a regular file, open for reading
 * @offset: of the image in it
 * @size: bytes, with its signature trailer; 0: up to the file's end
 * @update_id: as for csw_stage()
 * @err: set on failure
 *
 * Return: as csw_stage().
 */
int csw_stage_fd(struct csw_socket *sk, const struct csw_feed *feed, int fd,
		 u64 offset, u64 size, u64 *update_id, struct csw_error *err)
{
	int ret = stage_begin(sk, feed, size, update_id, err);

	if (!ret)
		ret = tell_progress(feed, 0, size, err);
	return ret ?: stage_file(sk, fd, offset, update_id, err);
}

/**
 * csw_swap() - start the swap to the image that is staged
 * @sk: the socket
 * @device: name or label
 * @hold: wait in ready
 * @together: on all devices that it is staged for; they meet in ready
 * @update_id: set; the end is told by a device event with phase idle and it
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_swap(struct csw_socket *sk, const char *device, bool hold, bool together,
	     u64 *update_id, struct csw_error *err)
{
	struct nl_msg *msg;
	int ret;

	msg = csw_request_new(sk, CODESWAP_CMD_SWAP, 0, FEED_PAYLOAD, err);
	if (!msg)
		return err->code;
	ret = nla_put_string(msg, CODESWAP_A_UPDATE_DEVICE, device);
	if (!ret && hold)
		ret = nla_put_flag(msg, CODESWAP_A_UPDATE_HOLD);
	if (!ret && together)
		ret = nla_put_flag(msg, CODESWAP_A_UPDATE_TOGETHER);
	return send_built(sk, msg, ret, update_id, err);
}

/**
 * csw_control() - give a device an order that has no options
 * @sk: the socket
 * @command: CODESWAP_CMD_RELEASE, CANCEL, ROLLBACK or RESET
 * @device: name or label
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_control(struct csw_socket *sk, int command, const char *device,
		struct csw_error *err)
{
	struct nl_msg *msg;
	int ret;

	msg = csw_request_new(sk, command, 0, FEED_PAYLOAD, err);
	if (!msg)
		return err->code;
	ret = nla_put_string(msg, CODESWAP_A_UPDATE_DEVICE, device);
	return send_built(sk, msg, ret, NULL, err);
}

/**
 * csw_request_fail() - tell the kernel that a request cannot be answered
 * @sk: the socket
 * @id: of the request
 * @why: one sentence
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int csw_request_fail(struct csw_socket *sk, u64 id, const char *why,
		     struct csw_error *err)
{
	struct nl_msg *msg;
	int ret;

	msg = csw_request_new(sk, CODESWAP_CMD_REQUEST_FAIL, 0, FEED_PAYLOAD,
			      err);
	if (!msg)
		return err->code;
	ret = nla_put_u64(msg, CODESWAP_A_UPDATE_REQUEST_ID, id);
	if (!ret)
		ret = nla_put_string(msg, CODESWAP_A_UPDATE_REASON_TEXT, why);
	return send_built(sk, msg, ret, NULL, err);
}
