/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What request.c, which keeps the requests, and request_ask.c, which has them
 * answered, share.
 */
#ifndef CSW_REQUEST_H
#define CSW_REQUEST_H

#include "door.h"

enum request_state {
	REQUEST_PENDING,
	REQUEST_ANSWERED,
	REQUEST_ENDED,
};

/**
 * struct csw_request - somebody wants an image
 * @ref: see above
 * @list: in @requests until it has ended
 * @id: counts the requests of the module
 * @cdev: a reference; %NULL if the image's type is to pick the devices
 * @by_device: the device asks, for any image of its type
 * @params: for the job
 * @state: where it is; under requests_lock, as are the fields below
 * @asked: who could feed it has been
 * @patience: in jiffies: then there has been time for it
 * @withdrawn: not to become pending again
 * @job: that answers it, a reference; %NULL unless it is answered
 * @error: why it failed; the first reason counts
 * @ask: asks, and asks again, or finds that nobody answers
 * @done: it has ended
 * @fn: to be called then, or %NULL
 * @data: for @fn
 */
struct csw_request {
	struct kref ref;
	struct list_head list;
	u64 id;
	struct codeswap_device *cdev;
	bool by_device;
	struct csw_params params;
	enum request_state state;
	bool asked;
	unsigned long patience;
	bool withdrawn;
	struct csw_job *job;
	struct csw_error error;
	struct delayed_work ask;
	struct completion done;
	csw_end_fn fn;
	void *data;
};

/* Protects the list of requests and the state of each in it. */
extern struct mutex csw_requests_lock;

/* request.c */
struct csw_request *csw_request_new(struct codeswap_device *cdev,
				    const struct csw_params *params);
void csw_request_put(struct csw_request *req);
void csw_request_add(struct csw_request *req);
void csw_request_arm(struct csw_request *req, unsigned int ms);
void csw_request_refuse(struct csw_request *req, const struct csw_error *err);
bool csw_request_wanted(const struct csw_request *req);
unsigned int csw_request_limit(const struct csw_request *req);
void csw_request_describe(const struct csw_request *req, struct csw_request_info *info);
struct csw_job *csw_request_take(struct csw_request *req, const char *name,
				 struct csw_error *err);

/* request_ask.c */
void csw_request_ask(struct work_struct *work);

/* kept.c */
bool csw_kept_is_wanted(struct codeswap_device *cdev);
bool csw_kept_is_due(const struct csw_request *req);
void csw_kept_feed(struct csw_request *req);

#endif /* CSW_REQUEST_H */
