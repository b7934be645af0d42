// SPDX-License-Identifier: GPL-2.0-or-later
/* The programs that other programs of ours start. */
#include <limits.h>
#include <unistd.h>

#include "programs.h"

/**
 * programs_dir() - where they are
 *
 * Return: the directory of this program, if they are there, as in a build; else
 * libexec/codeswap beside that.
 */
const char *programs_dir(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash, *end = path + sizeof(path);

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/') ?: path;
	snprintf(slash, (size_t)(end - slash), "/codeswap-mcastd");
	if (access(path, X_OK))
		snprintf(slash, (size_t)(end - slash), "/../libexec/codeswap");
	else
		*slash = '\0';
	return path;
}

/**
 * program_exec() - become one of them
 * @name: of it
 * @argv: as it is to see it
 *
 * Returns only if that is not possible; errno tells why.
 */
void program_exec(const char *name, char **argv)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", programs_dir(), name);
	execv(path, argv);
}
