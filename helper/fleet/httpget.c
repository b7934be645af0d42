// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap-httpget: parts of files by HTTP, with libcurl. A process of its own that
 * is there as long as it is needed: libcurl brings many libraries, and speaks with
 * whomever an offer names.
 *
 * On file descriptor 3 it hears "FIRST SIZE URL", one packet each, and answers with
 * an empty sentence and the bytes in a file without a name, or with a sentence of
 * why not. A proxy is its argument.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "site.h"

#define FD		3
#define CONNECT_SECONDS	5L
#define SLOW_BYTES	4096L	/* in a second; slower than that ... */
#define SLOW_SECONDS	10L	/* ... for so long is given up */

/**
 * struct part - of a file
 * @first: offset
 * @size: bytes
 * @url: of the file
 * @fd: what has come, or -1
 * @done: bytes of it
 * @error: why not, or an empty text
 */
struct part {
	u64 first;
	u64 size;
	const char *url;
	int fd;
	u64 done;
	char error[HTTP_GET_TEXT];
};

static size_t take(char *data, size_t one, size_t n, void *ctx)
{
	struct part *p = ctx;

	n *= one;
	/* More than was asked for: whoever sends that may send for ever. */
	if (n > p->size - p->done || write(p->fd, data, n) != (ssize_t)n)
		return 0;
	p->done += n;
	return n;
}

static CURL *set_up(const char *proxy)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		return NULL;
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* No proxy unless one was named: not what happens to be in the environment. */
	curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
	return easy;
}

static void explain(struct part *p, CURL *easy, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && status == 206 && p->done == p->size)
		return;
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 206))
		snprintf(p->error, sizeof(p->error),
			 "it answers with status %ld and %llu of %llu bytes; 206 is what a part has",
			 status, p->done, p->size);
	else if (code == CURLE_WRITE_ERROR)
		snprintf(p->error, sizeof(p->error),
			 "the server sends more than the %llu bytes that were asked for", p->size);
	else
		snprintf(p->error, sizeof(p->error), "%s", curl_easy_strerror(code));
}

static void fetch(struct part *p, CURL *easy)
{
	char range[64];

	p->fd = memfd_create("part", MFD_CLOEXEC);
	if (p->fd < 0) {
		snprintf(p->error, sizeof(p->error), "%s", strerror(errno));
		return;
	}
	snprintf(range, sizeof(range), "%llu-%llu", p->first, p->first + p->size - 1);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(easy, CURLOPT_URL, p->url);
	curl_easy_setopt(easy, CURLOPT_RANGE, range);
	explain(p, easy, curl_easy_perform(easy));
}

static bool read_request(struct part *p, char *text)
{
	char *end;

	p->first = strtoull(text, &end, 10);
	p->size = strtoull(end, &end, 10);
	if (*end != ' ' || !p->size || p->size > CHUNK_MAX_BYTES)
		return false;
	p->url = end + 1;
	return true;
}

int main(int argc, char **argv)
{
	CURL *easy = set_up(argc > 1 ? argv[1] : "");
	char text[MESSAGE_URL_LEN + MANIFEST_FILE_LEN + 64];
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (easy && (n = recv(FD, text, sizeof(text) - 1, 0)) > 0) {
		struct part p = { .fd = -1 };

		text[n] = '\0';
		if (read_request(&p, text))
			fetch(&p, easy);
		else
			snprintf(p.error, sizeof(p.error), "this is no request");
		/* With its zero: a packet has to have something in it. */
		if (!spawn_tell(FD, p.error, strlen(p.error) + 1, *p.error ? -1 : p.fd))
			break;
		if (p.fd >= 0)
			close(p.fd);
	}
	if (easy)
		curl_easy_cleanup(easy);
	return easy ? 0 : 1;
}
