// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device and its owner say to each other: words in packets, see
 * Documentation/fleet.rst. The owner is trusted, but not to be free of mistakes.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define MAX_REQUEST	128
#define NS_PER_S	1000000000ull

/**
 * struct request - a packet from the owner
 * @text: of it, ends with NUL
 * @fd: file that came with it, or -1
 */
struct request {
	char text[MAX_REQUEST];
	int fd;
};

void model_owner_vtell(const struct model_device *device, const char *word,
		       const char *fmt, va_list args)
{
	const struct model_options *o = &device->options;
	char text[MRB_TYPE_LEN + MODEL_TEXT_LEN + 64];
	int n = snprintf(text, sizeof(text), "%s %s", word, o->type);

	if (fmt) {
		text[n++] = ' ';
		vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, args);
	}
	/* An owner who is gone is noticed when nothing comes from it. */
	send(o->fd, text, strlen(text), MSG_NOSIGNAL);
}

/**
 * model_owner_tell() - tell the owner how things stand
 * @device: the device
 * @word: blank, minimal, loading, swapping, running or failed
 * @fmt: what follows the type; %NULL for nothing
 */
void model_owner_tell(const struct model_device *device, const char *word,
		      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	model_owner_vtell(device, word, fmt, args);
	va_end(args);
}

/**
 * model_number() - a decimal number and nothing else
 * @text: the number
 * @max: largest one allowed
 * @value: set
 *
 * Return: true if it is one.
 */
bool model_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	/* No sign, no blanks. */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end && *value <= max;
}

static int file_of(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* Returns false if the owner is gone. A request that is too long is cut short. */
static bool receive(int socket, struct request *request)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec iov = {
		.iov_base = request->text,
		.iov_len = sizeof(request->text) - 1,
	};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	request->text[n] = 0;
	request->fd = file_of(&msg);
	return true;
}

/* What comes with a file. */
struct file_order {
	const char *word;
	void (*give)(struct model_device *device, int fd, uint64_t offset, uint64_t size);
};

static const struct file_order file_orders[] = {
	{ "boot ", model_device_boot },
	{ "load ", model_device_load },
	{ "swap ", model_device_swap },
};

/* "OFFSET SIZE" */
static void give(struct model_device *device, const struct file_order *order, char *text,
		 int fd)
{
	char *second = strchr(text, ' ');
	uint64_t offset, size;

	if (second)
		*second++ = 0;
	if (!second || !model_number(text, INT64_MAX, &offset) ||
	    !model_number(second, INT64_MAX - offset, &size))
		model_device_refuse(device, "to %sneeds an offset and a size in bytes",
				    order->word);
	else if (fd < 0)
		model_device_refuse(device, "no file came with the order to %.4s", order->word);
	else
		order->give(device, fd, offset, size);
}

static const struct file_order *find_order(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(file_orders) / sizeof(file_orders[0]); i++)
		if (!strncmp(text, file_orders[i].word, strlen(file_orders[i].word)))
			return &file_orders[i];
	return NULL;
}

static void serve(struct model_device *device, struct request *request)
{
	const struct file_order *order = find_order(request->text);

	if (order)
		give(device, order, request->text + strlen(order->word), request->fd);
	else if (!strcmp(request->text, "reset"))
		model_device_reset(device);
	else
		model_device_refuse(device,
				    "it was asked for something else than boot, load, reset or swap");
	if (request->fd >= 0)
		close(request->fd);
}

/* Returns what ppoll() does, and keeps account of the time. */
static int await(struct model_device *device, uint64_t wait)
{
	struct pollfd p = { .fd = device->options.fd, .events = POLLIN };
	struct timespec t = {
		.tv_sec = (time_t)(wait / NS_PER_S),
		.tv_nsec = (long)(wait % NS_PER_S),
	};
	uint64_t began = model_now();
	uint64_t waited;
	int n = ppoll(&p, 1, wait == ~0ull ? NULL : &t, NULL);

	waited = model_now() - began;
	/* What is more was spent waiting for a processor. */
	device->waited += waited < wait ? waited : wait;
	return n;
}

/**
 * model_owner_serve() - wait, and do what the owner asks for
 * @device: the device
 * @wait: nanoseconds at most, ~0 for as long as it takes
 *
 * Return: false if the owner is gone.
 */
bool model_owner_serve(struct model_device *device, uint64_t wait)
{
	struct request request;
	int n = await(device, wait);

	if (n < 0)
		return errno == EINTR;
	if (!n)
		return true;
	if (!receive(device->options.fd, &request))
		return false;
	serve(device, &request);
	return true;
}
