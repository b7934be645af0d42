// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswapd: feeds images to devices that ask for one.
 *
 * Threading: there is one thread and one poll loop. It waits for signals
 * (signalfd), for codeswap itself to come and go (the kernel's list of generic
 * netlink families), and for events of codeswap, while it is there. Requests
 * are noted as their events come, and answered one after another before the
 * loop waits again; events that come meanwhile wait in the socket. If there
 * are too many, the kernel says so, and the list of pending requests is read
 * anew. A feeding talks on a socket of its own and waits for nothing but the
 * kernel's acknowledgements, which are sent before send() returns; how the
 * swap then goes is told by events.
 */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "feed.h"
#include "programs.h"

static const char usage_text[] =
"Usage: codeswapd [OPTION...]\n"
"\n"
"Feeds images to devices that ask for one.\n"
"\n"
"  -d, --image-dir DIR  directory of images; repeatable, the first takes\n"
"                       precedence (default: /lib/firmware/codeswap, then\n"
"                       /var/lib/codeswap)\n"
"  -f, --foreground     stay in the foreground, log to standard error\n"
"  -1, --once           answer the requests that are pending, and end\n"
"  -v, --verbose        say what is done\n"
"  -h, --help           this text\n"
"\n"
"As a part of a site of many nodes: codeswapd --role node|master|cell,\n"
"see codeswapd --role node --help\n";

/**
 * struct server - the daemon
 * @dirs: image directories as options named them, absolute
 * @num_dirs: entries in @dirs
 * @foreground: do not go to the background
 * @once: answer what is pending, and end
 * @verbose: say what is done
 * @ready_fd: tells the parent that waits in the foreground, or -1
 * @signal_fd: SIGHUP, SIGINT, SIGTERM, which are blocked
 * @family: tells when codeswap comes and goes
 * @events: of codeswap; %NULL while it is not there
 * @store: image directories
 * @failures: what has just failed
 * @queue: requests to be answered
 * @num_queue: entries in @queue
 * @unanswered: requests that could not be answered
 * @alive_ms: how often the service manager is told so, or -1
 * @look_again: an image has failed, and its device may ask already
 * @stop: end
 */
struct server {
	const char **dirs;
	unsigned int num_dirs;
	bool foreground;
	bool once;
	bool verbose;
	int ready_fd;
	int signal_fd;
	struct csw_socket *family;
	struct csw_socket *events;
	struct store *store;
	struct failures *failures;
	struct csw_request *queue;
	unsigned int num_queue;
	unsigned int unanswered;
	int alive_ms;
	bool look_again;
	bool stop;
};

/* Heard of twice, by event and by dump, a request is noted once. */
static void note_request(const struct csw_request *request, void *ctx)
{
	struct server *s = ctx;
	struct csw_request *larger;
	unsigned int i;

	for (i = 0; i < s->num_queue; i++)
		if (s->queue[i].id == request->id)
			return;
	larger = realloc(s->queue, (s->num_queue + 1) * sizeof(*larger));
	if (!larger) {
		log_line(LOG_ERR, "out of memory: request %llu is not answered",
			 request->id);
		s->unanswered++;
		return;
	}
	s->queue = larger;
	s->queue[s->num_queue++] = *request;
}

static void see_device(const struct csw_device *device, void *ctx)
{
	struct server *s = ctx;

	if (failures_see(s->failures, device, now_ms()))
		s->look_again = true;
}

static void on_event(const struct csw_event *event, void *ctx)
{
	struct server *s = ctx;

	switch (event->command) {
	case CODESWAP_CMD_DEVICE_NTF:
		see_device(&event->device, s);
		break;
	case CODESWAP_CMD_DEVICE_DEL_NTF:
		failures_forget(s->failures, event->device.name);
		break;
	case CODESWAP_CMD_REQUEST_NTF:
		note_request(&event->request, s);
		break;
	}
}

/* What events would have told: at the beginning, and after some were lost. */
static int look_at_all(struct server *s, struct csw_error *err)
{
	struct csw_socket *sk = csw_open(err);
	int ret;

	if (!sk)
		return err->code;
	/* A device whose image has failed asks after that: it shows in what is read last. */
	ret = csw_requests(sk, note_request, s, err);
	if (!ret)
		ret = csw_devices(sk, see_device, s, err);
	csw_close(sk);
	return ret;
}

/* Images may be large, and many. */
static void tell_alive(const struct server *s)
{
	if (s->alive_ms >= 0)
		notify_manager("WATCHDOG=1");
}

static void answer_all(struct server *s)
{
	struct csw_error why;
	unsigned int i;

	for (i = 0; i < s->num_queue; i++) {
		if (answer_request(s->store, s->failures, &s->queue[i], NULL,
				   &why))
			s->unanswered++;
		tell_alive(s);
	}
	s->num_queue = 0;
}

static void drop_codeswap(struct server *s)
{
	csw_close(s->events);
	s->events = NULL;
	s->num_queue = 0;
	failures_forget(s->failures, NULL);
}

/* Events first, then what is pending: nothing falls between them. */
static int find_codeswap(struct server *s, struct csw_error *err)
{
	drop_codeswap(s);
	s->events = csw_open(err);
	if (s->events &&
	    !csw_join(s->events, CODESWAP_MCGRP_EVENTS, err) &&
	    !csw_join(s->events, CODESWAP_MCGRP_REQUESTS, err) &&
	    !look_at_all(s, err))
		return 0;
	drop_codeswap(s);
	return err->code;
}

static void on_family(bool present, void *ctx)
{
	struct server *s = ctx;
	struct csw_error err;

	if (!present) {
		log_line(LOG_NOTICE, "codeswap has gone; waiting for it");
		drop_codeswap(s);
	} else if (find_codeswap(s, &err)) {
		log_line(LOG_WARNING, "codeswap has come: %s", err.text);
	} else {
		log_line(LOG_NOTICE, "codeswap has come");
	}
}

/* A device whose image failed asks again; there may be another one for it. */
static void take_events(struct server *s)
{
	struct csw_error err;
	int ret;

	if (!s->events)
		return;
	s->look_again = false;
	ret = csw_receive(s->events, on_event, s, &err);
	if (ret)
		log_line(LOG_WARNING, "%s", err.text);
	if (ret == -ENOBUFS || (!ret && s->look_again))
		ret = look_at_all(s, &err);
	if (ret && find_codeswap(s, &err))
		log_line(LOG_WARNING, "%s; waiting for codeswap", err.text);
}

static void take_family_events(struct server *s)
{
	struct csw_error err;

	if (!csw_receive_family(s->family, on_family, s, &err))
		return;
	/* What was lost may have been about codeswap. */
	log_line(LOG_WARNING, "%s", err.text);
	if (find_codeswap(s, &err))
		log_line(LOG_WARNING, "%s; waiting for it", err.text);
}

static void take_signals(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			s->stop = true;
			continue;
		}
		log_line(LOG_NOTICE, "looking at the image directories anew");
		store_forget(s->store);
		failures_forget(s->failures, NULL);
	}
}

/*
 * How often the service manager wants to hear that the daemon is alive: twice
 * in the time that it has set. -1: never. See sd_watchdog_enabled(3).
 */
static int watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long time = usec ? strtoull(usec, NULL, 10) : 0;

	if (!time || (pid && strtol(pid, NULL, 10) != getpid()))
		return -1;
	time /= 2000;
	return time > INT_MAX ? INT_MAX : (int)time;
}

static int serve(struct server *s)
{
	struct pollfd fds[3] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = csw_fd(s->family), .events = POLLIN },
		{ .events = POLLIN },
	};

	while (!s->stop) {
		fds[2].fd = s->events ? csw_fd(s->events) : -1;
		if (poll(fds, 3, s->alive_ms) < 0 && errno != EINTR) {
			log_line(LOG_ERR, "poll: %s", strerror(errno));
			return 1;
		}
		tell_alive(s);
		take_signals(s);
		take_family_events(s);
		take_events(s);
		if (!s->stop)
			answer_all(s);
	}
	notify_manager("STOPPING=1");
	return 0;
}

/* From here on requests are heard: whoever waits for the daemon may go on. */
static void tell_ready(struct server *s)
{
	notify_manager("READY=1");
	if (s->ready_fd >= 0) {
		if (write(s->ready_fd, "", 1) < 0)
			log_line(LOG_DEBUG, "nobody waits for the daemon");
		close(s->ready_fd);
	}
	s->ready_fd = -1;
}

static bool set_up(struct server *s)
{
	struct csw_error err;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->store = store_new(s->dirs, s->num_dirs);
	s->failures = failures_new();
	if (s->signal_fd < 0 || !s->store || !s->failures) {
		log_line(LOG_ERR, "starting: %s", strerror(errno));
		return false;
	}
	s->family = csw_watch_family(&err);
	if (s->family)
		return true;
	log_line(LOG_ERR, "%s", err.text);
	return false;
}

static int run(struct server *s)
{
	struct csw_error err;

	if (!set_up(s))
		return 1;
	if (find_codeswap(s, &err)) {
		if (s->once || err.code != -ENOENT) {
			log_line(LOG_ERR, "%s", err.text);
			return 1;
		}
		log_line(LOG_NOTICE, "%s; waiting for it", err.text);
	}
	s->alive_ms = watchdog_ms();
	tell_ready(s);
	answer_all(s);
	if (s->once)
		return s->unanswered ? 1 : 0;
	return serve(s);
}

static void tear_down(struct server *s)
{
	csw_close(s->events);
	csw_close(s->family);
	if (s->store)
		store_free(s->store);
	failures_free(s->failures);
	free(s->queue);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
}

/* In the background the present directory is another. */
static const char *absolute(const char *dir)
{
	char present[PATH_MAX];
	char *path;

	if (*dir == '/' || !getcwd(present, sizeof(present)) ||
	    asprintf(&path, "%s/%s", present, dir) < 0)
		return dir;
	return path;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(struct server *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "image-dir", required_argument, NULL, 'd' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "once", no_argument, NULL, '1' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "d:f1vh", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			s->dirs[s->num_dirs++] = absolute(optarg);
			break;
		case 'f':
			s->foreground = true;
			break;
		case '1':
			s->once = true;
			break;
		case 'v':
			s->verbose = true;
			break;
		default:
			fputs(usage_text, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage_text, stderr);
	return 2;
}

/* Returns an exit status. */
static int start(struct server *s)
{
	int ret;

	log_setup("codeswapd", false, s->verbose ? LOG_DEBUG : LOG_NOTICE);
	if (!s->foreground && !s->once) {
		ret = go_to_background(&s->ready_fd);
		if (ret < 0) {
			log_line(LOG_ERR, "going to the background: %s",
				 strerror(-ret));
			return 1;
		}
		log_setup("codeswapd", true, s->verbose ? LOG_DEBUG : LOG_NOTICE);
	}
	ret = run(s);
	tear_down(s);
	return ret;
}

static bool has_role(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--role", 6) || !strncmp(argv[i], "-r", 2))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct server s = { .ready_fd = -1, .signal_fd = -1, .alive_ms = -1 };
	int ret;

	/* A program of its own, which needs more than this one. */
	if (has_role(argc, argv)) {
		program_exec("codeswap-sited", argv);
		fprintf(stderr, "codeswapd: %s/codeswap-sited: %s\n", programs_dir(),
			strerror(errno));
		return 1;
	}
	/* One for each word there may be. */
	s.dirs = calloc(argc + 1, sizeof(*s.dirs));
	if (!s.dirs)
		return 1;
	ret = read_options(&s, argc, argv);
	if (ret < 0)
		ret = start(&s);
	free(s.dirs);
	return ret;
}
