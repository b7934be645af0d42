// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap feed: give an image to every device that asks for one, and wait until
 * they run it. For early boot, where no daemon is yet; it can be there as well.
 *
 * It ends when every device runs an image, or has been told why there is none
 * for it, or the time is over; whatever it was, one sentence for each device
 * that does not run.
 */
#include <getopt.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd_device.h"
#include "feed.h"

#define DEFAULT_TIMEOUT	30	/* seconds */
#define MAX_TIMEOUT	86400

static const char help_text[] =
"Usage: codeswap feed [OPTION...]\n"
"\n"
"Feeds every device that asks for an image, waits until it runs, and says so.\n"
"\n"
"  -d, --image-dir DIR    directory of images; repeatable, the first takes\n"
"                         precedence (default: /lib/firmware/codeswap, then\n"
"                         /var/lib/codeswap)\n"
"      --image TYPE:NAME  file NAME for devices of type TYPE, instead of the\n"
"                         newest there is; repeatable\n"
"      --exec COMMAND     run it in a shell as soon as requests are listened for:\n"
"                         what loads drivers, whose devices ask at once\n"
"  -w, --wait             wait for codeswap and its first device, too\n"
"  -t, --timeout SECONDS  wait no longer than that (30)\n"
"      --memory FILE      which images failed is read from there, and written to\n"
"  -v, --verbose          say what is done, and what runs already\n";

/* Which file devices of a type are to get. */
struct choice {
	char *type;
	const char *name;
};

/* A device that has asked; with @why it is not waited for any more. */
struct asker {
	char name[CODESWAP_NAME_LEN];
	bool fed;
	char why[CSW_ERROR_LEN];
};

struct feeder {
	const char **dirs;
	unsigned int num_dirs;
	struct choice *choices;
	unsigned int num_choices;
	const char *memory;		/* file, or NULL */
	const char *command;		/* for the shell, or NULL */
	bool wait;
	bool verbose;
	u64 deadline;			/* of now_ms() */
	struct store *store;
	struct failures *failures;
	struct csw_socket *family;
	struct csw_socket *events;	/* NULL while codeswap is not there, */
	struct csw_socket *queries;	/* as is this one */
	struct csw_request *queue;
	unsigned int num_queue;
	struct asker *askers;
	unsigned int num_askers;
	bool lost;			/* memory was out */
};

static void note_request(const struct csw_request *request, void *ctx)
{
	struct feeder *f = ctx;
	struct csw_request *larger;

	larger = realloc(f->queue, (f->num_queue + 1) * sizeof(*larger));
	if (!larger) {
		f->lost = true;
		return;
	}
	f->queue = larger;
	f->queue[f->num_queue++] = *request;
}

static struct asker *find_asker(const struct feeder *f, const char *device)
{
	unsigned int i;

	for (i = 0; i < f->num_askers; i++)
		if (!strcmp(f->askers[i].name, device))
			return &f->askers[i];
	return NULL;
}

/* @why: there is no image for it; empty: it was fed, or somebody else does so. */
static void note_asker(struct feeder *f, const char *device, bool fed,
		       const char *why)
{
	struct asker *larger, *a = find_asker(f, device);

	if (!a) {
		larger = realloc(f->askers, (f->num_askers + 1) * sizeof(*larger));
		if (!larger) {
			f->lost = true;
			return;
		}
		f->askers = larger;
		a = &larger[f->num_askers++];
		snprintf(a->name, sizeof(a->name), "%s", device);
	}
	a->fed = fed;
	snprintf(a->why, sizeof(a->why), "%s", why);
}

/* Why, or NULL if it has not been. */
static const char *is_given_up(const struct feeder *f,
			       const struct csw_device *d)
{
	const struct asker *a = find_asker(f, d->name);

	return a && a->why[0] ? a->why : NULL;
}

/* The operator's word for a type stands for the best image of it; or NULL. */
static const char *choice_for(const struct feeder *f, const struct csw_request *r)
{
	unsigned int i;

	for (i = 0; !r->image_name[0] && i < f->num_choices; i++)
		if (!strcmp(f->choices[i].type, r->type))
			return f->choices[i].name;
	return NULL;
}

static void see_device(const struct csw_device *device, void *ctx)
{
	struct feeder *f = ctx;

	failures_see(f->failures, device, now_ms());
}

/*
 * Requests first: a device whose image has failed asks after that, so that the failure
 * shows in what is read of it later, and the same image is not fed again.
 */
static int answer_all(struct feeder *f, struct csw_error *err)
{
	struct csw_error why;
	unsigned int i;
	bool fed;
	int ret;

	f->num_queue = 0;
	ret = csw_requests(f->queries, note_request, f, err);
	if (!ret)
		ret = csw_devices(f->queries, see_device, f, err);
	for (i = 0; !ret && i < f->num_queue; i++) {
		/* Whom somebody else feeds is waited for. */
		fed = !answer_request(f->store, f->failures, &f->queue[i],
				      choice_for(f, &f->queue[i]), &why);
		if (why.code == -EBUSY)
			why.text[0] = '\0';
		if (f->queue[i].device[0])
			note_asker(f, f->queue[i].device, fed, why.text);
	}
	return ret;
}

static bool may_run_yet(const struct feeder *f, const struct csw_device *d)
{
	return d->state != CODESWAP_DEVICE_STATE_RUNNING &&
	       d->state != CODESWAP_DEVICE_STATE_FAILED && !is_given_up(f, d);
}

/* Is there something to wait for? */
static bool is_pending(struct feeder *f)
{
	struct device_list list;
	bool pending = false;
	size_t i;

	if (device_list_read(f->queries, &list))
		f->lost = true;
	for (i = 0; i < list.num; i++)
		pending |= may_run_yet(f, &list.devices[i]);
	if (!list.num)
		pending = f->wait;
	free(list.devices);
	return pending;
}

static void ignore_event(const struct csw_event *event, void *ctx)
{
	(void)event;
	(void)ctx;
}

static void ignore_family(bool present, void *ctx)
{
	(void)present;
	(void)ctx;
}

/* Until something has happened, whatever it was. False when time is over. */
static bool wait_for_news(struct feeder *f)
{
	struct pollfd fds[2] = {
		{ .fd = csw_fd(f->family), .events = POLLIN },
		{ .fd = f->events ? csw_fd(f->events) : -1, .events = POLLIN },
	};
	struct csw_error ignored;
	u64 now = now_ms();

	if (now >= f->deadline ||
	    poll(fds, 2, (int)(f->deadline - now)) <= 0)
		return now_ms() < f->deadline;
	csw_receive_family(f->family, ignore_family, f, &ignored);
	if (f->events)
		csw_receive(f->events, ignore_event, f, &ignored);
	return true;
}

/* Events first, then what is pending: nothing falls between them. */
static bool find_codeswap(struct feeder *f, struct csw_error *err)
{
	if (f->events)
		return true;
	f->events = csw_open(err);
	f->queries = f->events ? csw_open(err) : NULL;
	if (f->queries && !csw_join(f->events, CODESWAP_MCGRP_EVENTS, err) &&
	    !csw_join(f->events, CODESWAP_MCGRP_REQUESTS, err))
		return true;
	csw_close(f->events);
	csw_close(f->queries);
	f->events = NULL;
	f->queries = NULL;
	return false;
}

/* Devices that come now find somebody who listens. */
static int run_command(struct feeder *f)
{
	const char *command = f->command;
	char *const argv[] = { "sh", "-c", (char *)command, NULL };
	int status = 0;
	pid_t pid;

	f->command = NULL;
	errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (errno || waitpid(pid, &status, 0) < 0)
		return failed("--exec: %s", strerror(errno));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return CMD_DONE;
	return failed("--exec: '%s' ended with %s %d", command,
		      WIFEXITED(status) ? "status" : "signal",
		      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static int feed_until_done(struct feeder *f)
{
	struct csw_error err;
	bool pending = true;

	do {
		if (!find_codeswap(f, &err)) {
			if (!f->wait || err.code != -ENOENT)
				return failed("%s", err.text);
			continue;
		}
		if (f->command && run_command(f))
			return CMD_FAILED;
		if (answer_all(f, &err))
			return failed("%s", err.text);
		pending = is_pending(f);
		if (f->lost)
			return failed("out of memory");
	} while (pending && wait_for_news(f));
	return CMD_DONE;
}

static int say_device(const struct feeder *f, const struct csw_device *d)
{
	const char *label = device_label(d), *why = is_given_up(f, d);
	const struct asker *a = find_asker(f, d->name);

	if (d->state == CODESWAP_DEVICE_STATE_RUNNING) {
		if (f->verbose || a)
			printf("%s runs %s\n", label, d->version);
		return CMD_DONE;
	}
	if (why)
		return failed("%s has no image: %s", label, why);
	if (d->error[0])
		return failed("%s has no image: %s", label, d->error);
	if (d->phase != CODESWAP_PHASE_IDLE && !(a && a->fed))
		return failed("%s was being fed by somebody else when the time was over",
			      label);
	if (!a)
		return failed("%s has not asked for an image: its self-test hangs, or it is broken",
			      label);
	return failed("%s has no image yet, and the time is over", label);
}

/* One sentence for each that does not run; and if there is none at all. */
static int report(struct feeder *f)
{
	struct device_list list;
	struct csw_error err;
	int ret;
	size_t i;

	if (!find_codeswap(f, &err))
		return failed("%s", err.text);
	ret = device_list_read(f->queries, &list);
	for (i = 0; i < list.num; i++)
		if (say_device(f, &list.devices[i]))
			ret = CMD_FAILED;
	if (!ret && !list.num && f->wait)
		ret = failed("no device has come in the time there was");
	free(list.devices);
	return ret;
}

static int add_choice(struct feeder *f, char *word)
{
	char *colon = strchr(word, ':');
	const char *problem;

	if (!colon || colon == word) {
		failed("--image %s: TYPE:NAME is wanted", word);
		return CMD_USAGE;
	}
	*colon = '\0';
	problem = csw_image_name_problem(colon + 1);
	if (problem) {
		failed("--image: image name '%s' %s", colon + 1, problem);
		return CMD_USAGE;
	}
	f->choices[f->num_choices].type = word;
	f->choices[f->num_choices++].name = colon + 1;
	return CMD_DONE;
}

static int set_timeout(struct feeder *f, const char *text)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (*end || end == text || seconds > MAX_TIMEOUT) {
		failed("--timeout %s: a number of seconds up to %u is wanted",
		       text, MAX_TIMEOUT);
		return CMD_USAGE;
	}
	f->deadline = now_ms() + seconds * 1000;
	return CMD_DONE;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(struct feeder *f, int argc, char **argv)
{
	enum { OPT_IMAGE = 256, OPT_MEMORY, OPT_EXEC };
	static const struct option options[] = {
		{ "image-dir", required_argument, NULL, 'd' },
		{ "image", required_argument, NULL, OPT_IMAGE },
		{ "memory", required_argument, NULL, OPT_MEMORY },
		{ "exec", required_argument, NULL, OPT_EXEC },
		{ "wait", no_argument, NULL, 'w' },
		{ "timeout", required_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c, ret = CMD_DONE;

	while (!ret &&
	       (c = getopt_long(argc, argv, "d:wt:vh", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			f->dirs[f->num_dirs++] = optarg;
			break;
		case OPT_IMAGE:
			ret = add_choice(f, optarg);
			break;
		case OPT_MEMORY:
			f->memory = optarg;
			break;
		case OPT_EXEC:
			f->command = optarg;
			break;
		case 'w':
			f->wait = true;
			break;
		case 't':
			ret = set_timeout(f, optarg);
			break;
		case 'v':
			f->verbose = true;
			break;
		default:
			return usage(help_text, c == 'h');
		}
	}
	if (!ret && optind < argc)
		return usage(help_text, false);
	return ret ?: -1;
}

static int run(struct feeder *f)
{
	struct csw_error err;
	int ret;

	log_setup("codeswap", false, f->verbose ? LOG_DEBUG : LOG_ERR);
	f->store = store_new(f->dirs, f->num_dirs);
	f->failures = failures_new();
	if (!f->store || !f->failures)
		return failed("out of memory");
	f->family = csw_watch_family(&err);
	if (!f->family)
		return failed("%s", err.text);
	if (f->memory)
		failures_load(f->failures, f->memory);
	ret = feed_until_done(f);
	ret = ret ?: report(f);
	if (f->memory && failures_save(f->failures, f->memory))
		ret = failed("%s cannot be written: %s", f->memory,
			     strerror(errno));
	return ret;
}

int cmd_feed(int argc, char **argv)
{
	struct feeder f = { .deadline = now_ms() + DEFAULT_TIMEOUT * 1000ULL };
	int ret = CMD_FAILED;

	/* One for each word there may be. */
	f.dirs = calloc(argc + 1, sizeof(*f.dirs));
	f.choices = calloc(argc + 1, sizeof(*f.choices));
	if (!f.dirs || !f.choices) {
		failed("out of memory");
	} else {
		ret = read_options(&f, argc, argv);
		if (ret < 0)
			ret = run(&f);
	}
	csw_close(f.queries);
	csw_close(f.events);
	csw_close(f.family);
	if (f.store)
		store_free(f.store);
	failures_free(f.failures);
	free(f.queue);
	free(f.askers);
	free(f.choices);
	free(f.dirs);
	return ret;
}
