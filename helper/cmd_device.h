/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verbs that talk to the kernel share.
 */
#ifndef CMD_DEVICE_H
#define CMD_DEVICE_H

#include "codeswap.h"
#include "image_tool.h"
#include "nl_codeswap.h"

struct json_object;

/* cmd_text.c: for people */
#define TIME_LEN	24
const char *time_text(u64 ns, char *text);
void print_item(const char *prefix, const struct csw_item *item);
void print_fields(const struct csw_field *fields, const void *object);
const char *device_label(const struct csw_device *device);

/* cmd_json.c: for programs */
struct json_object *object_json(const struct csw_field *fields,
				const void *object);
void print_json(struct json_object *o, bool pretty);

/**
 * struct device_list - all devices of one moment
 * @devices: in the order of their numbers
 * @num: entries in @devices
 * @full: memory was out, some are missing
 */
struct device_list {
	struct csw_device *devices;
	size_t num;
	bool full;
};

/* cmd_list.c */
int device_list_read(struct csw_socket *sk, struct device_list *list);
const struct csw_device *device_list_find(const struct device_list *list,
					  const char *name);

/* cmd_progress.c: one line on a terminal, nothing elsewhere */
void progress_show(const char *label, u32 phase, unsigned int percent);
void progress_clear(void);

/**
 * struct update_options - what the verbs check, stage and swap are told
 * @feed: how to feed; @feed.accept_lost is @accept_lost
 * @accept_lost: as on the command line
 * @by_fd: the kernel reads the file itself
 * @json: for programs
 * @images: what the verb found, if @json
 * @all: every device there is
 * @type: every device of that type, or %NULL
 * @words: of the command line
 * @num_words: entries in @words
 * @devices: those that are meant, by name, for @feed; none: the image picks them
 * @path: image file, or %NULL
 */
struct update_options {
	struct csw_feed feed;
	const char *accept_lost[64];
	bool by_fd;
	bool json;
	struct json_object *images;
	bool all;
	const char *type;
	char **words;
	int num_words;
	const char **devices;
	const char *path;
};

/**
 * struct session - a verb at work
 * @control: for requests
 * @events: has joined the events before the first request
 * @signal_fd: SIGINT and SIGTERM, which are blocked
 * @list: devices as they were at the beginning
 * @options: of the verb
 */
struct session {
	struct csw_socket *control;
	struct csw_socket *events;
	int signal_fd;
	struct device_list list;
	struct update_options *options;
};

/* cmd_session.c */
int session_begin(struct session *s, struct update_options *options);
void session_end(struct session *s);
bool session_interrupted(const struct session *s);

/* cmd_options.c */
int update_options_read(struct update_options *o, int argc, char **argv,
			const char *verb);

/* cmd_select.c */
int select_devices(const struct session *s, struct update_options *o,
		   bool needs_image);
bool is_selected(const struct update_options *o, const struct csw_device *d);

/**
 * struct fed - an image that has been fed
 * @view: what it is; @view.image.tables is %NULL if the kernel read the file
 * @update_id: of the first update that it began, 0 for a check
 * @note: what the kernel said beside yes
 * @error: why the kernel did not take it, or %NULL
 * @sk: that fed it
 */
struct fed {
	struct image_view view;
	u64 update_id;
	const char *note;
	const char *error;
	struct csw_socket *sk;
};

typedef int fed_fn(struct session *s, const struct fed *fed);

/* cmd_file.c */
int feed_file(struct session *s, const struct csw_feed *feed, fed_fn *fn);

/**
 * struct target - a device whose update is followed
 * @name: of the device
 * @label: what people call it
 * @update_id: of the update; 0: not known yet
 * @phases_shown: bit n: the time of phase n has been printed
 * @items_shown: bit n: item n has been printed
 * @last: what was told last
 * @ended: and the exit status is @status
 * @status: CMD_DONE or CMD_FAILED
 */
struct target {
	char name[CODESWAP_NAME_LEN];
	char label[CODESWAP_NAME_LEN];
	u64 update_id;
	u32 phases_shown;
	u64 items_shown[CODESWAP_HO_MAX_REPORTS / 64];
	struct csw_device last;
	bool ended;
	int status;
};

/* cmd_follow.c */
int follow(struct session *s, struct target *targets, size_t num);

#endif /* CMD_DEVICE_H */
