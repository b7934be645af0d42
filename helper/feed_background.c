// SPDX-License-Identifier: GPL-2.0-or-later
/* Going to the background, as daemons do. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "feed.h"

/**
 * go_to_background() - leave the terminal
 * @ready_fd: set; a byte that is written to it lets the parent end well
 *
 * The parent stays until the daemon is ready, or has ended.
 *
 * Return: in the daemon 0, or a negative errno if there is none.
 */
int go_to_background(int *ready_fd)
{
	int fds[2], null;
	char byte;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		close(fds[1]);
		if (read(fds[0], &byte, 1) == 1)
			_exit(0);
		fprintf(stderr,
			"%s: it has ended; why, is in the system's log, or said with --foreground\n",
			program_invocation_short_name);
		_exit(1);
	}
	close(fds[0]);
	*ready_fd = fds[1];
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || setsid() < 0 || chdir("/"))
		return -errno;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	return 0;
}
