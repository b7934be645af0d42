// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Following updates to their end: phases with their times as they come, items,
 * the blackout, and one sentence if it did not work.
 */
#include <poll.h>

#include "cmd_device.h"

/* Updates that are followed together. */
struct following {
	struct session *session;
	struct target *targets;
	size_t num;
	unsigned int interrupts;
};

static bool all_ended(const struct following *f)
{
	size_t i;

	for (i = 0; i < f->num; i++)
		if (!f->targets[i].ended)
			return false;
	return true;
}

static struct target *find_target(const struct following *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->num; i++)
		if (!strcmp(f->targets[i].name, name) && !f->targets[i].ended)
			return &f->targets[i];
	return NULL;
}

static void show_item(struct target *t, const struct csw_item *item)
{
	char prefix[CODESWAP_NAME_LEN + 8];
	u64 bit = 1ULL << (item->index % 64);

	if (item->update_id != t->update_id ||
	    item->index >= CODESWAP_HO_MAX_REPORTS ||
	    t->items_shown[item->index / 64] & bit)
		return;
	t->items_shown[item->index / 64] |= bit;
	progress_clear();
	snprintf(prefix, sizeof(prefix), "%s:   ", t->label);
	print_item(prefix, item);
}

static void show_dumped_item(const struct csw_item *item, void *ctx)
{
	show_item(ctx, item);
}

/* A phase's time is final when the device is in another one. */
static void show_phases(struct target *t, const struct csw_device *d)
{
	char text[TIME_LEN];
	u32 i;

	for (i = CODESWAP_PHASE_STAGING; i < CSW_NUM_PHASES; i++) {
		if (i == d->phase || !d->phase_ns[i] ||
		    t->phases_shown & (1U << i))
			continue;
		t->phases_shown |= 1U << i;
		progress_clear();
		printf("%s: %-12s %s\n", t->label, csw_phase_name(i),
		       time_text(d->phase_ns[i], text));
	}
}

static void say_success(const struct target *t, const struct csw_device *d)
{
	char text[TIME_LEN];

	/* Nothing was done, and that is no failure. */
	if (d->error[0])
		printf("%s: success: %s\n", t->label, d->error);
	else if (d->phase_ns[CODESWAP_PHASE_QUIESCING])
		printf("%s: success: %s runs; blackout %s\n", t->label,
		       d->version, time_text(d->blackout_ns, text));
	else
		printf("%s: success: %s runs\n", t->label, d->version);
}

static int say_failure(const struct target *t, const struct csw_device *d)
{
	return failed("%s: %s in %s:%s: %s", t->label,
		      csw_result_name(d->result),
		      csw_phase_name(d->error_phase),
		      csw_reason_name(d->reason),
		      d->error[0] ? d->error : "the kernel does not say why");
}

static void end_target(struct following *f, struct target *t,
		       const struct csw_device *d)
{
	struct csw_error err;

	/* Items may have come faster than they were read. */
	csw_items(f->session->control, t->name, show_dumped_item, t, &err);
	progress_clear();
	t->ended = true;
	if (d->result == CODESWAP_RESULT_SUCCESS)
		say_success(t, d);
	else
		t->status = say_failure(t, d);
}

static void lose_target(struct target *t, const char *why)
{
	progress_clear();
	t->ended = true;
	t->status = failed("%s: %s", t->label, why);
}

static void look_at(struct following *f, struct target *t,
		    const struct csw_device *d)
{
	if (d->update_id < t->update_id)
		return;
	if (d->update_id > t->update_id) {
		lose_target(t,
			    "another update began before the end of this one was seen; 'codeswap show' tells more");
		return;
	}
	t->last = *d;
	show_phases(t, d);
	if (d->phase == CODESWAP_PHASE_IDLE) {
		end_target(f, t, d);
	} else if (d->phase == CODESWAP_PHASE_READY &&
		   f->session->options->feed.hold) {
		progress_clear();
		printf("%s: held in ready; 'codeswap release %s' lets it go on\n",
		       t->label, t->label);
		t->ended = true;
	} else {
		progress_show(t->label, d->phase, d->progress);
	}
	fflush(stdout);
}

static void on_event(const struct csw_event *event, void *ctx)
{
	struct following *f = ctx;
	struct target *t;

	switch (event->command) {
	case CODESWAP_CMD_DEVICE_NTF:
		t = find_target(f, event->device.name);
		if (t)
			look_at(f, t, &event->device);
		break;
	case CODESWAP_CMD_DEVICE_DEL_NTF:
		t = find_target(f, event->device.name);
		if (t)
			lose_target(t, "the device has gone");
		break;
	case CODESWAP_CMD_ITEM_NTF:
		t = find_target(f, event->item.device);
		if (t)
			show_item(t, &event->item);
		break;
	}
}

/* After lost events. */
static void look_at_all(struct following *f)
{
	struct csw_device device;
	struct csw_error err;
	size_t i;

	for (i = 0; i < f->num; i++) {
		if (f->targets[i].ended)
			continue;
		if (csw_device_get(f->session->control, f->targets[i].name,
				   &device, &err))
			lose_target(&f->targets[i], err.text);
		else
			look_at(f, &f->targets[i], &device);
	}
}

/* The kernel decides whether it is too late; its sentence tells. */
static void cancel_all(struct following *f)
{
	struct csw_error err;
	struct target *t;
	size_t i;

	progress_clear();
	for (i = 0; i < f->num; i++) {
		t = &f->targets[i];
		if (t->ended)
			continue;
		if (f->interrupts > 1)
			lose_target(t, "not waited for; the update goes on by itself");
		else if (csw_control(f->session->control, CODESWAP_CMD_CANCEL,
				     t->name, &err))
			failed("%s: cannot be cancelled: %s; waiting for the end",
			       t->label, err.text);
		else
			failed("%s: interrupted: cancelling", t->label);
	}
}

/**
 * follow() - follow updates to their ends, and print what happens
 * @s: the session
 * @targets: the updates
 * @num: entries in @targets
 *
 * The session has listened since before the updates began, so that all of it
 * is still to be read. The first signal cancels what can be cancelled, the
 * second ends the waiting.
 *
 * Return: exit status.
 */
int follow(struct session *s, struct target *targets, size_t num)
{
	struct following f = { .session = s, .targets = targets, .num = num };
	struct pollfd fds[] = {
		{ .fd = csw_fd(s->events), .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};
	int ret = CMD_DONE;
	struct csw_error err;
	size_t i;

	while (!all_ended(&f)) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return failed("poll: %s", strerror(errno));
		if (session_interrupted(s)) {
			f.interrupts++;
			cancel_all(&f);
		}
		if (!csw_receive(s->events, on_event, &f, &err))
			continue;
		if (err.code != -ENOBUFS)
			return failed("%s", err.text);
		look_at_all(&f);
	}
	for (i = 0; i < num; i++)
		ret = targets[i].status ?: ret;
	return ret;
}
