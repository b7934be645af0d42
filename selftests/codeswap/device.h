/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One device under I/O for all tests of a program, made and checked afterwards
 * by hold-device.sh. Read after kselftest_harness.h.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS	30
#define IMAGE_MAX	(1 << 20)

static char device_dir[256], device_node[256], device_label[64];

/* What the device's @attribute says, without the line's end; "" if nothing. */
static __maybe_unused const char *attr(const char *attribute)
{
	static char text[512];
	char path[512];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", device_dir, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Runs a shell command; true if it succeeds. */
static __maybe_unused __printf(1, 2) bool run(const char *fmt, ...)
{
	char command[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	return system(command) == 0;
}

/* Waits until the device's @attribute matches @pattern. */
static __maybe_unused bool await_attr(const char *attribute, const char *pattern)
{
	return run("./await-attr %d %s/%s '%s' >/dev/null", WAIT_SECONDS,
		   device_dir, attribute, pattern);
}

/* The device runs what it ran, nothing is going on, and requests complete. */
static __maybe_unused bool serves(void)
{
	return run("sh -c '. ./functions.sh; . ./devices.sh; dev=%s; label=%s; serves 1.1.0'",
		   device_dir, device_label);
}

/* Reads image @name; returns its size, 0 on failure. */
static __maybe_unused size_t read_image(const char *name, unsigned char *image)
{
	const char *dir = getenv("CODESWAP_IMAGES") ?: "/lib/firmware/codeswap";
	char path[512];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.mrb", dir, name);
	file = fopen(path, "rb");
	if (!file)
		return 0;
	size = fread(image, 1, IMAGE_MAX, file);
	fclose(file);
	return size;
}

struct holder {
	pid_t pid;
	FILE *out;	/* what it says */
	int in;		/* it ends when this does */
};

static bool holder_start(struct holder *holder)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return false;
	holder->pid = fork();
	if (holder->pid < 0)
		return false;
	if (!holder->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "./hold-device.sh", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	holder->in = in[1];
	holder->out = fdopen(out[0], "r");
	return holder->out;
}

/* Passes on what the holder says, up to its line "device" or to the end. */
static bool holder_hear(const struct holder *holder)
{
	char line[1024];

	while (fgets(line, sizeof(line), holder->out)) {
		if (sscanf(line, "device %255s %255s %63s", device_dir,
			   device_node, device_label) == 3)
			return true;
		printf("# device: %s", line);
	}
	return false;
}

static int holder_stop(const struct holder *holder)
{
	int status;

	close(holder->in);
	while (holder_hear(holder))
		;
	if (waitpid(holder->pid, &status, 0) < 0 || !WIFEXITED(status))
		return KSFT_FAIL;
	return WEXITSTATUS(status);
}

static int without_device(int status)
{
	if (status == KSFT_SKIP) {
		printf("TAP version 13\n1..0 # SKIP no device can be had here\n");
		return KSFT_SKIP;
	}
	printf("TAP version 13\n1..1\nnot ok 1 there is a device\n");
	return KSFT_FAIL;
}

/* The tests run in a child, because the harness ends its process itself. */
static int run_with_device(int argc, char **argv)
{
	struct holder holder = {};
	int status, left;
	pid_t pid;

	if (!holder_start(&holder))
		return without_device(KSFT_FAIL);
	if (!holder_hear(&holder))
		return without_device(holder_stop(&holder));
	fflush(stdout);
	pid = fork();
	if (!pid)
		exit(test_harness_run(argc, argv));
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		status = KSFT_FAIL;
	else
		status = WEXITSTATUS(status);
	left = holder_stop(&holder);
	if (left)
		printf("# the device is not as it was before the tests\n");
	return status ?: left;
}

#endif /* DEVICE_H */
