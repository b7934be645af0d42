// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap monitor: events as they come, until SIGINT or SIGTERM. Requests for
 * images are left out: to listen to them is to say that one answers them.
 */
#include <getopt.h>
#include <poll.h>

#include <json-c/json.h>

#include "cmd_device.h"

static const char monitor_usage[] =
"Usage: codeswap monitor [--json]\n"
"\n"
"Prints what happens to devices as it happens; with --json, one object on a\n"
"line.\n";

static void add_event(const char *name, const struct csw_field *fields,
		      const void *object)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "event", json_object_new_string(name));
	json_object_object_add(o, name, object_json(fields, object));
	print_json(o, false);
}

static void print_event_json(const struct csw_event *event)
{
	switch (event->command) {
	case CODESWAP_CMD_DEVICE_NTF:
		add_event("device", csw_device_fields, &event->device);
		break;
	case CODESWAP_CMD_DEVICE_DEL_NTF:
		add_event("device-del", csw_device_fields, &event->device);
		break;
	case CODESWAP_CMD_ITEM_NTF:
		add_event("item", csw_item_fields, &event->item);
		break;
	}
}

static void print_device(const struct csw_device *d)
{
	char text[TIME_LEN];

	printf("%s: %s", device_label(d), csw_state_name(d->state));
	if (d->version[0])
		printf(" %s", d->version);
	printf(", update %llu %s", d->update_id, csw_phase_name(d->phase));
	if (d->phase != CODESWAP_PHASE_IDLE) {
		printf(" %u %%", d->progress);
		if (d->new_version[0])
			printf(" to %s", d->new_version);
	} else if (d->result == CODESWAP_RESULT_SUCCESS) {
		printf(", success, blackout %s",
		       time_text(d->blackout_ns, text));
	} else if (d->result != CODESWAP_RESULT_NONE) {
		printf(", %s in %s:%s: %s", csw_result_name(d->result),
		       csw_phase_name(d->error_phase),
		       csw_reason_name(d->reason), d->error);
	}
	putchar('\n');
}

static void print_event(const struct csw_event *event)
{
	char prefix[CODESWAP_NAME_LEN + 8];

	switch (event->command) {
	case CODESWAP_CMD_DEVICE_NTF:
		print_device(&event->device);
		break;
	case CODESWAP_CMD_DEVICE_DEL_NTF:
		printf("%s: gone\n", event->device.name);
		break;
	case CODESWAP_CMD_ITEM_NTF:
		snprintf(prefix, sizeof(prefix), "%s:   ", event->item.device);
		print_item(prefix, &event->item);
		break;
	}
}

static void on_event(const struct csw_event *event, void *ctx)
{
	const bool *json = ctx;

	if (*json)
		print_event_json(event);
	else
		print_event(event);
}

static int watch(struct session *s, bool json)
{
	struct pollfd fds[] = {
		{ .fd = csw_fd(s->events), .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};
	struct csw_error err;

	while (!session_interrupted(s)) {
		/* A reader that has gone ends it as well. */
		if (fflush(stdout))
			return CMD_FAILED;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return failed("poll: %s", strerror(errno));
		if (!csw_receive(s->events, on_event, &json, &err))
			continue;
		if (err.code != -ENOBUFS)
			return failed("%s", err.text);
		failed("%s; some are missing here", err.text);
	}
	return CMD_DONE;
}

int cmd_monitor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct update_options o = { 0 };
	struct session s;
	int c, ret;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'j')
			return usage(monitor_usage, c == 'h');
		o.json = true;
	}
	if (optind < argc)
		return usage(monitor_usage, false);
	ret = session_begin(&s, &o);
	if (!ret)
		ret = watch(&s, o.json);
	session_end(&s);
	return ret;
}
