// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap stage: feed an image and leave it staged. codeswap swap: swap to
 * an image, or to the one that is staged.
 */
#include <stdlib.h>

#include "cmd_device.h"

/* Devices whose update is meant. */
struct targets {
	struct target *array;
	size_t num;
};

static bool add_target(struct targets *targets, const struct csw_device *d)
{
	struct target *larger, *t;

	larger = realloc(targets->array, (targets->num + 1) * sizeof(*larger));
	if (!larger)
		return false;
	targets->array = larger;
	t = &larger[targets->num++];
	memset(t, 0, sizeof(*t));
	memcpy(t->name, d->name, sizeof(t->name));
	snprintf(t->label, sizeof(t->label), "%s", device_label(d));
	t->update_id = d->update_id;
	t->last = *d;
	return true;
}

/*
 * One image may have claimed several devices, all of its type, before anybody
 * else could: those whose updates began with the first or later.
 */
static int collect(struct session *s, u64 first, struct targets *targets)
{
	const struct csw_device *d, *lead = NULL;
	struct device_list list;
	bool good = true;
	size_t i;
	int ret = device_list_read(s->control, &list);

	for (i = 0; !ret && i < list.num; i++)
		if (list.devices[i].update_id == first)
			lead = &list.devices[i];
	for (i = 0; good && lead && i < list.num; i++) {
		d = &list.devices[i];
		if (d == lead || (d->update_id > first &&
				  d->phase == CODESWAP_PHASE_STAGED &&
				  is_selected(s->options, d) &&
				  !strcmp(d->type, lead->type)))
			good = add_target(targets, d);
	}
	free(list.devices);
	if (!good)
		return failed("out of memory");
	if (!ret && !lead)
		return failed("the device has gone, or another update began");
	return ret;
}

static int say_staged(struct session *s, const struct fed *fed)
{
	struct targets targets = { 0 };
	const struct target *t;
	size_t i;
	int ret;

	if (fed->error)
		return failed("%s", fed->error);
	ret = collect(s, fed->update_id, &targets);
	for (i = 0; !ret && i < targets.num; i++) {
		t = &targets.array[i];
		if (t->last.phase == CODESWAP_PHASE_STAGED)
			printf("%s: %s is staged; 'codeswap swap %s' swaps to it\n",
			       t->label, t->last.new_version, t->label);
		else
			ret = failed("%s: its image is no longer staged; see 'codeswap show %s'",
				     t->label, t->label);
	}
	if (!ret && *fed->note)
		printf("%s\n", fed->note);
	free(targets.array);
	return ret;
}

/*
 * Nothing more is started. None is left staged, if the image was fed for this
 * swap; those before @first work, and are followed.
 */
static void cancel_all(struct session *s, struct targets *targets, size_t first)
{
	struct csw_error ignored;
	size_t i;

	for (i = first; i < targets->num; i++) {
		targets->array[i].ended = true;
		if (s->options->path)
			csw_control(s->control, CODESWAP_CMD_CANCEL,
				    targets->array[i].name, &ignored);
	}
}

static void say_start(const struct target *t)
{
	printf("%s: %s -> %s\n", t->label,
	       t->last.version[0] ? t->last.version : "boot ROM",
	       t->last.new_version);
}

/* Along with one before it, as @err says; or it has come to its end since. */
static bool is_started(struct session *s, const struct target *t,
		       const struct csw_error *err)
{
	struct csw_error ignored;
	struct csw_device now;

	return err->code == -EALREADY ||
	       (!csw_device_get(s->control, t->name, &now, &ignored) &&
		now.update_id == t->update_id &&
		now.phase != CODESWAP_PHASE_STAGED);
}

/*
 * An image that was fed for several devices is swapped to on all of them, and
 * so is one that was staged for them, if they are all meant.
 */
static int start_all(struct session *s, struct targets *targets)
{
	bool together = s->options->path || s->options->all || s->options->type;
	struct target *t = targets->array;
	struct csw_error err;
	size_t i;

	for (i = 0; i < targets->num; i++, t++) {
		if ((!i || !s->options->path) &&
		    csw_swap(s->control, t->name, s->options->feed.hold,
			     together, &t->update_id, &err) &&
		    !(i && together && is_started(s, t, &err))) {
			cancel_all(s, targets, i);
			return failed("%s: %s", t->label, err.text);
		}
		say_start(t);
	}
	return CMD_DONE;
}

static int swap_targets(struct session *s, struct targets *targets)
{
	int started = start_all(s, targets);
	int followed = follow(s, targets->array, targets->num);

	free(targets->array);
	return started ?: followed;
}

static int swap_fed(struct session *s, const struct fed *fed)
{
	struct targets targets = { 0 };
	int ret;

	if (fed->error)
		return failed("%s", fed->error);
	ret = collect(s, fed->update_id, &targets);
	if (ret) {
		free(targets.array);
		return ret;
	}
	if (*fed->note)
		printf("%s\n", fed->note);
	return swap_targets(s, &targets);
}

/*
 * To what is staged: on the devices named, if nothing is staged there the kernel
 * says so; on all where something is; or on the only one there is.
 */
static int swap_staged(struct session *s)
{
	const struct update_options *o = s->options;
	struct targets targets = { 0 };
	const struct csw_device *d;
	bool good = true;
	size_t i;

	for (i = 0; good && i < s->list.num; i++) {
		d = &s->list.devices[i];
		if (is_selected(o, d) && (d->phase == CODESWAP_PHASE_STAGED ||
					  (o->feed.num_devices && !o->type)))
			good = add_target(&targets, d);
	}
	if (good && (targets.num == 1 ||
		     (targets.num && (o->all || o->feed.num_devices))))
		return swap_targets(s, &targets);
	free(targets.array);
	if (!good)
		return failed("out of memory");
	if (targets.num)
		return failed("images are staged on %zu devices; name some, or say --all",
			      targets.num);
	return failed("no image is staged; 'codeswap swap IMAGE' stages one and swaps to it");
}

static int swap(struct session *s, struct update_options *o)
{
	int ret = select_devices(s, o, false);

	if (ret)
		return ret;
	if (o->path)
		return feed_file(s, &o->feed, swap_fed);
	if (o->feed.force || o->feed.allow_downgrade || o->by_fd ||
	    o->feed.num_accept_lost || o->feed.method || o->feed.serial) {
		failed("an image that is staged has its options already; only --hold can be added");
		return CMD_USAGE;
	}
	return swap_staged(s);
}

int cmd_stage(int argc, char **argv)
{
	struct update_options o;
	struct session s;
	int ret = update_options_read(&o, argc, argv, "stage");

	if (ret)
		return ret < 0 ? CMD_DONE : ret;
	ret = session_begin(&s, &o);
	if (!ret)
		ret = select_devices(&s, &o, true);
	if (!ret)
		ret = feed_file(&s, &o.feed, say_staged);
	session_end(&s);
	return ret;
}

int cmd_swap(int argc, char **argv)
{
	struct update_options o;
	struct session s;
	int ret = update_options_read(&o, argc, argv, "swap");

	if (ret)
		return ret < 0 ? CMD_DONE : ret;
	ret = session_begin(&s, &o);
	if (!ret)
		ret = swap(&s, &o);
	session_end(&s);
	return ret;
}
