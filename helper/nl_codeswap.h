/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcodeswap: codeswap's generic netlink family for programs. One socket is
 * for one thread. The messages are those of
 * Documentation/netlink/specs/codeswap.yaml.
 *
 * A program that waits for the end of something opens two sockets: it joins
 * the events with the first, then asks with the second, so that nothing that
 * follows is missed.
 */
#ifndef NL_CODESWAP_H
#define NL_CODESWAP_H

#include "compat_user.h"

#include <linux/codeswap.h>
#include <linux/codeswap_handover.h>

#define CSW_NUM_PHASES		(CODESWAP_PHASE_PROVING + 1)
#define CSW_VERSION_LEN		24
#define CSW_ERROR_LEN		256

/**
 * struct csw_error - why something did not work
 * @code: negative errno
 * @text: one sentence without a full stop; the kernel's own where it gave one
 */
struct csw_error {
	int code;
	char text[CSW_ERROR_LEN];
};

/*
 * struct csw_device - a device, as the kernel told of it
 * @present: bit n: attribute n of the specification's set was there
 *
 * The other fields are the attributes of the same names, see the
 * specification. Text is printable ASCII, other bytes became '?'.
 */
struct csw_device {
	u64 present;
	char name[CODESWAP_NAME_LEN];
	char label[CODESWAP_NAME_LEN];
	char type[MRB_TYPE_LEN];
	char error[CSW_ERROR_LEN];
	char version[CSW_VERSION_LEN];
	char new_version[CSW_VERSION_LEN];
	char image_name[CODESWAP_NAME_LEN];
	u8 build_id[MRB_BUILD_ID_LEN];
	u32 id;
	u32 state;
	u32 phase;
	u32 result;
	u32 reason;
	u32 error_phase;
	u32 security_version;
	u32 progress;
	u32 declared_us;
	u32 budget_us;
	u32 overlay_extents;
	u32 blackout_count;
	u64 overlay_bytes;
	u64 predicted_ns;
	u64 blackout_ns;
	u64 blackout_min_ns;
	u64 blackout_median_ns;
	u64 blackout_p99_ns;
	u64 blackout_max_ns;
	u64 update_id;
	u64 phase_ns[CSW_NUM_PHASES];
	u64 memory_size;
	u64 swaps;
};

/*
 * struct csw_item - one thing that an update found or did
 * @present: as in &struct csw_device
 */
struct csw_item {
	u64 present;
	char device[CODESWAP_NAME_LEN];
	u64 update_id;
	u32 index;
	u32 kind;
	u32 verdict;
	u64 count;
	char name[MRB_NAME_LEN];
	char from[CODESWAP_ITEM_TEXT_LEN];
	char to[CODESWAP_ITEM_TEXT_LEN];
};

/*
 * struct csw_request - an image is wanted
 * @present: as in &struct csw_device
 *
 * Empty text means any: device, type or name do not matter.
 */
struct csw_request {
	u64 present;
	u64 id;
	char device[CODESWAP_NAME_LEN];
	char type[MRB_TYPE_LEN];
	char image_name[CODESWAP_NAME_LEN];
};

#define CSW_HAS(object, attr)	(!!((object)->present & (1ULL << (attr))))

/* What a field holds, and with it how it is read and shown. */
enum csw_kind {
	CSW_TEXT,
	CSW_U32,
	CSW_U64,
	CSW_ENUM,	/* u32 that has names */
	CSW_BYTES,
	CSW_TIMES,	/* nanoseconds in each phase */
};

/**
 * struct csw_field - one field of the structures above
 * @name: as in the specification; %NULL ends a table
 * @attr: its attribute
 * @kind: what it holds
 * @offset: of the field in the structure
 * @size: bytes of the field
 * @to_name: of a value, for CSW_ENUM
 */
struct csw_field {
	const char *name;
	int attr;
	enum csw_kind kind;
	size_t offset;
	size_t size;
	const char *(*to_name)(u32 value);
};

extern const struct csw_field csw_device_fields[];
extern const struct csw_field csw_item_fields[];
extern const struct csw_field csw_request_fields[];

/* nl_names.c: names as the specification has them, "?" for unknown values */
const char *csw_state_name(u32 state);
const char *csw_phase_name(u32 phase);
const char *csw_result_name(u32 result);
const char *csw_reason_name(u32 reason);
const char *csw_item_kind_name(u32 kind);
const char *csw_item_verdict_name(u32 verdict);
const char *csw_item_unit(u32 kind);
const char *csw_image_name_problem(const char *name);

/* nl_socket.c */
struct csw_socket;
struct csw_socket *csw_open(struct csw_error *err);
void csw_close(struct csw_socket *sk);
int csw_fd(const struct csw_socket *sk);
const char *csw_note(const struct csw_socket *sk);
__printf(3, 4)
int csw_error(struct csw_error *err, int code, const char *fmt, ...);

/* nl_query.c */
typedef void csw_device_fn(const struct csw_device *device, void *ctx);
typedef void csw_item_fn(const struct csw_item *item, void *ctx);
typedef void csw_request_fn(const struct csw_request *request, void *ctx);

int csw_devices(struct csw_socket *sk, csw_device_fn *fn, void *ctx,
		struct csw_error *err);
int csw_device_get(struct csw_socket *sk, const char *name,
		   struct csw_device *device, struct csw_error *err);
int csw_items(struct csw_socket *sk, const char *device, csw_item_fn *fn,
	      void *ctx, struct csw_error *err);
int csw_requests(struct csw_socket *sk, csw_request_fn *fn, void *ctx,
		 struct csw_error *err);

/**
 * struct csw_event - what a socket that joined a group receives
 * @command: CODESWAP_CMD_DEVICE_NTF: @device is set; DEVICE_DEL_NTF: of
 *	@device name and id; ITEM_NTF: @item; REQUEST_NTF: @request
 * @device: a device came or changed
 * @item: reported by a bootstrap
 * @request: an image is wanted
 */
struct csw_event {
	int command;
	union {
		struct csw_device device;
		struct csw_item item;
		struct csw_request request;
	};
};

typedef void csw_event_fn(const struct csw_event *event, void *ctx);

/* nl_event.c */
int csw_join(struct csw_socket *sk, const char *group, struct csw_error *err);
int csw_receive(struct csw_socket *sk, csw_event_fn *fn, void *ctx,
		struct csw_error *err);

typedef void csw_family_fn(bool present, void *ctx);
struct csw_socket *csw_watch_family(struct csw_error *err);
int csw_receive_family(struct csw_socket *sk, csw_family_fn *fn, void *ctx,
		       struct csw_error *err);

/**
 * struct csw_feed - how an image is to be fed
 * @devices: names or labels
 * @num_devices: entries in @devices; 0: the image's type picks them
 * @request_id: the request that this answers, 0 for none
 * @image_name: what people call the image; may be %NULL
 * @force: even to the very version that runs
 * @allow_downgrade: to an older version
 * @hold: wait in ready
 * @serial: several devices one after another
 * @check_only: say what would happen, and forget the image
 * @method: enum codeswap_method
 * @accept_lost: capabilities whose loss is accepted
 * @num_accept_lost: entries in @accept_lost
 * @progress: called once the kernel wants the image, and after each piece; true
 *	stops, and nothing remains of what was fed. May be %NULL
 * @ctx: for @progress
 */
struct csw_feed {
	const char *const *devices;
	size_t num_devices;
	u64 request_id;
	const char *image_name;
	bool force;
	bool allow_downgrade;
	bool hold;
	bool serial;
	bool check_only;
	u32 method;
	const char *const *accept_lost;
	unsigned int num_accept_lost;
	bool (*progress)(u64 fed, u64 size, void *ctx);
	void *ctx;
};

/* nl_update.c */
int csw_stage(struct csw_socket *sk, const struct csw_feed *feed,
	      const void *data, size_t size, u64 *update_id,
	      struct csw_error *err);
int csw_stage_fd(struct csw_socket *sk, const struct csw_feed *feed, int fd,
		 u64 offset, u64 size, u64 *update_id, struct csw_error *err);
int csw_swap(struct csw_socket *sk, const char *device, bool hold, bool together,
	     u64 *update_id, struct csw_error *err);
int csw_control(struct csw_socket *sk, int command, const char *device,
		struct csw_error *err);
int csw_request_fail(struct csw_socket *sk, u64 id, const char *why,
		     struct csw_error *err);

#endif /* NL_CODESWAP_H */
