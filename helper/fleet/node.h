/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node: what its parts share. */
#ifndef FLEET_NODE_H
#define FLEET_NODE_H

#include <sys/queue.h>

#include "device.h"
#include "duty.h"

/* How far an order to update is carried out. */
enum order_stage {
	ORDER_NONE,		/* nothing has been ordered, or it is done with */
	ORDER_FETCHING,		/* the image for a live swap comes */
	ORDER_LEAVING,		/* this machine goes out of service */
	ORDER_LOADING,		/* its devices have been reset, and get the image */
	ORDER_STARTING,		/* they run, and the service comes up */
};

/**
 * struct node_order - the last order of an operator
 * @number: of it, 0 for none
 * @stage: how far it is
 * @sequence: of the manifest that it is about
 * @outcome: "done", "refused", "failed", or empty as long as it is not over
 * @error: why not
 * @limit: nothing has come of it until then
 */
struct node_order {
	u64 number;
	enum order_stage stage;
	u64 sequence;
	const char *outcome;
	char error[MESSAGE_TEXT_LEN];
	struct event *limit;
};

STAILQ_HEAD(kept_list, kept);

/**
 * struct node_prepared - images that are fetched before they are needed
 * @sequence: of the manifest that they are of, 0: none are
 * @kept: files, in memory
 * @limit: whoever wanted that is not heard of any more
 */
struct node_prepared {
	u64 sequence;
	struct kept_list kept;
	struct event *limit;
};

/**
 * struct node - this machine as a node
 * @site: its site
 * @peers: masters
 * @fetcher: gets images
 * @devices: that want them
 * @duty: what others count on it for
 * @order: of an operator
 * @prepared: for the next one
 * @ask: when to ask again
 * @giving: an image is being given to the devices
 */
struct node {
	struct site *site;
	struct peers *peers;
	struct fetcher *fetcher;
	struct devices *devices;
	struct duty *duty;
	struct node_order order;
	struct node_prepared prepared;
	struct event *ask;
	bool giving;
};

/* node.c */
void node_ask(const struct node *n, struct peer *p);
bool node_runs(const struct node *n);
void node_give(struct node *n, const struct manifest_image *image, u64 sequence, int fd,
	       struct mrb_error *err);

/* node_report.c: how it is */
void node_answer(const struct node *n, struct peer *p, const struct message *query);
void node_tell(const struct node *n, struct peer *p);

/* node_prepare.c: what is fetched before it is needed */
int node_prepare_init(struct node *n, struct mrb_error *err);
void node_prepare_free(struct node *n);
void node_prepare(struct node *n, u64 sequence);
void node_prepare_renew(struct node *n);
void node_prepare_end(struct node *n);
bool node_prepares(const struct node *n, const struct device *d);
bool node_prepares_image(const struct node *n, const struct manifest *m,
			 const struct manifest_image *image);
void node_prepare_keep(struct node *n, const struct manifest *m,
		       const struct manifest_image *image, const struct chunks *c);
void node_give_prepared(struct node *n);

/* node_order.c: what operators order */
int node_order_init(struct node *n, struct mrb_error *err);
void node_order_free(struct node *n);
void node_order(struct node *n, const struct message *m);
bool node_is_desired(const struct node *n, const struct device *d, u64 sequence);
void node_order_out(struct node *n);
void node_order_stays(struct node *n, const char *why);
void node_order_look(struct node *n);
bool node_order_swaps(const struct node *n, const struct device *d);
bool node_order_wants(const struct node *n, const struct device *d, u64 sequence,
		      const struct manifest_image *image);

#endif /* FLEET_NODE_H */
