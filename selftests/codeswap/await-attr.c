// SPDX-License-Identifier: GPL-2.0-only
/*
 * await-attr SECONDS FILE [PATTERN]
 *
 * Wait until FILE (a sysfs attribute, a device node, any file) is there and,
 * with PATTERN, its first line matches; with the pattern "-", until it is gone.
 * It wakes on uevents and on changes that the attribute itself announces, and
 * looks every 50 ms besides, for files that announce nothing. Prints the line.
 * Exits 0 when it came true, 1 when the time was up, 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS		50
#define UEVENT_GROUP	1

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A socket that wakes us on uevents; without one the tick has to do. */
static int open_uevents(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = UEVENT_GROUP,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void drain(int fd)
{
	char message[4096];

	while (recv(fd, message, sizeof(message), 0) > 0 || errno == ENOBUFS)
		errno = 0;
}

/* Read the first line; to have read an attribute also arms its POLLPRI. */
static bool first_line(int fd, char *line, size_t size)
{
	ssize_t length = pread(fd, line, size - 1, 0);

	if (length < 0)
		return false;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* Is it true now? Leaves the file open in *fd, to be polled. */
static bool look(const char *path, const char *pattern, int *fd, char *line,
		 size_t size)
{
	line[0] = '\0';
	*fd = -1;
	if (!pattern)
		return access(path, F_OK) == 0;
	if (strcmp(pattern, "-") == 0)
		return access(path, F_OK) != 0;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return *fd >= 0 && first_line(*fd, line, size) &&
	       fnmatch(pattern, line, 0) == 0;
}

static void complain(const char *path, const char *pattern, const char *line)
{
	if (!pattern || (!line && strcmp(pattern, "-")))
		fprintf(stderr, "%s did not appear in time\n", path);
	else if (!line)
		fprintf(stderr, "%s did not go in time\n", path);
	else
		fprintf(stderr, "%s: '%s' instead of '%s' in time\n", path,
			line, pattern);
}

static int await(const char *path, const char *pattern, long long end)
{
	int uevents = open_uevents();
	char line[4096];
	int fd;

	while (!look(path, pattern, &fd, line, sizeof(line))) {
		struct pollfd wake[] = {
			{ .fd = uevents, .events = POLLIN },
			{ .fd = fd, .events = POLLPRI },
		};

		if (now_ms() >= end) {
			complain(path, pattern, fd < 0 ? NULL : line);
			return 1;
		}
		poll(wake, 2, TICK_MS);
		if (uevents >= 0)
			drain(uevents);
		if (fd >= 0)
			close(fd);
	}
	if (line[0])
		puts(line);
	return 0;
}

int main(int argc, char **argv)
{
	double seconds;
	char *rest;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: await-attr SECONDS FILE [PATTERN]\n");
		return 2;
	}
	seconds = strtod(argv[1], &rest);
	if (rest == argv[1] || *rest || seconds < 0) {
		fprintf(stderr, "await-attr: '%s' is not a time\n", argv[1]);
		return 2;
	}
	return await(argv[2], argc == 4 ? argv[3] : NULL,
		     now_ms() + (long long)(seconds * 1000));
}
