// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The right to give orders, by etcd's version 3 as JSON: a key that exists as long as its
 * lease is kept alive, and made only if there is none; and a number that each holder
 * counts up. etcd that was started empty knows no number: the nodes know the last one.
 *
 * Each call may block for as long as CALL_MS and is made again at the next URL if there is
 * no answer. Whether the right is ours is decided by our own clock: from the moment before
 * it was last renewed.
 */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "../feed.h"
#include "json.h"
#include "lease.h"
#include "lease_http.h"

#define KEY_LEN		256	/* in base64 as well */
#define TRIES		5

/**
 * struct etcd - of a site
 * @lease: what all kinds have
 * @http: how it is reached
 * @id: of the lease, decimal; empty: none
 * @update_key: who updates, in base64
 * @epoch_key: the last number, in base64
 * @create_revision: of the key that is ours, decimal
 */
struct etcd {
	struct lease lease;
	struct lease_http *http;
	char id[24];
	char update_key[KEY_LEN];
	char epoch_key[KEY_LEN];
	char create_revision[24];
};

static struct etcd *etcd_of(struct lease *l)
{
	return (struct etcd *)l;
}

/* ---- JSON ------------------------------------------------------------------------- */

static struct json_object *at(struct json_object *o, const char *name)
{
	return json_object_is_type(o, json_type_object) ? json_object_object_get(o, name) : NULL;
}

/* The first of a list, or NULL. */
static struct json_object *first(struct json_object *o, const char *name)
{
	struct json_object *list = at(o, name);

	return json_object_is_type(list, json_type_array) && json_object_array_length(list) ?
	       json_object_array_get_idx(list, 0) : NULL;
}

/* Numbers are texts in it, as they may have 64 bits. */
static const char *text(struct json_object *o, const char *name)
{
	return json_object_get_string(at(o, name)) ?: "";
}

static void to_base64(const char *from, char to[KEY_LEN])
{
	EVP_EncodeBlock((u8 *)to, (const u8 *)from, (int)strlen(from));
}

/* Of a value that etcd gives: something of ours, or whatever somebody else has put there. */
static void from_base64(const char *from, char *to, size_t room)
{
	u8 bytes[KEY_LEN];
	size_t len = strlen(from), i;
	int n = len && len < sizeof(bytes) ? EVP_DecodeBlock(bytes, (const u8 *)from, (int)len) : 0;

	while (n > 0 && len && from[--len] == '=')
		n--;
	for (i = 0; n > 0 && i < (size_t)n && i + 1 < room; i++)
		to[i] = (char)(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?');
	to[n > 0 ? i : 0] = '\0';
}

__printf(4, 5)
static struct json_object *call(struct etcd *e, const char *path, struct mrb_error *err,
				const char *fmt, ...)
{
	struct json_object *answer;
	char *body = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&body, fmt, args);
	va_end(args);
	if (len < 0) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	answer = lease_http_post(e->http, path, body, err);
	free(body);
	return answer;
}

/* ---- the key ---------------------------------------------------------------------- */

static int grant(struct etcd *e, struct mrb_error *err)
{
	u64 before = now_ms();
	struct json_object *answer = call(e, "/v3/lease/grant", err, "{\"TTL\":\"%d\"}",
					  LEASE_SECONDS);

	if (!answer)
		return err->code;
	snprintf(e->id, sizeof(e->id), "%s", text(answer, "ID"));
	json_object_put(answer);
	e->lease.until = before + LEASE_SECONDS * 1000ULL;
	return e->id[0] ? 0 : mrb_refuse(err, -EPROTO, "etcd grants a lease without a number");
}

static void revoke(struct etcd *e)
{
	struct mrb_error err;

	if (e->id[0])
		json_object_put(call(e, "/v3/lease/revoke", &err, "{\"ID\":\"%s\"}", e->id));
	e->id[0] = '\0';
}

/* Whose is the key? It may have ended just now. */
static int somebody_else(struct etcd *e, struct mrb_error *err)
{
	struct json_object *answer = call(e, "/v3/kv/range", err, "{\"key\":\"%s\"}",
					  e->update_key);
	char who[MESSAGE_NAME_LEN], key[KEY_LEN];

	if (!answer)
		return err->code;
	from_base64(text(first(answer, "kvs"), "value"), who, sizeof(who));
	from_base64(e->update_key, key, sizeof(key));
	json_object_put(answer);
	return mrb_refuse(err, -EBUSY,
			  "%s updates already, by %s in etcd: wait for its end, or stop it; it ends %d s after a death",
			  *who ? who : "somebody", key, LEASE_SECONDS);
}

/* Make the key if there is none, with our lease; else say whose it is. */
static int create(struct etcd *e, struct mrb_error *err)
{
	struct json_object *answer;
	char value[KEY_LEN];
	bool is_ours;

	to_base64(e->lease.holder, value);
	answer = call(e, "/v3/kv/txn", err,
		      "{\"compare\":[{\"key\":\"%s\",\"target\":\"CREATE\",\"create_revision\":\"0\"}],"
		      "\"success\":[{\"request_put\":{\"key\":\"%s\",\"value\":\"%s\",\"lease\":\"%s\"}}]}",
		      e->update_key, e->update_key, value, e->id);
	if (!answer)
		return err->code;
	is_ours = json_object_get_boolean(at(answer, "succeeded"));
	snprintf(e->create_revision, sizeof(e->create_revision), "%s",
		 text(at(answer, "header"), "revision"));
	json_object_put(answer);
	return is_ours ? 0 : somebody_else(e, err);
}

static int hold(struct lease *l, struct mrb_error *err)
{
	struct etcd *e = etcd_of(l);
	int ret = grant(e, err);

	if (!ret)
		ret = create(e, err);
	if (ret)
		revoke(e);
	return ret;
}

/* Is the key ours, now? */
static int is_ours(struct etcd *e, struct mrb_error *err)
{
	struct json_object *answer = call(e, "/v3/kv/range", err, "{\"key\":\"%s\"}",
					  e->update_key);
	char who[MESSAGE_NAME_LEN];
	struct json_object *kv;
	int ret = 0;

	if (!answer)
		return err->code;
	kv = first(answer, "kvs");
	if (!kv) {
		ret = mrb_refuse(err, -EPERM,
				 "etcd does not know of it any more: it was started empty, or the key was removed");
	} else if (strcmp(text(kv, "lease"), e->id) ||
		   strcmp(text(kv, "create_revision"), e->create_revision)) {
		from_base64(text(kv, "value"), who, sizeof(who));
		ret = mrb_refuse(err, -EPERM, "it is %s's by now", who);
	}
	json_object_put(answer);
	return ret;
}

static int renew(struct lease *l, struct mrb_error *err)
{
	struct etcd *e = etcd_of(l);
	u64 before = now_ms(), until = before + LEASE_SECONDS * 1000ULL;
	struct json_object *answer = call(e, "/v3/lease/keepalive", err, "{\"ID\":\"%s\"}",
					  e->id);
	long long ttl;
	int ret;

	if (!answer)
		return err->code;
	ttl = strtoll(text(at(answer, "result"), "TTL"), NULL, 10);
	json_object_put(answer);
	if (ttl <= 0)
		return mrb_refuse(err, -EPERM,
				  "etcd does not know the lease: it has ended, or etcd was started empty");
	ret = is_ours(e, err);
	/* The lease is ours as etcd has it, even if what the key says did not come. */
	if (!ret)
		l->until = until;
	return ret;
}

/* ---- the number ------------------------------------------------------------------- */

/* The last one, 0 for none, and the revision in which it was written. */
static int last_number(struct etcd *e, u64 *last, char revision[24], struct mrb_error *err)
{
	struct json_object *answer = call(e, "/v3/kv/range", err, "{\"key\":\"%s\"}", e->epoch_key);
	char value[32], *end;
	struct json_object *kv;

	if (!answer)
		return err->code;
	kv = first(answer, "kvs");
	*last = 0;
	snprintf(revision, 24, "%s", kv ? text(kv, "mod_revision") : "0");
	from_base64(kv ? text(kv, "value") : "", value, sizeof(value));
	json_object_put(answer);
	if (!kv)
		return 0;
	*last = strtoull(value, &end, 10);
	if (end == value || *end || *last > INT64_MAX)
		return mrb_refuse(err, -EBADMSG, "the epoch in etcd is '%s', which is no number",
				  value);
	return 0;
}

/* Returns 1 if somebody was faster, 0, or the code in @err. */
static int put_number(struct etcd *e, u64 epoch, const char *revision, struct mrb_error *err)
{
	char plain[32], value[KEY_LEN], ours[KEY_LEN * 2] = "";
	struct json_object *answer;
	bool put;

	snprintf(plain, sizeof(plain), "%llu", epoch);
	to_base64(plain, value);
	if (e->lease.held)
		snprintf(ours, sizeof(ours),
			 ",{\"key\":\"%s\",\"target\":\"CREATE\",\"create_revision\":\"%s\"}",
			 e->update_key, e->create_revision);
	answer = call(e, "/v3/kv/txn", err,
		      "{\"compare\":[{\"key\":\"%s\",\"target\":\"MOD\",\"mod_revision\":\"%s\"}%s],"
		      "\"success\":[{\"request_put\":{\"key\":\"%s\",\"value\":\"%s\"}}]}",
		      e->epoch_key, revision, ours, e->epoch_key, value);
	if (!answer)
		return err->code;
	put = json_object_get_boolean(at(answer, "succeeded"));
	json_object_put(answer);
	return put ? 0 : 1;
}

static int number(struct lease *l, u64 least, struct mrb_error *err)
{
	struct etcd *e = etcd_of(l);
	char revision[24];
	int tries, ret;
	u64 last = 0;

	for (tries = 0; tries < TRIES; tries++) {
		if (last_number(e, &last, revision, err))
			return err->code;
		if (last >= least)
			least = last + 1;
		ret = put_number(e, least, revision, err);
		if (ret < 0)
			return ret;
		if (!ret) {
			l->epoch = least;
			return 0;
		}
		if (l->held && is_ours(e, err))
			return err->code;
	}
	return mrb_refuse(err, -EBUSY, "somebody else changes the epoch in etcd all the time");
}

static void release(struct lease *l)
{
	struct etcd *e = etcd_of(l);

	revoke(e);
	lease_http_free(e->http);
	free(e);
}

static const struct lease_ops etcd_ops = {
	.hold = hold,
	.number = number,
	.renew = renew,
	.release = release,
};

/**
 * lease_etcd_new() - the right that an etcd keeps
 * @urls: of its members, behind commas
 * @tls_dir: see lease_http_new(), or %NULL
 * @site: what the right is called: one for each site
 * @holder: who wants it
 * @err: set on failure
 *
 * Return: to be freed with lease_free(), or %NULL.
 */
struct lease *lease_etcd_new(const char *urls, const char *tls_dir, const char *site,
			     const char *holder, struct mrb_error *err)
{
	struct etcd *e = calloc(1, sizeof(*e));
	char key[KEY_LEN / 2];

	if (!e) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	e->lease.ops = &etcd_ops;
	snprintf(e->lease.holder, sizeof(e->lease.holder), "%s", holder);
	snprintf(key, sizeof(key), "codeswap/update/%s", site);
	to_base64(key, e->update_key);
	snprintf(key, sizeof(key), "codeswap/epoch/%s", site);
	to_base64(key, e->epoch_key);
	e->http = lease_http_new(urls, tls_dir, err);
	if (e->http)
		return &e->lease;
	free(e);
	return NULL;
}
