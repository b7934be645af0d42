// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How an orchestrator that runs is told to pause or to stop: a socket in the directory of the
 * update, of packets, on which each word is answered with a sentence. Whoever may use the
 * directory may say it.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "roll_run.h"

#define WORD_LEN	128
/* Of the one who asks, and of the one who is asked: it is in the middle of something. */
#define HEAR_MS		500
#define ANSWER_SECONDS	20

/**
 * struct control - the socket
 * @path: of it
 * @fd: of it
 * @event: somebody has come
 * @fn: what to do with a word
 * @ctx: for @fn
 */
struct control {
	char *path;
	int fd;
	struct event *event;
	control_fn *fn;
	void *ctx;
};

static int fill_address(struct sockaddr_un *to, const char *path, struct mrb_error *err)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(to->sun_path))
		return mrb_refuse(err, -ENAMETOOLONG,
				  "--state: %s has %zu characters, and the path of a socket %zu at most",
				  path, strlen(path), sizeof(to->sun_path) - 1);
	memcpy(to->sun_path, path, strlen(path));
	return 0;
}

static void on_come(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval limit = { .tv_usec = HEAR_MS * 1000L };
	struct control *c = ctx;
	char word[WORD_LEN + 1], answer[CONTROL_ANSWER_LEN] = "";
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	ssize_t n;

	(void)what;
	if (peer < 0)
		return;
	setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	n = recv(peer, word, WORD_LEN, 0);
	if (n > 0) {
		word[n] = '\0';
		c->fn(word, answer, sizeof(answer), c->ctx);
		send(peer, answer, strlen(answer) + 1, MSG_NOSIGNAL);
	}
	close(peer);
}

static int listen_at(struct control *c, struct mrb_error *err)
{
	struct sockaddr_un at;
	mode_t mask;
	int ret;

	if (fill_address(&at, c->path, err))
		return err->code;
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* What a dead one has left: the lock is ours. */
	unlink(c->path);
	mask = umask(077);
	ret = c->fd < 0 || bind(c->fd, (struct sockaddr *)&at, sizeof(at)) || listen(c->fd, 4);
	ret = ret ? mrb_refuse(err, -errno, "%s: %s", c->path, strerror(errno)) : 0;
	umask(mask);
	return ret;
}

/**
 * control_open() - listen to what is wanted
 * @dir: of the update
 * @base: event loop
 * @fn: what to do with a word
 * @ctx: for @fn
 * @err: set on failure
 *
 * Return: to be closed with control_close(), or %NULL.
 */
struct control *control_open(const char *dir, struct event_base *base, control_fn *fn,
			     void *ctx, struct mrb_error *err)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c || asprintf(&c->path, "%s/control", dir) < 0) {
		free(c);
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	c->fn = fn;
	c->ctx = ctx;
	c->fd = -1;
	if (!listen_at(c, err)) {
		c->event = event_new(base, c->fd, EV_READ | EV_PERSIST, on_come, c);
		if (c->event && !event_add(c->event, NULL))
			return c;
		mrb_refuse(err, -ENOMEM, "out of memory");
	}
	control_close(c);
	return NULL;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	if (c->event) {
		event_free(c->event);
		unlink(c->path);
	}
	if (c->fd >= 0)
		close(c->fd);
	free(c->path);
	free(c);
}

static int ask(int fd, const char *path, const char *word, char answer[CONTROL_ANSWER_LEN],
	       struct mrb_error *err)
{
	const struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	struct sockaddr_un to;
	ssize_t n;

	if (fill_address(&to, path, err))
		return err->code;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return mrb_refuse(err, errno == ENOENT || errno == ECONNREFUSED ? -ENOENT : -errno,
				  "no update runs by %s: %s", path, strerror(errno));
	n = send(fd, word, strlen(word), MSG_NOSIGNAL);
	if (n > 0)
		n = recv(fd, answer, CONTROL_ANSWER_LEN - 1, 0);
	if (n <= 0)
		return mrb_refuse(err, -ETIMEDOUT,
				  "the update that runs by %s does not answer within %d s", path,
				  ANSWER_SECONDS);
	answer[n] = '\0';
	return 0;
}

/**
 * control_ask() - tell the orchestrator that runs
 * @dir: of its update
 * @word: what it is to do
 * @answer: set to what it says
 * @err: set on failure
 *
 * Return: 0; -ENOENT: there is none; another code of @err: it does not answer.
 */
int control_ask(const char *dir, const char *word, char answer[CONTROL_ANSWER_LEN],
		struct mrb_error *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char *path;
	int ret;

	if (fd < 0 || asprintf(&path, "%s/control", dir) < 0)
		return mrb_refuse(err, -ENOMEM, "out of memory, or of files");
	ret = ask(fd, path, word, answer, err);
	close(fd);
	free(path);
	return ret;
}
