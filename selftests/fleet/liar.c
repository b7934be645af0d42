// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody at a site who lies:
 *
 *	liar [OPTION...] --to ADDRESS:PORT [WORD...]	to a master
 *	liar [OPTION...] --hello NAME [WORD...]		as a master, to all who come
 *	liar [OPTION...] --datagram TEXT		to the group of hellos
 *	liar --to ADDRESS:PORT --silent N		N connections without a word
 *
 * A WORD is done on each connection, one after the other:
 *
 *	say:JSON	a message
 *	await:TYPE	read until a message of that type has come
 *	show		print the beginning of the message that was read last
 *	many:N:JSON	a message N times
 *	length:N	announce a message of N bytes
 *	bytes:N		so many bytes of a message that was announced
 *	closed		the other end has to close the connection
 *	stay		read until the other end closes it
 *	reset		end the connection as if this process had died
 *	fuzz:JSON	this message, damaged: on each connection in another way, as
 *			the last thing, until all ways have been tried: cut at
 *			every length, as a message and as a stream that ends,
 *			and with random bytes changed
 *
 * In a message %offer%, %nonce% and %sequence% are what was last heard, %manifest% is
 * the file of --manifest as a JSON string, and %count% a number that rises.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_MESSAGE	(16U << 20)
#define MAX_FUZZ	16
#define MAX_SILENT	4096
#define NUMBER_LEN	80

static struct {
	const char *tls;
	const char *hello;
	const char *datagram;
	const char *manifest;
	const char *interface;
	struct sockaddr_in to;
	struct sockaddr_in group;
	unsigned int silent;
	unsigned int every;
	unsigned int count;
	unsigned int random;
	unsigned int limit;
	unsigned int trickle;
	unsigned int seed;
} opt = { .interface = "mgmt0", .every = 200, .random = 100, .limit = 30, .seed = 1 };

/* What was heard last. */
static struct {
	char offer[NUMBER_LEN];
	char nonce[NUMBER_LEN];
	char sequence[NUMBER_LEN];
	char text[512];
} heard = { "0", "", "0", "" };

static SSL_CTX *ctx;
static char *manifest;
static const char *fuzz[MAX_FUZZ];
static unsigned int num_fuzz;
static char **words;
static int num_words;

/* Shared with all who talk: which damage is next, and how many were said. */
static struct {
	_Atomic unsigned int next;
	_Atomic unsigned int said;
	_Atomic unsigned int count;
} *shared;

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* Not of each connection, where there are thousands. */
static void tell(const char *what, const char *more)
{
	if (num_fuzz)
		return;
	printf("%s%s%s\n", what, *more ? " " : "", more);
	fflush(stdout);
}

static void *room(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		die("out of memory");
	return p;
}

static void nap(unsigned int ms)
{
	const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- texts ----------------------------------------------------------------- */

/* A file as a JSON string. */
static char *quoted(const char *name)
{
	FILE *file = fopen(name, "re");
	char *text, *at;
	int c;

	if (!file)
		die("%s: %s", name, strerror(errno));
	text = room(MAX_MESSAGE);
	at = text;
	*at++ = '"';
	while ((c = getc(file)) != EOF && at < text + MAX_MESSAGE - 4) {
		if (c == '"' || c == '\\')
			*at++ = '\\';
		if (c == '\n') {
			*at++ = '\\';
			c = 'n';
		}
		*at++ = (char)c;
	}
	*at = '"';
	fclose(file);
	return text;
}

static const char *value_of(const char *at, size_t len)
{
	static char number[NUMBER_LEN];

	if (!strncmp(at, "%offer%", len))
		return heard.offer;
	if (!strncmp(at, "%nonce%", len))
		return heard.nonce;
	if (!strncmp(at, "%sequence%", len))
		return heard.sequence;
	if (!strncmp(at, "%manifest%", len))
		return manifest ? manifest : "\"\"";
	if (strncmp(at, "%count%", len))
		return NULL;
	snprintf(number, sizeof(number), "%u", shared->count++);
	return number;
}

/* The caller's. */
static char *filled(const char *text)
{
	char *out = room(MAX_MESSAGE), *at = out;
	const char *end, *value;

	while (*text) {
		end = *text == '%' ? strchr(text + 1, '%') : NULL;
		value = end ? value_of(text, (size_t)(end - text) + 1) : NULL;
		if (!value) {
			*at++ = *text++;
			continue;
		}
		at = stpcpy(at, value);
		text = end + 1;
	}
	return out;
}

static void note(const char *text, const char *name, char *value)
{
	const char *at = strstr(text, name);
	size_t len;

	if (!at)
		return;
	at += strlen(name);
	len = strcspn(at, ",}\"");
	if (len < NUMBER_LEN)
		snprintf(value, NUMBER_LEN, "%.*s", (int)len, at);
}

/* ---- damage ---------------------------------------------------------------- */

/**
 * struct damaged - a message that is not as it should be
 * @text: of it
 * @says: bytes that are announced
 * @size: bytes that are sent
 */
struct damaged {
	char *text;
	uint32_t says;
	uint32_t size;
};

static uint32_t random_of(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void change(struct damaged *d, uint32_t which)
{
	uint32_t state = (which + 1) * 2654435761U + opt.seed, n, i;

	n = random_of(&state) % 4 + 1;
	for (i = 0; i < n; i++)
		d->text[random_of(&state) % d->size] = (char)random_of(&state);
}

static uint32_t ways(const char *text)
{
	return 2 * (uint32_t)strlen(text) + opt.random;
}

/* Number @which of all ways to damage all messages; false if there is none. */
static bool damage(uint32_t which, struct damaged *d)
{
	uint32_t len;
	unsigned int i;

	for (i = 0; i < num_fuzz && which >= ways(fuzz[i]); i++)
		which -= ways(fuzz[i]);
	if (i == num_fuzz)
		return false;
	d->text = filled(fuzz[i]);
	len = (uint32_t)strlen(d->text);
	d->says = len;
	d->size = len;
	if (which >= 2 * (uint32_t)strlen(fuzz[i]))
		change(d, which);
	else if (which / 2 < len)
		d->size = which / 2;
	if (which % 2 && d->size < len)
		d->says = d->size;
	return true;
}

/* ---- connections ----------------------------------------------------------- */

static void use_limit(int fd, unsigned int seconds)
{
	const struct timeval limit = { .tv_sec = seconds };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&opt.to, sizeof(opt.to)))
		die("no connection: %s", strerror(errno));
	use_limit(fd, opt.limit);
	return fd;
}

static const char *reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	return text ? text : "it was closed";
}

/* Prints why not, and returns NULL, where the other end does not want to. */
static SSL *shake_hands(int fd, bool accepting)
{
	SSL *ssl = SSL_new(ctx);

	if (!ssl || !SSL_set_fd(ssl, fd))
		die("no TLS");
	if ((accepting ? SSL_accept(ssl) : SSL_connect(ssl)) == 1)
		return ssl;
	tell("refused", reason());
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static bool put(SSL *ssl, const void *bytes, size_t size)
{
	return !size || SSL_write(ssl, bytes, (int)size) == (int)size;
}

static bool put_length(SSL *ssl, uint32_t size)
{
	uint32_t word = htonl(size);

	return put(ssl, &word, sizeof(word));
}

/* Says nothing more, and waits until the other end has heard all of it. */
static void finish(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);
	char bytes[4096];

	SSL_shutdown(ssl);
	shutdown(fd, SHUT_WR);
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	SSL_free(ssl);
	close(fd);
}

/* ---- words ----------------------------------------------------------------- */

static bool get(SSL *ssl, void *bytes, size_t size)
{
	size_t done = 0;
	int n;

	while (done < size) {
		n = SSL_read(ssl, (char *)bytes + done, (int)(size - done));
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* The caller's, or NULL at the end. */
static char *get_message(SSL *ssl)
{
	uint32_t size;
	char *text;

	if (!get(ssl, &size, sizeof(size)))
		return NULL;
	size = ntohl(size);
	if (size > MAX_MESSAGE)
		die("a message of %u bytes", size);
	text = room(size + 1);
	if (!get(ssl, text, size)) {
		free(text);
		return NULL;
	}
	snprintf(heard.text, sizeof(heard.text), "%s", text);
	note(text, "\"offer\":", heard.offer);
	note(text, "\"nonce\":\"", heard.nonce);
	note(text, "\"sequence\":", heard.sequence);
	return text;
}

static bool await(SSL *ssl, const char *type)
{
	char wanted[64], *text;
	bool found = false;

	snprintf(wanted, sizeof(wanted), "\"type\":\"%s\"", type);
	while (!found) {
		text = get_message(ssl);
		if (!text) {
			tell("not heard:", type);
			return false;
		}
		found = strstr(text, wanted);
		free(text);
	}
	tell("heard", type);
	return true;
}

static bool say(SSL *ssl, const char *json, unsigned int times)
{
	char *text;
	bool sent = true;

	while (sent && times--) {
		text = filled(json);
		sent = put_length(ssl, (uint32_t)strlen(text)) && put(ssl, text, strlen(text));
		free(text);
	}
	tell(sent ? "said" : "could not say", "");
	return true;
}

static bool say_many(SSL *ssl, const char *text)
{
	char *json;
	unsigned long n = strtoul(text, &json, 10);

	return say(ssl, json + 1, (unsigned int)n);
}

static bool put_bytes(SSL *ssl, const char *count)
{
	unsigned long n = strtoul(count, NULL, 10);
	char bytes[4096];

	memset(bytes, ' ', sizeof(bytes));
	for (; n; n -= n < sizeof(bytes) ? n : sizeof(bytes))
		if (!put(ssl, bytes, n < sizeof(bytes) ? n : sizeof(bytes)))
			break;
	return true;
}

static bool await_closed(SSL *ssl, const char *nothing)
{
	char byte;
	int n;

	(void)nothing;
	do {
		errno = 0;
		n = SSL_read(ssl, &byte, 1);
	} while (n > 0);
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		tell("still open", "");
		return false;
	}
	tell("closed:", reason());
	return true;
}

static bool stay(SSL *ssl, const char *nothing)
{
	char *text;

	(void)nothing;
	use_limit(SSL_get_fd(ssl), 0);
	while ((text = get_message(ssl)))
		free(text);
	return true;
}

static bool reset(SSL *ssl, const char *nothing)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)nothing;
	/* That resets a TCP connection. */
	return !connect(SSL_get_fd(ssl), &none, sizeof(none));
}

static const char *is_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) ? NULL : text + len;
}

static bool do_say(SSL *ssl, const char *json)
{
	return say(ssl, json, 1);
}

static bool announce(SSL *ssl, const char *size)
{
	return put_length(ssl, (uint32_t)strtoul(size, NULL, 10));
}

static bool show(SSL *ssl, const char *nothing)
{
	(void)ssl;
	tell(heard.text, nothing);
	return true;
}

/* That comes last. */
static bool later(SSL *ssl, const char *json)
{
	(void)ssl;
	return *json;
}

static const struct {
	const char *name;
	bool (*fn)(SSL *ssl, const char *more);
} known_words[] = {
	{ "say:", do_say },
	{ "await:", await },
	{ "show", show },
	{ "many:", say_many },
	{ "length:", announce },
	{ "bytes:", put_bytes },
	{ "closed", await_closed },
	{ "stay", stay },
	{ "reset", reset },
	{ "fuzz:", later },
};

static bool do_word(SSL *ssl, const char *text)
{
	const char *more;
	size_t i;

	for (i = 0; i < sizeof(known_words) / sizeof(known_words[0]); i++) {
		more = is_word(text, known_words[i].name);
		if (more)
			return known_words[i].fn(ssl, more);
	}
	die("'%s' is no word", text);
}

static bool do_words(SSL *ssl)
{
	int i;

	for (i = 0; i < num_words; i++)
		if (!do_word(ssl, words[i]))
			return false;
	return true;
}

/* One connection; returns false if it was not as the words want it. */
static bool talk(int fd, bool accepting)
{
	struct damaged d = { 0 };
	SSL *ssl = shake_hands(fd, accepting);
	bool ret;

	if (!ssl)
		return false;
	ret = do_words(ssl);
	if (ret && num_fuzz && damage(shared->next++, &d)) {
		if (put_length(ssl, d.says))
			put(ssl, d.text, d.size);
		free(d.text);
	}
	finish(ssl);
	if (d.text)
		shared->said++;
	return ret;
}

static unsigned int all_ways(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < num_fuzz; i++)
		n += ways(fuzz[i]);
	return n;
}

static int as_client(void)
{
	bool ret = true;

	if (!num_fuzz)
		return talk(dial(), false) ? 0 : 1;
	while (ret && shared->next < all_ways())
		ret = talk(dial(), false);
	printf("%u of %u messages\n", shared->said, all_ways());
	return ret ? 0 : 1;
}

/* ---- as a master ----------------------------------------------------------- */

static struct in_addr own_address(void)
{
	struct in_addr address = { 0 };
	struct ifaddrs *all, *a;

	if (getifaddrs(&all))
		die("no interfaces");
	for (a = all; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET &&
		    !strcmp(a->ifa_name, opt.interface))
			address = ((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr;
	freeifaddrs(all);
	return address;
}

static int open_listener(uint16_t *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = own_address() };
	socklen_t len = sizeof(at);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		die("listening: %s", strerror(errno));
	*port = ntohs(at.sin_port);
	return fd;
}

static int open_group(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ip_mreqn by = { .imr_ifindex = (int)if_nametoindex(opt.interface) };

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by)))
		die("%s: %s", opt.interface, strerror(errno));
	return fd;
}

static void send_datagram(int fd, const char *text, size_t size)
{
	sendto(fd, text, size, 0, (struct sockaddr *)&opt.group, sizeof(opt.group));
}

static bool all_is_said(void)
{
	return num_fuzz && shared->said >= all_ways();
}

static void serve(int fd)
{
	int who = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (who < 0)
		return;
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		use_limit(who, opt.limit);
		tell("connected", "");
		exit(talk(who, true) ? 0 : 1);
	}
	close(who);
}

static int as_master(void)
{
	struct pollfd poll_fd = { .events = POLLIN };
	char text[256], number[8];
	uint16_t port;
	int group = open_group();

	poll_fd.fd = open_listener(&port);
	snprintf(text, sizeof(text),
		 "{\"codeswap\":1,\"type\":\"hello\",\"name\":\"%s\",\"role\":\"master\",\"port\":%u,\"sequence\":0}",
		 opt.hello, port);
	snprintf(number, sizeof(number), "%u", port);
	tell("port", number);
	while (!all_is_said()) {
		send_datagram(group, text, strlen(text));
		while (poll(&poll_fd, 1, (int)opt.every) > 0)
			serve(poll_fd.fd);
	}
	printf("%u of %u messages\n", shared->said, all_ways());
	return 0;
}

/* ---- without TLS ----------------------------------------------------------- */

static int say_datagrams(void)
{
	int fd = open_group();
	struct damaged d;
	unsigned int i;
	char *text;

	for (i = 0; !opt.count || i < opt.count; i++) {
		text = filled(opt.datagram);
		send_datagram(fd, text, strlen(text));
		free(text);
		if (i + 1 != opt.count)
			nap(opt.every);
	}
	for (i = 0; damage(i, &d); i++) {
		send_datagram(fd, d.text, d.size);
		free(d.text);
		nap(1);
	}
	printf("%u datagrams\n", opt.count + i);
	return 0;
}

/* Prints how many of them the other end has closed within the limit. */
static int be_silent(void)
{
	static int fds[MAX_SILENT];
	unsigned int i, closed = 0;
	char byte;

	for (i = 0; i < opt.silent; i++)
		fds[i] = dial();
	tell("connected", "");
	for (i = 0; i < opt.silent; i++)
		closed += read(fds[i], &byte, 1) >= 0 || errno == ECONNRESET;
	printf("closed %u of %u\n", closed, opt.silent);
	return closed == opt.silent ? 0 : 1;
}

/* The beginning of a handshake, byte by byte. */
static int be_slow(void)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	SSL *ssl = SSL_new(ctx);
	struct pollfd poll_fd = { .fd = dial(), .events = POLLIN };
	unsigned int i;
	char *bytes;
	long size;

	SSL_set_bio(ssl, in, out);
	SSL_connect(ssl);
	size = BIO_get_mem_data(out, &bytes);
	tell("connected", "");
	for (i = 0; i < size - 1 && i * opt.trickle < opt.limit * 1000; i++) {
		if (send(poll_fd.fd, bytes + i, 1, MSG_NOSIGNAL) != 1 ||
		    poll(&poll_fd, 1, (int)opt.trickle)) {
			tell("closed", "");
			return 0;
		}
	}
	tell("still open", "");
	return 1;
}

/* ---- beginning ------------------------------------------------------------- */

static void read_address(const char *text, struct sockaddr_in *to)
{
	const char *colon = strchr(text, ':');
	char address[INET_ADDRSTRLEN] = "";

	if (!colon || colon - text >= INET_ADDRSTRLEN)
		die("%s: ADDRESS:PORT is wanted", text);
	memcpy(address, text, (size_t)(colon - text));
	to->sin_family = AF_INET;
	to->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, address, &to->sin_addr) != 1)
		die("%s: no address", text);
}

static void use_tls(void)
{
	char path[4096];

	ctx = SSL_CTX_new(TLS_method());
	if (!ctx)
		die("no TLS");
	/* Who is at the other end does not matter. */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	if (!opt.tls)
		return;
	snprintf(path, sizeof(path), "%s/cert.pem", opt.tls);
	if (SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM) != 1)
		die("%s: no certificate", path);
	snprintf(path, sizeof(path), "%s/key.pem", opt.tls);
	if (SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) != 1)
		die("%s: no key", path);
}

static bool read_text(int c, const char *text)
{
	static const struct {
		int c;
		const char **value;
	} texts[] = {
		{ 't', &opt.tls }, { 'h', &opt.hello }, { 'd', &opt.datagram },
		{ 'm', &opt.manifest }, { 'i', &opt.interface },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].c != c)
			continue;
		*texts[i].value = text;
		return true;
	}
	return false;
}

static bool read_number(int c, const char *text)
{
	static const struct {
		int c;
		unsigned int *value;
	} numbers[] = {
		{ 's', &opt.silent }, { 'e', &opt.every }, { 'c', &opt.count },
		{ 'r', &opt.random }, { 'l', &opt.limit }, { 'T', &opt.trickle },
		{ 'S', &opt.seed },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].c != c)
			continue;
		*numbers[i].value = (unsigned int)strtoul(text, NULL, 10);
		return true;
	}
	return false;
}

static void read_option(int c, const char *text)
{
	if (c == 'o')
		read_address(text, &opt.to);
	else if (c == 'g')
		read_address(text, &opt.group);
	else if (!read_text(c, text) && !read_number(c, text))
		exit(2);
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "tls", required_argument, NULL, 't' },
		{ "to", required_argument, NULL, 'o' },
		{ "hello", required_argument, NULL, 'h' },
		{ "datagram", required_argument, NULL, 'd' },
		{ "manifest", required_argument, NULL, 'm' },
		{ "interface", required_argument, NULL, 'i' },
		{ "group", required_argument, NULL, 'g' },
		{ "silent", required_argument, NULL, 's' },
		{ "every", required_argument, NULL, 'e' },	/* ms */
		{ "count", required_argument, NULL, 'c' },
		{ "random", required_argument, NULL, 'r' },	/* ways for each message */
		{ "limit", required_argument, NULL, 'l' },	/* s */
		{ "trickle", required_argument, NULL, 'T' },	/* ms for each byte */
		{ "seed", required_argument, NULL, 'S' },
		{ }
	};
	int c;

	read_address("239.255.73.1:7373", &opt.group);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		read_option(c, optarg);
	words = argv + optind;
	num_words = argc - optind;
	for (c = 0; c < num_words; c++)
		if (is_word(words[c], "fuzz:") && num_fuzz < MAX_FUZZ)
			fuzz[num_fuzz++] = is_word(words[c], "fuzz:");
	if (opt.silent > MAX_SILENT)
		die("--silent: at most %d", MAX_SILENT);
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("out of memory");
	if (opt.manifest)
		manifest = quoted(opt.manifest);
	use_tls();
	if (opt.datagram)
		return say_datagrams();
	if (opt.silent)
		return be_silent();
	if (opt.hello)
		return as_master();
	return opt.trickle ? be_slow() : as_client();
}
