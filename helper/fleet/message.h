/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nodes and masters say to one another: one JSON object each, in a datagram
 * or, with its length in front, on a connection. Documentation/fleet.rst has the
 * fields. What a message says is a claim; who may make it is for others to check.
 */
#ifndef FLEET_MESSAGE_H
#define FLEET_MESSAGE_H

#include "chunks.h"

#define MESSAGE_FORMAT		1
/* What can be said to a master; what a master says may have a manifest in it. */
#define MESSAGE_MAX_SMALL	(64U << 10)
#define MESSAGE_MAX_BYTES	(9U << 20)	/* an offer has a signed manifest */
#define MESSAGE_MAX_DATAGRAM	1400U
#define MESSAGE_MAX_TYPES	64
#define MESSAGE_MAX_RANGES	256
#define MESSAGE_NAME_LEN	64	/* with the zero, as for the next ones */
#define MESSAGE_ADDRESS_LEN	64
#define MESSAGE_URL_LEN		256
#define MESSAGE_TEXT_LEN	256
#define MESSAGE_STATE_LEN	16
#define MESSAGE_VERSION_LEN	24
#define MESSAGE_NONCE_LEN	65
#define MESSAGE_SET_LEN		32
#define MESSAGE_MAX_TARGETS	64

enum message_type {
	MESSAGE_HELLO,		/* anybody: I am here */
	MESSAGE_REQUEST,	/* node: I want an image */
	MESSAGE_OFFER,		/* master: this is coming, there */
	MESSAGE_ACK,		/* node: I have joined, and lack this */
	MESSAGE_READY,		/* node: I have it, or not */
	MESSAGE_STATUS,		/* node: this is how I am */
	MESSAGE_RESET,		/* master: back to your boot program */
	MESSAGE_QUERY,		/* operator: how are you all? */
	MESSAGE_ORDER,		/* operator: do this */
	MESSAGE_LEAVE,		/* node: may I go out of service? */
	MESSAGE_GRANT,		/* master: yes, or why not */
	MESSAGE_UPDATE,		/* cell: this is desired, and you have something else */
	MESSAGE_INSTALL,	/* operator: this is desired from now on */
	MESSAGE_TYPES,
};

/**
 * struct message - all that can be said; which fields count depends on the type
 * @type: what is said
 * @name: of who says it
 * @role: hello: "node" or "master"
 * @port: hello of a master: of TCP; offer: of UDP
 * @sequence: of the manifest that the sender goes by, 0 for none
 * @offer: number of an offer; unlike any other of that master
 * @types: request: module types, none for any; reset: the same, none for all
 * @num_types: entries in @types
 * @file: of the manifest
 * @group: offer: multicast address
 * @sender: offer: who will send, in the bulk plane
 * @url: offer, install: where the file or all files can be had by HTTP, or empty
 * @ranges: ack: chunks that are missing
 * @num_ranges: entries in @ranges
 * @module_type: status
 * @state: status: what the node does
 * @version: status: of the image that runs, or empty
 * @progress: status: of what it does, in per cent
 * @more: status: messages of this node that follow in answer to the same query
 * @error: ready, status, grant: why not, or empty
 * @nonce: query: a new one; status: that it was asked with, or empty if nobody has
 *	asked; hexadecimal
 * @set: status, leave: of redundant nodes that the sender is in, or empty
 * @desired: status: version that the device is to run, or empty
 * @service: status: "in", "out", or "none" if there is none to be seen to
 * @order: order: a number of its own; status: of the last one that was heard
 * @outcome: status: of that one: empty while it is carried out, "done", "refused" or
 *	"failed"
 * @word: order: what is to be done; leave: what for, see members_may_leave()
 * @method: order to update: "live" or "reboot"
 * @targets: order: names of who is meant
 * @num_targets: entries in @targets, 0 for all
 * @epoch: order: of who has the right to give orders; status: the highest heard of
 * @holder: order: who has that right; status: of that epoch
 * @manifest: offer: file of a signed manifest, or %NULL if the node has had it
 *	by this master; install, update: the same, always; of the message
 * @proof: status: the same message without a proof, signed by who says it, CMS in
 *	base64, or %NULL; of the message
 */
struct message {
	enum message_type type;
	char name[MESSAGE_NAME_LEN];
	char role[MESSAGE_STATE_LEN];
	u64 port;
	u64 sequence;
	u64 offer;
	char types[MESSAGE_MAX_TYPES][MRB_TYPE_LEN];
	unsigned int num_types;
	char file[MANIFEST_FILE_LEN];
	char group[MESSAGE_ADDRESS_LEN];
	u64 sender;
	char url[MESSAGE_URL_LEN];
	struct chunk_range ranges[MESSAGE_MAX_RANGES];
	unsigned int num_ranges;
	char module_type[MRB_TYPE_LEN];
	char state[MESSAGE_STATE_LEN];
	char version[MESSAGE_VERSION_LEN];
	u64 progress;
	u64 more;
	char error[MESSAGE_TEXT_LEN];
	char nonce[MESSAGE_NONCE_LEN];
	char set[MESSAGE_SET_LEN];
	char desired[MESSAGE_VERSION_LEN];
	char service[MESSAGE_STATE_LEN];
	u64 order;
	char outcome[MESSAGE_STATE_LEN];
	char word[MESSAGE_STATE_LEN];
	char method[MESSAGE_STATE_LEN];
	char targets[MESSAGE_MAX_TARGETS][MESSAGE_NAME_LEN];
	unsigned int num_targets;
	u64 epoch;
	char holder[MESSAGE_NAME_LEN];
	char *manifest;
	char *proof;
};

struct message *message_parse(const char *bytes, size_t size,
			      struct mrb_error *err);
char *message_format(const struct message *m, size_t *size);
void message_free(struct message *m);
const char *message_name(enum message_type type);
bool message_is_for_type(const struct message *m, const char *type);
bool message_is_for(const struct message *order, const char *name);

#endif /* FLEET_MESSAGE_H */
