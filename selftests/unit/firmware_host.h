/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host for the firmware: memory behind IOVAs, rings, a medium that may take
 * its time, initiators, and I/O that is verified. Time is counted in executed
 * instructions, so that a run is the same each time.
 */
#ifndef FIRMWARE_HOST_H
#define FIRMWARE_HOST_H

#include "../../kmod/sim/model/hba.h"
#include "firmware_image.h"

#include <linux/codeswap_handover.h>

#define FW_TAGS		48u		/* I/O requests at a time */
#define FW_EXTENT	64u		/* sectors that belong to a tag */
#define FW_SECTORS	(FW_TAGS * FW_EXTENT)
#define FW_REQUEST_BYTES	(FW_EXTENT * 512u)
#define FW_LOGINS	4096u
#define FW_REGIONS	8u
#define FW_EVENTS	4096u
#define FW_ADMIN_TAGS	128u
#define FW_WWPN		0x5000c50000000000ull

/* Host memory that the device sees at @iova. */
struct fw_region {
	u64 iova;
	u32 size;
	bool writable;
	u8 *memory;
};

/* A medium operation that was put off. */
struct fw_later {
	u32 channel;
	u32 op;
	u64 sector;
	void *data;
	u32 bytes;
};

/* An initiator, as the host knows it. */
struct fw_login {
	u64 wwpn;
	u32 handle;
	u32 credits;
	u32 priority;		/* 0: whatever the firmware gives */
	bool live;
	u64 requests;		/* that the firmware should have counted */
};

struct fw_io {
	bool busy;
	u32 generation;
	u32 opcode;
	u32 flags;
	u32 login;
	u32 sector;		/* within the tag's extent */
	u32 sectors;
};

struct fw_admin {
	bool busy;
	u32 generation;
	u32 opcode;
	u32 login;		/* index */
	u32 status;
	u32 info0;
	u32 info1;
};

/**
 * struct fw_host - host and device
 * @load: keep every tag busy
 * @greedy: refill the ring as soon as a completion comes, not between two runs
 * @io_logins: initiators that I/O is spread over, from the first
 * @delay: medium operations are put off until so many wait; 0: none is
 * @chop: harts take turns of so few instructions at most; 0: as the model likes
 * @counts_discards: does the running image do so
 * @completed: requests that ended well
 * @failed: that ended otherwise
 * @corrupt: reads that brought something else than was written
 * @dropped: completions that match no request
 * @asked: bytes that requests asked the medium to write and to discard
 * @moved: bytes that it wrote and discarded
 * @crashes: HBA_EVT_CRASH and HBA_EVT_HART_STOPPED seen
 * @bus_errors: HBA_EVT_BUS_ERROR seen
 * @raw_status: of the last fw_io_raw()
 * @steps: of each hart, when fw_busy_harts() looked last
 */
struct fw_host {
	struct hba *hba;
	struct hba_config config;
	u8 *disk;
	u8 *shadow;
	struct fw_region region[FW_REGIONS];
	struct hba_event event[FW_EVENTS];
	u32 events;
	u32 events_taken;
	u64 clock;
	u64 instructions;
	u32 random;
	struct fw_later later[64];
	u32 num_later;
	struct hba_ring_page *io_page;
	struct hba_ring_page *admin_page;
	struct fw_io io[FW_TAGS];
	struct fw_admin admin[FW_ADMIN_TAGS];
	struct fw_login login[FW_LOGINS];
	u32 generation;

	bool load;
	bool greedy;
	u32 io_logins;
	u32 delay;
	u32 chop;
	bool counts_discards;

	u64 completed;
	u64 failed;
	u64 corrupt;
	u64 dropped;
	u64 asked;
	u64 moved;
	u32 crashes;
	u32 bus_errors;
	u32 raw_status;
	u64 steps[HBA_MAX_HARTS];
};

/* firmware_host.c */
struct fw_host *fw_host_new(const char *directory, u32 harts, u32 ram_size,
			    u32 max_logins);
void fw_host_free(struct fw_host *h);
u32 fw_random(struct fw_host *h, u32 limit);
u8 *fw_map(struct fw_host *h, u64 iova, u32 size, bool writable);
void fw_unmap(struct fw_host *h, u64 iova);
void fw_pump(struct fw_host *h, u32 instructions);
u32 fw_busy_harts(struct fw_host *h);
bool fw_await(struct fw_host *h, u32 code, struct hba_event *event);
void fw_forget_events(struct fw_host *h);
bool fw_seen(const struct fw_host *h, u32 code);
bool fw_boot(struct fw_host *h, const struct fw_image *image);
bool fw_load_cold(struct fw_host *h, const struct fw_image *image);

/* firmware_io.c */
void fw_io_submit(struct fw_host *h, u32 tag, u32 opcode, u32 flags,
		  u32 sector, u32 sectors);
void fw_io_fill(struct fw_host *h);
void fw_io_reap(struct fw_host *h);
u32 fw_io_busy(const struct fw_host *h);
bool fw_io_drain(struct fw_host *h);
bool fw_io_run(struct fw_host *h, u64 requests);
u32 fw_io_raw(struct fw_host *h, const struct hba_request *request);

/* firmware_admin.c */
void fw_admin_reap(struct fw_host *h);
u32 fw_admin_post(struct fw_host *h, u32 opcode, u32 login);
bool fw_admin_free(const struct fw_host *h, u32 login);
bool fw_admin_wait(struct fw_host *h, u32 tag);
u32 fw_login(struct fw_host *h, u32 login);
u32 fw_logout(struct fw_host *h, u32 login);
bool fw_login_many(struct fw_host *h, u32 first, u32 count);
bool fw_query(struct fw_host *h, u32 login, struct hba_login *answer);
u32 fw_wrong_logins(struct fw_host *h, u32 format);
bool fw_login_count(struct fw_host *h, u32 *logins, u32 *capacity);
u32 fw_live_logins(const struct fw_host *h);

#endif /* FIRMWARE_HOST_H */
