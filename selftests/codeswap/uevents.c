// SPDX-License-Identifier: GPL-2.0-only
/*
 * uevents SUBSYSTEM
 *
 * Prints "listening", and then for each uevent of SUBSYSTEM a line with its
 * action and the last part of its device's path, until it is killed.
 */
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define UEVENT_GROUP	1

/* The value of @key in a uevent: its lines end with NUL each. */
static const char *value(const char *message, size_t size, const char *key)
{
	size_t length = strlen(key), at;

	for (at = 0; at < size; at += strlen(message + at) + 1)
		if (!strncmp(message + at, key, length))
			return message + at + length;
	return "";
}

static void print_if_of(const char *subsystem, const char *message, size_t size)
{
	const char *path = value(message, size, "DEVPATH=");
	const char *slash = strrchr(path, '/');

	if (strcmp(value(message, size, "SUBSYSTEM="), subsystem))
		return;
	printf("%s %s\n", value(message, size, "ACTION="),
	       slash ? slash + 1 : path);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = UEVENT_GROUP,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);
	char message[8192];
	ssize_t size;

	if (argc != 2) {
		fprintf(stderr, "usage: uevents SUBSYSTEM\n");
		return 2;
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("uevents");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	while ((size = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[size] = '\0';
		print_if_of(argv[1], message, size);
	}
	perror("uevents");
	return 1;
}
