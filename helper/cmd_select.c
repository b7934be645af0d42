// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which devices check, stage and swap mean, and which word is the image: a word
 * that names a device is one, and only the last may be anything else.
 */
#include <stdlib.h>

#include "cmd_device.h"

static int add(struct update_options *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->feed.num_devices; i++)
		if (!strcmp(o->devices[i], name))
			return CMD_DONE;
	o->devices[o->feed.num_devices++] = name;
	return CMD_DONE;
}

static int add_word(const struct session *s, struct update_options *o,
		    const char *word)
{
	const struct csw_device *d = device_list_find(&s->list, word);

	/* Its name, so that nothing is meant twice. */
	return d ? add(o, d->name) :
	       failed("there is no device '%s'; 'codeswap list' shows what there is",
		      word);
}

static int add_type(const struct session *s, struct update_options *o)
{
	size_t i;

	for (i = 0; i < s->list.num; i++)
		if (!strcmp(s->list.devices[i].type, o->type))
			add(o, s->list.devices[i].name);
	return o->feed.num_devices ? CMD_DONE :
	       failed("there is no device of type '%s'; 'codeswap list' shows what there is",
		      o->type);
}

/**
 * select_devices() - find out what the words of the command line mean
 * @s: the session, for its list of devices
 * @o: options; its devices and its image are set
 * @needs_image: the last word is one, whatever it looks like
 *
 * Return: exit status.
 */
int select_devices(const struct session *s, struct update_options *o,
		   bool needs_image)
{
	int num = o->num_words, i, ret = CMD_DONE;

	o->devices = calloc(num + s->list.num + 1, sizeof(*o->devices));
	if (!o->devices)
		return failed("out of memory");
	o->feed.devices = o->devices;
	o->feed.num_devices = 0;
	if (num && (needs_image || !device_list_find(&s->list, o->words[num - 1])))
		o->path = o->words[--num];
	if (num && (o->all || o->type)) {
		failed("'%s' beside --%s: either devices are named, or they are not",
		       o->words[0], o->all ? "all" : "type");
		return CMD_USAGE;
	}
	for (i = 0; !ret && i < num; i++)
		ret = add_word(s, o, o->words[i]);
	if (!ret && o->type)
		ret = add_type(s, o);
	return ret;
}

/* Of the devices that are meant, does @d belong to them? */
bool is_selected(const struct update_options *o, const struct csw_device *d)
{
	size_t i;

	for (i = 0; i < o->feed.num_devices; i++)
		if (!strcmp(o->devices[i], d->name))
			return true;
	return !o->feed.num_devices;
}
