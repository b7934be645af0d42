// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is said of feeding, and to whom.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "feed.h"

#define MAX_LINE	1024

static const char *program = "codeswapd";
static bool use_syslog;
static int threshold = LOG_NOTICE;

/**
 * log_setup() - choose where lines go
 * @name: of the program, in front of each line
 * @to_syslog: there, else to standard error
 * @level: what is less important is not said
 */
void log_setup(const char *name, bool to_syslog, int level)
{
	program = name;
	use_syslog = to_syslog;
	threshold = level;
	if (to_syslog)
		openlog(name, LOG_PID, LOG_DAEMON);
}

/**
 * log_line() - say something
 * @level: syslog's
 * @fmt: one sentence without a full stop
 */
void log_line(int level, const char *fmt, ...)
{
	char text[MAX_LINE];
	va_list args;

	if (level > threshold)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (use_syslog)
		syslog(level, "%s", text);
	else	/* At once: others may write there too. */
		dprintf(STDERR_FILENO, "%s: %s\n", program, text);
}

/**
 * notify_manager() - tell a service manager that waits for it
 * @state: e.g. "READY=1"
 *
 * The protocol is one datagram to the socket that NOTIFY_SOCKET names; a
 * leading '@' stands for the NUL of an abstract address.
 */
void notify_manager(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int fd;

	if (!path || !*path || strlen(path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, strlen(path));
	len = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		   (struct sockaddr *)&address, len) < 0)
		log_line(LOG_WARNING, "telling the service manager at %s: %s",
			 path, strerror(errno));
	close(fd);
}
