// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An operator's program that sees to what this machine serves with its devices. It is called
 * as LSB's init scripts are: "start", "stop" (and nobody who has been served is let
 * down), "status" (exit status 0: it serves). One call at a time, each within a limit.
 */
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../feed.h"
#include "duty.h"

#define PROBLEM_LEN	160

/**
 * struct service - the program
 * @site: of this machine
 * @pid: of the call that is on, 0 if none is
 * @fd: of that process
 * @ended: it has
 * @limit: it has not in time
 * @verb: what it was asked
 * @fn: to be told
 * @ctx: for @fn
 */
struct service {
	struct site *site;
	pid_t pid;
	int fd;
	struct event *ended;
	struct event *limit;
	const char *verb;
	service_fn *fn;
	void *ctx;
};

bool service_is_called(const struct service *sv)
{
	return sv->pid;
}

/* Returns the wait status of what was called. */
static int forget(struct service *sv)
{
	int status = 0;

	event_free(sv->ended);
	event_del(sv->limit);
	waitpid(sv->pid, &status, 0);
	close(sv->fd);
	sv->ended = NULL;
	sv->pid = 0;
	return status;
}

static void on_ended(evutil_socket_t fd, short what, void *ctx)
{
	struct service *sv = ctx;
	char problem[PROBLEM_LEN];
	int status = forget(sv);

	(void)fd;
	(void)what;
	if (WIFSIGNALED(status))
		snprintf(problem, sizeof(problem), "%s %s ended by signal %d",
			 sv->site->options->service, sv->verb, WTERMSIG(status));
	else
		snprintf(problem, sizeof(problem), "%s %s ended with status %d",
			 sv->site->options->service, sv->verb, WEXITSTATUS(status));
	sv->fn(status ? problem : NULL, sv->ctx);
}

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	struct service *sv = ctx;
	char problem[PROBLEM_LEN];

	(void)fd;
	(void)what;
	/* With all that it has started. */
	kill(-sv->pid, SIGKILL);
	forget(sv);
	snprintf(problem, sizeof(problem), "%s %s did not end within %u s",
		 sv->site->options->service, sv->verb, sv->site->options->service_seconds);
	sv->fn(problem, sv->ctx);
}

static int start(struct service *sv)
{
	const char *path = sv->site->options->service;
	char *const argv[] = { (char *)path, (char *)sv->verb, NULL };
	posix_spawnattr_t attr;
	sigset_t none;
	int ret;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	ret = posix_spawn(&sv->pid, path, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	if (ret)
		sv->pid = 0;
	return -ret;
}

static int watch(struct service *sv)
{
	const struct timeval limit = { .tv_sec = sv->site->options->service_seconds };

	sv->fd = pidfd_open(sv->pid, 0);
	if (sv->fd >= 0)
		sv->ended = event_new(sv->site->base, sv->fd, EV_READ, on_ended, sv);
	if (sv->ended && !event_add(sv->ended, NULL) && !event_add(sv->limit, &limit))
		return 0;
	return -ENOMEM;
}

static void give_up(struct service *sv)
{
	kill(-sv->pid, SIGKILL);
	waitpid(sv->pid, NULL, 0);
	if (sv->ended)
		event_free(sv->ended);
	if (sv->fd >= 0)
		close(sv->fd);
	sv->ended = NULL;
	sv->pid = 0;
}

/**
 * service_call() - have it start, stop, or say how it is
 * @sv: service; a call that is on is ended before
 * @verb: "start", "stop" or "status"
 * @fn: to be told of the end; at once, where there is no program
 * @ctx: for @fn
 */
void service_call(struct service *sv, const char *verb, service_fn *fn, void *ctx)
{
	char problem[PROBLEM_LEN];
	int ret;

	if (sv->pid)
		give_up(sv);
	sv->verb = verb;
	sv->fn = fn;
	sv->ctx = ctx;
	if (!sv->site->options->service) {
		fn(NULL, ctx);
		return;
	}
	ret = start(sv);
	if (!ret) {
		ret = watch(sv);
		if (!ret)
			return;
		give_up(sv);
	}
	snprintf(problem, sizeof(problem), "%s %s cannot be run: %s",
		 sv->site->options->service, verb, strerror(-ret));
	fn(problem, ctx);
}

/* To be freed with service_free(); or NULL without memory. */
struct service *service_new(struct site *s)
{
	struct service *sv = calloc(1, sizeof(*sv));

	if (!sv)
		return NULL;
	sv->site = s;
	sv->fd = -1;
	sv->limit = event_new(s->base, -1, 0, on_limit, sv);
	if (sv->limit)
		return sv;
	free(sv);
	return NULL;
}

void service_free(struct service *sv)
{
	if (!sv)
		return;
	if (sv->pid)
		give_up(sv);
	event_free(sv->limit);
	free(sv);
}
