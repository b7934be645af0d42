/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node: what its parts share. */
#ifndef FLEET_NODE_H
#define FLEET_NODE_H

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
 * @live: without going out of service, where that is possible
 * @outcome: "done", "refused", "failed", or empty as long as it is not over
 * @error: why not
 * @limit: nothing has come of it until then
 */
struct node_order {
	u64 number;
	enum order_stage stage;
	u64 sequence;
	bool live;
	const char *outcome;
	char error[MESSAGE_TEXT_LEN];
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
	struct event *ask;
	bool giving;
};

/* node.c */
void node_ask(const struct node *n, struct peer *p);
void node_reset_devices(struct node *n, const struct message *types, const char *by);
bool node_runs(const struct node *n);

/* node_report.c: how it is */
void node_answer(const struct node *n, struct peer *p, const struct message *query);
void node_tell(const struct node *n, struct peer *p);

/* node_order.c: what operators order */
int node_order_init(struct node *n, struct mrb_error *err);
void node_order_free(struct node *n);
void node_order(struct node *n, const struct message *m);
void node_order_out(struct node *n);
void node_order_stays(struct node *n, const char *why);
void node_order_look(struct node *n);
bool node_order_swaps(const struct node *n, const struct device *d);
bool node_order_wants(const struct node *n, const struct device *d,
		      const struct manifest *m, const struct manifest_image *image);

#endif /* FLEET_NODE_H */
