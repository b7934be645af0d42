// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON to an etcd by libcurl, and back. A call blocks, for no longer than CALL_MS at all of
 * its members together: an orchestrator has nothing to do without an answer.
 */
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "json.h"
#include "lease_http.h"

#define MAX_URLS	8
#define CALL_MS		2000L
#define MAX_ANSWER	(64U << 10)

/**
 * struct lease_http - an etcd
 * @easy: of libcurl
 * @headers: of each call
 * @urls: of its members
 * @num_urls: entries in @urls
 * @current: the one that answered last
 * @answer: what has come
 * @size: bytes of it
 */
struct lease_http {
	CURL *easy;
	struct curl_slist *headers;
	char *urls[MAX_URLS];
	unsigned int num_urls;
	unsigned int current;
	char answer[MAX_ANSWER];
	size_t size;
};

static size_t take(char *data, size_t one, size_t n, void *ctx)
{
	struct lease_http *h = ctx;

	n *= one;
	if (n > sizeof(h->answer) - h->size)
		return 0;
	memcpy(h->answer + h->size, data, n);
	h->size += n;
	return n;
}

static int refused(const struct lease_http *h, long status, struct mrb_error *err)
{
	struct json_object *root, *text;
	struct mrb_error why;

	root = json_read("an answer", h->answer, h->size, MAX_ANSWER, &why);
	text = json_object_is_type(root, json_type_object) ?
	       json_object_object_get(root, "error") : NULL;
	/* 5xx and 429 are said while it has no leader, or too much to do. */
	mrb_refuse(err, status >= 500 || status == 429 ? -EAGAIN : -EPROTO,
		   "etcd at %s answers with status %ld%s%.120s", h->urls[h->current], status,
		   text ? ": " : "", text ? json_object_get_string(text) : "");
	json_object_put(root);
	return err->code;
}

static struct json_object *read_answer(const struct lease_http *h, struct mrb_error *err)
{
	struct json_object *root;
	struct mrb_error why;
	size_t size = h->size;

	/* A stream of one: etcd ends it with a line. */
	while (size && (h->answer[size - 1] == '\n' || h->answer[size - 1] == ' '))
		size--;
	root = json_read("an answer", h->answer, size, MAX_ANSWER, &why);
	if (!root)
		mrb_refuse(err, -EPROTO, "etcd at %s answers with what is no JSON: %s",
			   h->urls[h->current], why.text);
	return root;
}

static struct json_object *post_once(struct lease_http *h, const char *path, const char *body,
				     struct mrb_error *err)
{
	char url[512];
	CURLcode code;
	long status = 0;

	snprintf(url, sizeof(url), "%s%s", h->urls[h->current], path);
	h->size = 0;
	curl_easy_setopt(h->easy, CURLOPT_URL, url);
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, body);
	code = curl_easy_perform(h->easy);
	if (code != CURLE_OK) {
		mrb_refuse(err, -EAGAIN, "etcd at %s does not answer: %s", h->urls[h->current],
			   curl_easy_strerror(code));
		return NULL;
	}
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return read_answer(h, err);
	refused(h, status, err);
	return NULL;
}

/**
 * lease_http_post() - ask, and wait for the answer
 * @h: etcd
 * @path: of what is asked for
 * @body: JSON
 * @err: set on failure
 *
 * Return: JSON, the caller's; or %NULL, with -EAGAIN if another time it may be otherwise.
 */
struct json_object *lease_http_post(struct lease_http *h, const char *path, const char *body,
				    struct mrb_error *err)
{
	struct json_object *answer = NULL;
	unsigned int i;

	for (i = 0; i < h->num_urls && !answer; i++) {
		answer = post_once(h, path, body, err);
		if (answer || err->code != -EAGAIN)
			break;
		h->current = (h->current + 1) % h->num_urls;
	}
	return answer;
}

static bool add_urls(struct lease_http *h, const char *urls)
{
	size_t len;

	for (; *urls; urls += len + (urls[len] == ',')) {
		len = strcspn(urls, ",");
		if ((strncmp(urls, "http://", 7) && strncmp(urls, "https://", 8)) || len > 255 ||
		    h->num_urls == MAX_URLS)
			return false;
		h->urls[h->num_urls] = strndup(urls, len);
		if (!h->urls[h->num_urls])
			return false;
		/* The path follows with a slash of its own. */
		if (h->urls[h->num_urls][len - 1] == '/')
			h->urls[h->num_urls][len - 1] = '\0';
		h->num_urls++;
	}
	return h->num_urls;
}

static bool set_up(struct lease_http *h)
{
	h->easy = curl_easy_init();
	h->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!h->easy || !h->headers)
		return false;
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, CALL_MS / (long)h->num_urls);
	curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
	/* Not what happens to be in the environment. */
	curl_easy_setopt(h->easy, CURLOPT_PROXY, "");
	return true;
}

static int use_file(struct lease_http *h, CURLoption option, const char *dir, const char *name,
		    struct mrb_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (access(path, R_OK))
		return mrb_refuse(err, -errno, "--etcd-tls: %s: %s", path, strerror(errno));
	/* It keeps a copy. */
	return curl_easy_setopt(h->easy, option, path) ?
	       mrb_refuse(err, -EINVAL, "--etcd-tls: %s cannot be used", path) : 0;
}

/* Who we are to an etcd, and who it has to be. */
static int use_tls(struct lease_http *h, const char *dir, struct mrb_error *err)
{
	if (!dir)
		return 0;
	if (use_file(h, CURLOPT_CAINFO, dir, "ca.pem", err) ||
	    use_file(h, CURLOPT_SSLCERT, dir, "cert.pem", err))
		return err->code;
	return use_file(h, CURLOPT_SSLKEY, dir, "key.pem", err);
}

/**
 * lease_http_new() - make ready to ask an etcd
 * @urls: of its members, behind commas; the first that answers is kept
 * @tls_dir: with ca.pem, by which its certificate has to be signed, and our cert.pem and
 *	key.pem; %NULL: it wants none, and has one that this machine trusts anyway
 * @err: set on failure
 *
 * Return: to be freed with lease_http_free(), or %NULL.
 */
struct lease_http *lease_http_new(const char *urls, const char *tls_dir,
				  struct mrb_error *err)
{
	struct lease_http *h = calloc(1, sizeof(*h));

	mrb_refuse(err, -ENOMEM, "out of memory");
	if (h && add_urls(h, urls)) {
		if (set_up(h) && !use_tls(h, tls_dir, err))
			return h;
	} else if (h) {
		mrb_refuse(err, -EINVAL,
			   "--etcd %s: 1 to %d URLs are wanted, behind commas, as http://10.0.0.1:2379",
			   urls, MAX_URLS);
	}
	lease_http_free(h);
	return NULL;
}

void lease_http_free(struct lease_http *h)
{
	unsigned int i;

	if (!h)
		return;
	for (i = 0; i < h->num_urls; i++)
		free(h->urls[i]);
	if (h->easy)
		curl_easy_cleanup(h->easy);
	curl_slist_free_all(h->headers);
	free(h);
}
