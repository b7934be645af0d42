// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-limit BYTES FILE
 *
 * What no blackout can be shorter than: a copy of BYTES bytes, and one round
 * trip to the device, which reading FILE costs. Prints a line for each, with
 * nanoseconds, one number for each try.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRIES	101
#define POOL	(32 << 20)	/* so that a copy finds nothing in the caches */

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int copies(size_t bytes)
{
	size_t room = bytes > POOL ? bytes : POOL, at = 0;
	char *from = malloc(room), *to = malloc(room);
	long long began;
	int i;

	if (!from || !to) {
		fprintf(stderr, "bench-limit: no memory\n");
		return 1;
	}
	memset(from, 1, room);
	memset(to, 2, room);
	printf("copy");
	for (i = 0; i < TRIES; i++) {
		if (at + bytes > room)
			at = 0;
		began = now_ns();
		memcpy(to + at, from + at, bytes);
		__asm__ volatile("" : : "r"(to) : "memory");
		printf(" %lld", now_ns() - began);
		at += bytes;
	}
	printf("\n");
	free(from);
	free(to);
	return 0;
}

static int round_trips(const char *path)
{
	int fd = open(path, O_RDONLY);
	char text[4096];
	long long began;
	int i;

	printf("round-trip");
	for (i = 0; fd >= 0 && i < TRIES; i++) {
		began = now_ns();
		if (pread(fd, text, sizeof(text), 0) <= 0)
			break;
		printf(" %lld", now_ns() - began);
	}
	printf("\n");
	if (fd < 0 || i < TRIES) {
		fprintf(stderr, "bench-limit: %s: %s\n", path, strerror(errno));
		return 1;
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long bytes = argc == 3 ? strtoul(argv[1], NULL, 0) : 0;

	if (!bytes) {
		fprintf(stderr, "usage: bench-limit BYTES FILE\n");
		return 2;
	}
	return copies(bytes) || round_trips(argv[2]);
}
