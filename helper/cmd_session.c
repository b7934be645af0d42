// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a verb needs that waits for the end of something: two sockets, one of
 * which listens before the other speaks, and signals as events.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd_device.h"

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/**
 * session_begin() - open all that is needed, and say what is wrong
 * @s: set; to be released with session_end(), also after a failure
 * @options: of the verb
 *
 * Return: exit status.
 */
int session_begin(struct session *s, struct update_options *options)
{
	struct csw_error err;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->signal_fd = open_signals();
	if (s->signal_fd < 0)
		return failed("signalfd: %s", strerror(errno));
	s->control = csw_open(&err);
	if (!s->control)
		return failed("%s", err.text);
	s->events = csw_open(&err);
	if (!s->events || csw_join(s->events, CODESWAP_MCGRP_EVENTS, &err))
		return failed("%s", err.text);
	return device_list_read(s->control, &s->list);
}

void session_end(struct session *s)
{
	if (s->options)
		free(s->options->devices);
	free(s->list.devices);
	csw_close(s->events);
	csw_close(s->control);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
}

/**
 * session_interrupted() - tell whether a signal has come, and take it
 * @s: the session
 *
 * Return: true if it has.
 */
bool session_interrupted(const struct session *s)
{
	struct signalfd_siginfo info;

	return read(s->signal_fd, &info, sizeof(info)) == sizeof(info);
}
