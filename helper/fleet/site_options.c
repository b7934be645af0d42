// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of codeswapd as a part of a site. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "../programs.h"
#include "site.h"

#define CELL_HTTP_PORT	7375
#define WINDOW_MS	2000
/* Those who wait are errored, or out of service for it. */
#define CELL_WINDOW_MS	200
#define NOT_GIVEN	(~0ULL)

static const char usage_text[] =
"Usage: codeswapd --role ROLE[,ROLE] --management INTERFACE [OPTION...]\n"
"\n"
"As a part of a site: a node gets images for its devices, a master has them. A cell has\n"
"its own, and repairs other cells, or is repaired by them.\n"
"\n"
"  -r, --role ROLE           node, master, node,master, or cell\n"
"      --name NAME           has to be the one in the certificate\n"
"      --management INTERFACE  where is spoken\n"
"      --bulk INTERFACE      over which images go (default: the same)\n"
"      --discovery GROUP:PORT  of hellos (default: 239.255.73.1:7373)\n"
"      --tls DIR             with cert.pem, key.pem and ca.pem\n"
"                            (default: /etc/codeswap/tls)\n"
"      --trust DIR           of certificates whose signatures count, ROLE.pem\n"
"                            (default: /etc/codeswap/trust)\n"
"      --threshold N         so many roles have to sign (default: all)\n"
"      --state DIR           of what survives a reset (default: /var/lib/codeswap/site)\n"
"      --set NAME            of redundant machines that this one is in\n"
"      --service PROGRAM     called with start, stop, status, as the device comes and goes\n"
"      --service-seconds N   so long a call of it may take (default: 60)\n"
"  -f, --foreground          stay in the foreground, log to standard error\n"
"  -v, --verbose             say what is done; twice: everything\n"
"  -h, --help                this text\n"
"\n"
"A node or a cell:\n"
"      --model N             N model devices instead of the kernel's\n"
"      --http-proxy URL      fetch chunks by way of it\n"
"\n"
"A master or a cell:\n"
"      --store DIR           site.manifest and its files\n"
"                            (default: /var/lib/codeswap/store)\n"
"      --port N              of TCP (default: 7373), 0: any\n"
"      --window KIND         fixed, renew or shrink (default: fixed)\n"
"      --window-ms N         its length (default: 2000; 200 for a cell)\n"
"      --window-limit-ms N   over in any case (default: 30000)\n"
"      --from WHICH          first or latest request (default: first)\n"
"      --expect N            over at once when N nodes have asked\n"
"      --ack-ms N            wait so long for nodes to answer an offer (default: 3000)\n"
"      --broadcast GROUP:PORT  of images (default: 239.255.73.2:7374)\n"
"      --rate MBIT           at which it sends, per second (default: 100)\n"
"      --http-port PORT      serve the store by HTTP too (default for a cell: 7375)\n"
"      --url URL             where else the store can be had\n";

enum {
	OPT_NAME = 256, OPT_MANAGEMENT, OPT_BULK, OPT_DISCOVERY, OPT_TLS, OPT_TRUST,
	OPT_THRESHOLD, OPT_STATE, OPT_MODEL, OPT_PROXY, OPT_STORE, OPT_WINDOW,
	OPT_WINDOW_MS, OPT_LIMIT_MS, OPT_FROM, OPT_EXPECT, OPT_ACK_MS, OPT_BROADCAST,
	OPT_RATE, OPT_HTTP_PORT, OPT_URL, OPT_PORT, OPT_SET, OPT_SERVICE,
	OPT_SERVICE_SECONDS,
};

static const struct option long_options[] = {
	{ "role", required_argument, NULL, 'r' },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "management", required_argument, NULL, OPT_MANAGEMENT },
	{ "bulk", required_argument, NULL, OPT_BULK },
	{ "discovery", required_argument, NULL, OPT_DISCOVERY },
	{ "tls", required_argument, NULL, OPT_TLS },
	{ "trust", required_argument, NULL, OPT_TRUST },
	{ "threshold", required_argument, NULL, OPT_THRESHOLD },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "set", required_argument, NULL, OPT_SET },
	{ "service", required_argument, NULL, OPT_SERVICE },
	{ "service-seconds", required_argument, NULL, OPT_SERVICE_SECONDS },
	{ "foreground", no_argument, NULL, 'f' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "http-proxy", required_argument, NULL, OPT_PROXY },
	{ "store", required_argument, NULL, OPT_STORE },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "window-ms", required_argument, NULL, OPT_WINDOW_MS },
	{ "window-limit-ms", required_argument, NULL, OPT_LIMIT_MS },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "expect", required_argument, NULL, OPT_EXPECT },
	{ "ack-ms", required_argument, NULL, OPT_ACK_MS },
	{ "broadcast", required_argument, NULL, OPT_BROADCAST },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "http-port", required_argument, NULL, OPT_HTTP_PORT },
	{ "url", required_argument, NULL, OPT_URL },
	{ "port", required_argument, NULL, OPT_PORT },
	{ }
};

__printf(1, 2)
static bool wrong(const char *fmt, ...)
{
	va_list args;

	fputs("codeswapd: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

static bool read_number(const char *option, const char *text, u64 least, u64 most,
			u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *number >= least &&
	    *number <= most)
		return true;
	return wrong("--%s %s: a number from %llu to %llu is wanted", option, text,
		     least, most);
}

static bool read_unsigned(const char *option, const char *text, u64 least,
			  unsigned int most, unsigned int *number)
{
	u64 value;

	if (!read_number(option, text, least, most, &value))
		return false;
	*number = (unsigned int)value;
	return true;
}

static bool read_group(const char *option, const char *text, struct sockaddr_in *group)
{
	const char *colon = strrchr(text, ':');
	char address[INET_ADDRSTRLEN] = "";
	u64 port = 0;

	if (colon && colon - text < INET_ADDRSTRLEN) {
		memcpy(address, text, colon - text);
		port = strtoull(colon + 1, NULL, 10);
	}
	group->sin_family = AF_INET;
	group->sin_port = htons((u16)port);
	if (port && port < 65536 && inet_pton(AF_INET, address, &group->sin_addr) == 1 &&
	    IN_MULTICAST(ntohl(group->sin_addr.s_addr)))
		return true;
	return wrong("--%s %s: a multicast address and a port are wanted, as 239.255.73.1:7373",
		     option, text);
}

static bool read_roles(struct site_options *o, const char *text)
{
	o->node = !strcmp(text, "node") || !strcmp(text, "node,master") ||
		  !strcmp(text, "master,node");
	o->cell = !strcmp(text, "cell");
	o->master = !strcmp(text, "master") || strchr(text, ',') || o->cell;
	if (o->node || o->master)
		return true;
	return wrong("--role %s: node, master, node,master or cell is wanted", text);
}

static bool read_word(const char *option, const char *text, const char *const *words,
		      unsigned int num, unsigned int *which)
{
	for (*which = 0; *which < num; (*which)++)
		if (!strcmp(text, words[*which]))
			return true;
	return wrong("--%s %s: %s%s%s%s%s is wanted", option, text, words[0],
		     num > 2 ? ", " : "", num > 2 ? words[1] : "", " or ",
		     words[num - 1]);
}

static bool read_window(struct site_options *o, int c, const char *text)
{
	static const char *const kinds[] = {
		[WINDOW_FIXED] = "fixed",
		[WINDOW_RENEW] = "renew",
		[WINDOW_SHRINK] = "shrink",
	};
	static const char *const froms[] = {
		[WINDOW_FROM_FIRST] = "first",
		[WINDOW_FROM_LATEST] = "latest",
	};
	unsigned int which;

	switch (c) {
	case OPT_WINDOW:
		if (!read_word("window", text, kinds, ARRAY_SIZE(kinds), &which))
			return false;
		o->window.kind = which;
		return true;
	case OPT_FROM:
		if (!read_word("from", text, froms, ARRAY_SIZE(froms), &which))
			return false;
		o->window.from = which;
		return true;
	case OPT_WINDOW_MS:
		return read_number("window-ms", text, 0, 3600000, &o->window.length_ms);
	case OPT_LIMIT_MS:
		return read_number("window-limit-ms", text, 0, 3600000, &o->window.limit_ms);
	default:
		return read_unsigned("expect", text, 1, SITE_MAX_NODES, &o->window.all);
	}
}

static bool read_master(struct site_options *o, int c, const char *text)
{
	u64 number;

	switch (c) {
	case OPT_STORE:
		o->store_dir = text;
		return true;
	case OPT_PORT:
		return read_unsigned("port", text, 0, 65535, &o->port);
	case OPT_ACK_MS:
		return read_unsigned("ack-ms", text, 1, 600000, &o->ack_ms);
	case OPT_BROADCAST:
		return read_group("broadcast", text, &o->broadcast);
	case OPT_RATE:
		if (!read_number("rate", text, 1, 100000, &number))
			return false;
		o->rate = number * 1000000;
		return true;
	case OPT_HTTP_PORT:
		return read_unsigned("http-port", text, 1, 65535, &o->http_port);
	case OPT_URL:
		if (strlen(text) >= MESSAGE_URL_LEN)
			return wrong("--url: up to %d characters are taken", MESSAGE_URL_LEN - 1);
		o->url = text;
		return true;
	default:
		return read_window(o, c, text);
	}
}

/* Of one or several of its kind. */
static bool read_set(struct site_options *o, const char *text)
{
	if (*text && strlen(text) < MESSAGE_SET_LEN && !strpbrk(text, " ,"))
		o->set = text;
	return o->set || wrong("--set %s: up to %d characters are wanted, no blank or comma",
			       text, MESSAGE_SET_LEN - 1);
}

static bool read_service(struct site_options *o, const char *text)
{
	if (*text != '/')
		return wrong("--service %s: an absolute path is wanted", text);
	if (!access(text, X_OK))
		o->service = text;
	return o->service || wrong("--service %s: %s", text, strerror(errno));
}

static bool read_one(struct site_options *o, int c, const char *text)
{
	switch (c) {
	case 'r':
		return read_roles(o, text);
	case OPT_NAME:
		o->name = text;
		return true;
	case OPT_MANAGEMENT:
		o->management = text;
		return true;
	case OPT_BULK:
		o->bulk = text;
		return true;
	case OPT_DISCOVERY:
		return read_group("discovery", text, &o->discovery);
	case OPT_TLS:
		o->tls_dir = text;
		return true;
	case OPT_TRUST:
		o->trust_dir = text;
		return true;
	case OPT_THRESHOLD:
		return read_unsigned("threshold", text, 1, TRUST_MAX_ROLES, &o->threshold);
	case OPT_STATE:
		o->state_dir = text;
		return true;
	case OPT_SET:
		return read_set(o, text);
	case OPT_SERVICE:
		return read_service(o, text);
	case OPT_SERVICE_SECONDS:
		return read_unsigned("service-seconds", text, 1, 3600, &o->service_seconds);
	case OPT_MODEL:
		return read_unsigned("model", text, 1, SITE_MAX_DEVICES, &o->models);
	case OPT_PROXY:
		o->http_proxy = text;
		return true;
	default:
		return read_master(o, c, text);
	}
}

static void set_defaults(struct site_options *o)
{
	read_group("discovery", "239.255.73.1:7373", &o->discovery);
	read_group("broadcast", "239.255.73.2:7374", &o->broadcast);
	o->tls_dir = "/etc/codeswap/tls";
	o->trust_dir = "/etc/codeswap/trust";
	o->state_dir = "/var/lib/codeswap/site";
	o->store_dir = "/var/lib/codeswap/store";
	o->port = SITE_PORT;
	o->window.length_ms = NOT_GIVEN;
	o->window.limit_ms = 30000;
	o->ack_ms = 3000;
	o->service_seconds = 60;
	o->rate = 100000000;
	o->programs = programs_dir();
}

static bool check(struct site_options *o)
{
	const char *problem;

	if (o->window.length_ms == NOT_GIVEN)
		o->window.length_ms = o->cell ? CELL_WINDOW_MS : WINDOW_MS;
	problem = window_rules_problem(&o->window);
	if (problem)
		return wrong("the window: %s", problem);
	if (!o->node && !o->master)
		return wrong("--role: node, master, node,master or cell is wanted");
	if (!o->management)
		return wrong("--management: the interface is wanted on which is spoken");
	if (!o->bulk)
		o->bulk = o->management;
	/* Without the high-speed interconnect there is no other way. */
	if (o->cell && !o->http_port)
		o->http_port = CELL_HTTP_PORT;
	return true;
}

/**
 * site_options_read() - read the command line
 * @o: set
 * @argc: entries in @argv
 * @argv: command line
 *
 * Return: -1 to go on, or an exit status; what is wrong has been said.
 */
int site_options_read(struct site_options *o, int argc, char **argv)
{
	int c;

	set_defaults(o);
	while ((c = getopt_long(argc, argv, "r:fvh", long_options, NULL)) != -1) {
		if (c == 'f') {
			o->foreground = true;
		} else if (c == 'v') {
			o->verbose++;
		} else if (c == 'h' || c == '?') {
			fputs(usage_text, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		} else if (!read_one(o, c, optarg)) {
			return 2;
		}
	}
	if (optind == argc)
		return check(o) ? -1 : 2;
	wrong("'%s' is too much", argv[optind]);
	return 2;
}
