// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices that are models: each is a process codeswap-model, with real firmware
 * on its hart, and is spoken to in short sentences.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../feed.h"
#include "device.h"

#define PROGRAM		"codeswap-model"
#define MAX_SENTENCE	512

/**
 * struct model - a device's process
 * @devices: all of them
 * @device: as the node sees it
 * @pid: process, 0 if there is none
 * @fd: socket
 * @event: it says something
 */
struct model {
	struct devices *devices;
	struct device *device;
	pid_t pid;
	int fd;
	struct event *event;
};

static struct model *models_of(const struct devices *ds)
{
	return ds->private;
}

static struct model *model_of(const struct devices *ds, const struct device *d)
{
	return &models_of(ds)[d - ds->list];
}

static void end(struct model *m)
{
	if (m->event)
		event_free(m->event);
	if (m->pid) {
		close(m->fd);
		/* It has nothing to lose, and may hang. */
		kill(m->pid, SIGKILL);
		waitpid(m->pid, NULL, 0);
	}
	m->event = NULL;
	m->pid = 0;
}

/* The first word of @text; what is behind it is left in @text. */
static char *next_word(char **text)
{
	char *word = strsep(text, " ");

	if (!*text)
		*text = word + strlen(word);
	return word;
}

/* What a device says that it does, where there is no more to it than that. */
static const struct {
	const char *word;
	enum device_state state;
} words[] = {
	{ "blank", DEVICE_BLANK },
	{ "loading", DEVICE_LOADING },
	{ "minimal", DEVICE_MINIMAL },
	{ "swapping", DEVICE_SWAPPING },
};

static void hear_state(struct model *m, const char *word)
{
	struct device *d = m->device;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(word, words[i].word))
			continue;
		/* That it does what it was told to is no news. */
		if (words[i].state == DEVICE_LOADING || words[i].state == DEVICE_SWAPPING)
			log_line(LOG_INFO, "%s is %s", d->name, word);
		else
			devices_set(m->devices, d, words[i].state);
		return;
	}
	log_line(LOG_WARNING, "%s says '%s', which is not known", d->name, word);
}

static void hear(struct model *m, char *text)
{
	struct device *d = m->device;
	char *word = next_word(&text), *type = next_word(&text);

	snprintf(d->type, sizeof(d->type), "%s", type);
	if (!strcmp(word, "running")) {
		snprintf(d->version, sizeof(d->version), "%s", text);
		devices_set(m->devices, d, DEVICE_RUNNING);
	} else if (!strcmp(word, "failed")) {
		snprintf(d->error, sizeof(d->error), "%s", text);
		log_line(LOG_WARNING, "%s: %s", d->name, text);
	} else {
		hear_state(m, word);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	char text[MAX_SENTENCE];
	struct model *m = ctx;
	ssize_t n;

	(void)what;
	n = recv(fd, text, sizeof(text) - 1, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		text[n] = '\0';
		hear(m, text);
		return;
	}
	log_line(LOG_ERR, "%s: its process has ended", m->device->name);
	end(m);
	devices_set(m->devices, m->device, DEVICE_GONE);
}

static int start(struct model *m, struct mrb_error *err)
{
	const struct site *s = m->devices->site;

	/* A cell gives it its boot block when it has verified that. */
	m->fd = spawn_program(s->options->programs, PROGRAM, s->own_boot ? "--boot=" : NULL,
			      &m->pid, err);
	if (m->fd < 0) {
		m->pid = 0;
		return m->fd;
	}
	m->event = event_new(s->base, m->fd, EV_READ | EV_PERSIST, on_readable, m);
	if (m->event && !event_add(m->event, NULL))
		return 0;
	return mrb_refuse(err, -ENOMEM, "out of memory");
}

static int models_open(struct devices *ds, struct mrb_error *err)
{
	unsigned int i, num = min_t(unsigned int, ds->site->options->models,
				    SITE_MAX_DEVICES);
	struct model *models = calloc(num, sizeof(*models));
	char name[MESSAGE_NAME_LEN];

	ds->private = models;
	if (!models)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	for (i = 0; i < num; i++) {
		snprintf(name, sizeof(name), "model%u", i);
		models[i].devices = ds;
		models[i].device = devices_add(ds, name);
		if (start(&models[i], err))
			return err->code;
	}
	return 0;
}

static void models_close(struct devices *ds)
{
	unsigned int i;

	for (i = 0; ds->private && i < ds->num; i++)
		end(&models_of(ds)[i]);
	free(ds->private);
}

static int tell(const struct model *m, const char *text, int file,
		struct mrb_error *err)
{
	if (m->pid && spawn_tell(m->fd, text, strlen(text), file))
		return 0;
	return mrb_refuse(err, -EPIPE, "%s: its process cannot be told: %s",
			  m->device->name, m->pid ? strerror(errno) : "it has ended");
}

static int give(struct devices *ds, struct device *d, const char *word, int fd,
		u64 offset, u64 size, struct mrb_error *err)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %llu %llu", word, offset, size);
	return tell(model_of(ds, d), text, fd, err);
}

static int model_load(struct devices *ds, struct device *d, int fd, u64 offset,
		      u64 size, struct mrb_error *err)
{
	return give(ds, d, "load", fd, offset, size, err);
}

static int model_swap(struct devices *ds, struct device *d, int fd, u64 offset,
		      u64 size, struct mrb_error *err)
{
	return give(ds, d, "swap", fd, offset, size, err);
}

static int model_reset(struct devices *ds, struct device *d, struct mrb_error *err)
{
	return tell(model_of(ds, d), "reset", -1, err);
}

static int model_boot(struct devices *ds, struct device *d, int fd, u64 offset,
		      u64 size, struct mrb_error *err)
{
	return give(ds, d, "boot", fd, offset, size, err);
}

const struct devices_backend model_devices = {
	.open = models_open,
	.close = models_close,
	.load = model_load,
	.swap = model_swap,
	.reset = model_reset,
	.boot = model_boot,
};
