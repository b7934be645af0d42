// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The conversation: a connection, a question or an order, answers, and the master's hello
 * as their end. What somebody says of itself is believed if it has signed it, in answer to
 * this very question.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>

#include <openssl/rand.h>

#include "../codeswap.h"
#include "fleet_talk.h"

#define NONCE_BYTES	16
#define LIMIT_SECONDS	10

/**
 * fleet_add_master() - it can be asked, too
 * @f: site
 * @text: ADDRESS[:PORT]
 *
 * Return: false if it is none, which has been said.
 */
bool fleet_add_master(struct fleet *f, const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char address[INET_ADDRSTRLEN] = "";
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	unsigned long port = FLEET_PORT;
	char *end;

	if (len < sizeof(address))
		snprintf(address, sizeof(address), "%.*s", (int)len, text);
	if (colon) {
		port = strtoul(colon + 1, &end, 10);
		if (*end)
			port = 0;
	}
	to.sin_port = htons((u16)port);
	if (!port || port > 65535 || inet_pton(AF_INET, address, &to.sin_addr) != 1) {
		failed("--master %s: an IPv4 address is wanted, and :PORT if that is not %d",
		       text, FLEET_PORT);
		return false;
	}
	if (f->num_masters == FLEET_MAX_MASTERS) {
		failed("--master %s: %d masters can be given", text, FLEET_MAX_MASTERS);
		return false;
	}
	f->masters[f->num_masters++] = to;
	return true;
}

/**
 * fleet_option() - one of the options that all verbs have
 * @f: site
 * @c: as getopt_long() has it; with FLEET_OPTIONS
 * @text: its value
 * @usage_text: of the verb
 *
 * Return: -1 to go on, or an exit status.
 */
int fleet_option(struct fleet *f, int c, const char *text, const char *usage_text)
{
	switch (c) {
	case 'm':
		return fleet_add_master(f, text) ? -1 : CMD_USAGE;
	case 't':
		f->tls_dir = text;
		return -1;
	case 'j':
		f->json = true;
		return -1;
	default:
		return usage(usage_text, c == 'h');
	}
}

/* Does the line name one? If not, that is said. */
bool fleet_has_master(const struct fleet *f)
{
	if (!f->num_masters)
		failed("--master ADDRESS is missing: of any master, or cell, of the site");
	return f->num_masters;
}

/* ---- one connection --------------------------------------------------------------- */

static void take_status(struct fleet *f, const struct message *m)
{
	struct identity from;
	struct mrb_error err;
	struct message *inner;

	/* Who says nothing signs nothing: the master tells of it. */
	if (!m->proof && !strcmp(m->state, "silent")) {
		f->status(m, NULL, f->ctx);
		return;
	}
	inner = report_check(f->tls, m, f->nonce, &from, &err);
	if (inner)
		f->status(inner, &from, f->ctx);
	else
		failed("%s", err.text);
	message_free(inner);
}

static void on_ready(struct channel *ch, void *ctx)
{
	struct fleet *f = ctx;

	if (channel_peer(ch)->role == ROLE_MASTER) {
		channel_send(ch, f->say);
		return;
	}
	snprintf(f->error, sizeof(f->error), "there is %s, which is a %s and no master",
		 channel_peer(ch)->name, site_role_name(channel_peer(ch)->role));
	event_base_loopbreak(f->base);
}

static void on_message(struct channel *ch, const struct message *m, void *ctx)
{
	struct fleet *f = ctx;

	(void)ch;
	if (m->type == MESSAGE_STATUS && f->status)
		take_status(f, m);
	/* The end of what it has to say. */
	if (m->type != MESSAGE_HELLO && m->type != MESSAGE_GRANT)
		return;
	snprintf(f->refusal, sizeof(f->refusal), "%s", m->error);
	f->done = true;
	event_base_loopbreak(f->base);
}

static void on_closed(struct channel *ch, const char *why, void *ctx)
{
	struct fleet *f = ctx;

	(void)ch;
	f->channel = NULL;
	snprintf(f->error, sizeof(f->error), "%s", why ?: "the master has closed the connection");
	event_base_loopbreak(f->base);
}

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	struct fleet *f = ctx;

	(void)fd;
	(void)what;
	snprintf(f->error, sizeof(f->error), "no answer within %d s", LIMIT_SECONDS);
	event_base_loopbreak(f->base);
}

static const struct channel_ops channel_ops = {
	.ready = on_ready,
	.message = on_message,
	.closed = on_closed,
	.most = MESSAGE_MAX_SMALL,
};

static void new_nonce(struct fleet *f)
{
	u8 bytes[NONCE_BYTES];
	unsigned int i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		memset(bytes, 0, sizeof(bytes));
	for (i = 0; i < NONCE_BYTES; i++)
		snprintf(f->nonce + (size_t)i * 2, 3, "%02x", bytes[i]);
	snprintf(f->say->nonce, sizeof(f->say->nonce), "%s", f->nonce);
}

/* A loop that is left at once by loopbreak goes on where it was when it is entered anew. */
static void talk_with_current(struct fleet *f)
{
	const struct timeval limit = { .tv_sec = LIMIT_SECONDS };
	struct mrb_error err;

	new_nonce(f);
	f->error[0] = '\0';
	f->channel = channel_connect(f->base, f->tls, &f->masters[f->current], NULL,
				     &channel_ops, f, &err);
	if (!f->channel) {
		snprintf(f->error, sizeof(f->error), "%s", err.text);
		return;
	}
	event_add(f->limit, &limit);
	while (!f->done && !f->error[0])
		if (event_base_dispatch(f->base) < 0)
			break;
	event_del(f->limit);
	channel_free(f->channel);
	f->channel = NULL;
}

/* ADDRESS:PORT of a master. */
void fleet_address(const struct fleet *f, unsigned int i, char *text, size_t room)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &f->masters[i].sin_addr, address, sizeof(address));
	snprintf(text, room, "%s:%u", address, ntohs(f->masters[i].sin_port));
}

static int no_answer(const struct fleet *f, struct mrb_error *err)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &f->masters[f->current].sin_addr, address, sizeof(address));
	return mrb_refuse(err, -EHOSTUNREACH, "master at %s, port %u: %s", address,
			  ntohs(f->masters[f->current].sin_port),
			  f->error[0] ? f->error : "no answer");
}

/**
 * fleet_talk() - say it, and hear all answers
 * @f: site, with @say filled in
 * @err: set on failure
 *
 * Where the master does not answer, the others are asked in turn. Events of others that are
 * in the same loop go on meanwhile.
 *
 * Return: 0, or -EHOSTUNREACH, which says why the last one that was tried does not answer.
 */
int fleet_talk(struct fleet *f, struct mrb_error *err)
{
	unsigned int i;

	f->done = false;
	f->refusal[0] = '\0';
	for (i = 0; i < f->num_masters; i++) {
		talk_with_current(f);
		if (f->done)
			return 0;
		no_answer(f, err);
		f->current = (f->current + 1) % f->num_masters;
	}
	return err->code;
}

static void on_wait(evutil_socket_t fd, short what, void *ctx)
{
	bool *over = ctx;

	(void)fd;
	(void)what;
	*over = true;
}

/**
 * fleet_wait() - let others that are in the loop go on
 * @f: site
 * @ms: so long
 */
void fleet_wait(struct fleet *f, unsigned int ms)
{
	const struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L };
	bool over = false;
	struct event *timer = event_new(f->base, -1, 0, on_wait, &over);

	if (!timer || event_add(timer, &tv))
		over = true;
	while (!over)
		if (event_base_loop(f->base, EVLOOP_ONCE) < 0)
			break;
	if (timer)
		event_free(timer);
}

/* ---- the beginning and the end ---------------------------------------------------- */

/* What is said next is of that type; all other fields are empty. */
void fleet_order(struct fleet *f, enum message_type type)
{
	free(f->say->manifest);
	memset(f->say, 0, sizeof(*f->say));
	f->say->type = type;
	snprintf(f->say->name, sizeof(f->say->name), "%s", tls_self(f->tls)->name);
}

/**
 * fleet_begin() - be somebody who can speak with masters
 * @f: site, with @tls_dir set if it is another one than usual
 *
 * Return: an exit status; why it fails has been said. To be ended with fleet_end() in any
 * case.
 */
int fleet_begin(struct fleet *f)
{
	struct mrb_error err;

	/* A master that dies is a sentence. */
	signal(SIGPIPE, SIG_IGN);
	if (!f->tls_dir)
		f->tls_dir = "/etc/codeswap/tls";
	f->base = event_base_new();
	f->say = calloc(1, sizeof(*f->say));
	if (f->base)
		f->limit = event_new(f->base, -1, 0, on_limit, f);
	if (!f->limit || !f->say)
		return failed("out of memory");
	f->tls = tls_open(f->tls_dir, &err);
	if (!f->tls)
		return failed("%s", err.text);
	if (tls_self(f->tls)->role != ROLE_OPERATOR)
		return failed("the certificate in %s is of a %s; an operator's is needed",
			      f->tls_dir, site_role_name(tls_self(f->tls)->role));
	if (tls_check(f->tls, &err))
		return failed("%s/cert.pem: %s", f->tls_dir, err.text);
	return CMD_DONE;
}

void fleet_end(struct fleet *f)
{
	message_free(f->say);
	tls_close(f->tls);
	if (f->limit)
		event_free(f->limit);
	if (f->base)
		event_base_free(f->base);
}
