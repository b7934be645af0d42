/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of generic netlink made by hand, so that they can be wrong.
 */
#ifndef GENL_H
#define GENL_H

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

#define ROOM		(128 * 1024)

struct message {
	union {
		struct nlmsghdr head;
		unsigned char bytes[ROOM];
	};
};

/* The sentence of the last answer, and the number that it brought. */
static char said[1024];
static uint64_t answered;

static inline void put(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr attr = {
		.nla_len = NLA_HDRLEN + len,
		.nla_type = type,
	};
	unsigned char *p = m->bytes + NLMSG_ALIGN(m->head.nlmsg_len);

	memcpy(p, &attr, sizeof(attr));
	if (len)
		memcpy(p + NLA_HDRLEN, data, len);
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) +
			    NLA_ALIGN(NLA_HDRLEN + len);
}

static inline void put_text(struct message *m, int type, const char *text)
{
	put(m, type, text, strlen(text) + 1);
}

static inline void put_u64(struct message *m, int type, uint64_t value)
{
	put(m, type, &value, sizeof(value));
}

static inline void put_u32(struct message *m, int type, uint32_t value)
{
	put(m, type, &value, sizeof(value));
}

/* A message of @family without attributes. */
static void message_begin(struct message *m, int family, int command)
{
	struct genlmsghdr genl = { .cmd = command, .version = 1 };

	memset(&m->head, 0, sizeof(m->head));
	m->head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->head.nlmsg_type = family;
	m->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	memcpy(NLMSG_DATA(&m->head), &genl, sizeof(genl));
}

static int genl_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int on = 1, room = 4 * ROOM;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* Finds attribute @type in @len bytes. */
static const struct nlattr *find_attr(const void *bytes, size_t len, int type)
{
	const struct nlattr *attr = bytes;
	size_t size;

	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN &&
	       attr->nla_len <= len) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		size = NLA_ALIGN(attr->nla_len);
		if (size >= len)
			break;
		len -= size;
		attr = (const void *)((const char *)attr + size);
	}
	return NULL;
}

/* An error message, or an acknowledgment: its code, and @said. */
static int read_verdict(const struct nlmsghdr *head)
{
	const struct nlmsgerr *verdict = NLMSG_DATA(head);
	size_t skip = NLMSG_LENGTH(sizeof(*verdict));
	const struct nlattr *text;

	if (!(head->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(verdict->msg.nlmsg_len) - sizeof(verdict->msg);
	if (head->nlmsg_flags & NLM_F_ACK_TLVS && head->nlmsg_len > skip) {
		text = find_attr((const char *)head + skip,
				 head->nlmsg_len - skip, NLMSGERR_ATTR_MSG);
		if (text)
			snprintf(said, sizeof(said), "%s",
				 (const char *)text + NLA_HDRLEN);
	}
	return verdict->error;
}

/* An answer: its attribute @type as a number, of whatever size. */
static void read_answer(const struct nlmsghdr *head, int type)
{
	const struct nlattr *attr;
	size_t skip = NLMSG_LENGTH(GENL_HDRLEN);

	attr = find_attr((const char *)head + skip, head->nlmsg_len - skip, type);
	answered = 0;
	if (attr && attr->nla_len <= NLA_HDRLEN + sizeof(answered))
		memcpy(&answered, (const char *)attr + NLA_HDRLEN,
		       attr->nla_len - NLA_HDRLEN);
}

/*
 * Sends, and takes the answers up to the verdict; of an answer before it keeps
 * the number in attribute @type. Returns 0 or a negative errno.
 */
static int ask_for(int fd, const struct message *m, int type)
{
	static struct message reply;
	struct nlmsghdr *head;
	int len;

	said[0] = '\0';
	if (send(fd, m->bytes, m->head.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		len = recv(fd, reply.bytes, sizeof(reply.bytes), 0);
		if (len < 0)
			return -errno;
		for (head = &reply.head; NLMSG_OK(head, (unsigned int)len);
		     head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == NLMSG_ERROR)
				return read_verdict(head);
			read_answer(head, type);
		}
	}
}

/* The number of a family, 0 if there is none of that name. */
static inline int genl_family(int fd, const char *name)
{
	static struct message m;

	message_begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	put_text(&m, CTRL_ATTR_FAMILY_NAME, name);
	return ask_for(fd, &m, CTRL_ATTR_FAMILY_ID) ? 0 : answered;
}

#endif /* GENL_H */
