// SPDX-License-Identifier: GPL-2.0-only
/*
 * codeswap-model: the device of a node, for whoever has no hardware. It ends
 * when the other end of its socket is closed.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "model.h"

#define DEFAULT_FD	3
#define DEFAULT_TYPE	"hba-sim"
#define DEFAULT_MEMORY	(8u << 20)	/* an image of 4 MiB, and its live state */
#define DEFAULT_LIMIT	10000u		/* ms; there may be hundreds beside it */

#define MAX_FD		(1u << 20)
#define MAX_HARTS	4u
#define MAX_MEMORY	(64u << 20)
#define MAX_LIMIT	3600000u

static const char usage[] =
	"usage: codeswap-model [--fd N] [--type TYPE] [--harts N] [--memory BYTES]\n"
	"                      [--limit MS] [--defect none|hart|flash] [--boot FILE]\n"
	"\n"
	"One simulated device, whose owner has the other end of socket N (3).\n";

static const struct option names[] = {
	{ "fd", required_argument, NULL, 'f' },
	{ "type", required_argument, NULL, 't' },
	{ "harts", required_argument, NULL, 'n' },
	{ "memory", required_argument, NULL, 'm' },
	{ "limit", required_argument, NULL, 'l' },
	{ "defect", required_argument, NULL, 'd' },
	{ "boot", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool is_defect(const char *name)
{
	return !strcmp(name, "none") || !strcmp(name, "hart") ||
	       !strcmp(name, "flash");
}

static bool is_type(const char *name)
{
	size_t len = strlen(name);

	return len && len < MRB_TYPE_LEN && !strpbrk(name, " \t\n");
}

static bool set_option(struct model_options *o, int which, const char *text)
{
	uint64_t n = 0;
	bool good;

	switch (which) {
	case 'f':
		good = model_number(text, MAX_FD, &n);
		o->fd = (int)n;
		return good;
	case 't':
		o->type = text;
		return is_type(text);
	case 'n':
		good = model_number(text, MAX_HARTS, &n) && n;
		o->harts = (uint32_t)n;
		return good;
	case 'm':
		/* What it must be a multiple of, the model knows. */
		good = model_number(text, MAX_MEMORY, &n);
		o->memory = (uint32_t)n;
		return good;
	case 'l':
		good = model_number(text, MAX_LIMIT, &n) && n;
		o->limit_ms = (uint32_t)n;
		return good;
	case 'd':
		o->defect = text;
		return is_defect(text);
	case 'b':
		o->boot = text;
		return true;
	default:
		return false;
	}
}

/* Returns 0, or what the program is to end with, plus one. */
static int parse(struct model_options *options, int argc, char **argv)
{
	int which;

	while ((which = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (which == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (!set_option(options, which, optarg)) {
			fputs(usage, stderr);
			return 3;
		}
	}
	if (optind == argc)
		return 0;
	fputs(usage, stderr);
	return 3;
}

static bool is_packet_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
	       type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	struct model_options options = {
		.fd = DEFAULT_FD,
		.type = DEFAULT_TYPE,
		.harts = 1,
		.memory = DEFAULT_MEMORY,
		.limit_ms = DEFAULT_LIMIT,
		.defect = "none",
	};
	static struct model_device device;
	int ret = parse(&options, argc, argv);

	if (ret)
		return ret - 1;
	/* If the owner's end has been inherited by somebody else. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!is_packet_socket(options.fd)) {
		fprintf(stderr, "codeswap-model: file descriptor %d is no SOCK_SEQPACKET socket\n",
			options.fd);
		return 1;
	}
	if (!model_device_init(&device, &options)) {
		fprintf(stderr, "codeswap-model: no device can be made with %u bytes of memory\n",
			options.memory);
		return 1;
	}
	while (model_owner_serve(&device, model_device_run(&device)))
		;
	return 0;
}
