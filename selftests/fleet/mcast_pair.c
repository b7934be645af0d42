// SPDX-License-Identifier: BSD-2-Clause
/*
 * Plays codeswapd for one codeswap-mcastd, which it starts:
 *
 *	mcast_pair send FILE [OPTION...]	one round of the file's chunks
 *	mcast_pair receive FILE [OPTION...]	those of FILE's chunks that --out lacks
 *	mcast_pair bad FILE [OPTION...]		packets that are wrong; TAP
 *	mcast_pair noise FILE [OPTION...]	no mcastd, but datagrams of any bytes
 *
 * Of FILE a receiver uses the hashes only. Prints what happens as words and
 * NAME=NUMBER, one line for each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mcast_protocol.h"

#define MAX_CHUNKS	4096
#define TAG		7

static struct {
	const char *mcastd;
	const char *out;
	const char *only;
	struct mcast_route route;
	uint64_t rate;
	uint32_t receivers;
	uint32_t chunk;
	unsigned int rounds;
	int timeout;
	bool damage;
	int hold;	/* seconds between the last round and the end */
} opt = {
	.mcastd = "codeswap-mcastd",
	.route = { "239.255.70.1", "bulk0", 1, 6003, 1, 0 },
	.rate = 50000000,
	.receivers = 3,
	.chunk = 512 << 10,
	.rounds = 1,
	.timeout = 60,
};

static struct {
	const uint8_t *data;
	uint64_t size;
	int fd;
	uint32_t num;
	uint8_t hash[MAX_CHUNKS][MCAST_HASH_BYTES];
	bool chosen[MAX_CHUNKS];
} file;

static int sock;
static pid_t mcastd;
static double started;

static union {
	struct mcast_packet head;
	struct mcast_want want;
	struct mcast_chunk chunk;
	struct mcast_sent sent;
	struct mcast_problem problem;
	char space[MCAST_MAX_PACKET];
} packet;

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t offset_of(uint32_t i)
{
	return (uint64_t)i * opt.chunk;
}

static uint32_t size_of(uint32_t i)
{
	uint64_t left = file.size - offset_of(i);

	return left < opt.chunk ? (uint32_t)left : opt.chunk;
}

static bool is_listed(uint32_t i)
{
	const char *at = opt.only;
	char *end;

	while (at && *at) {
		if (strtoul(at, &end, 10) == i)
			return true;
		at = *end ? end + 1 : end;
	}
	return !opt.only;
}

/* A copy in a memfd, sealed as codeswapd seals an image that is complete. */
static void load(const char *name)
{
	int from = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint32_t i;

	if (from < 0 || fstat(from, &st) || st.st_size <= 0)
		die("%s: %s", name, strerror(errno));
	file.size = (uint64_t)st.st_size;
	file.num = (uint32_t)((file.size + opt.chunk - 1) / opt.chunk);
	if (file.num > MAX_CHUNKS)
		die("too many chunks");
	file.data = mmap(NULL, file.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, from, 0);
	if (file.data == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	close(from);
	for (i = 0; i < file.num; i++) {
		SHA256(file.data + offset_of(i), size_of(i), file.hash[i]);
		file.chosen[i] = is_listed(i);
		/* As of somebody who knows the hashes, and not the bytes. */
		if (opt.damage)
			((uint8_t *)file.data)[offset_of(i)] ^= 1;
	}
}

static int memfd_of_file(int seals)
{
	int fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint64_t done = 0;

	while (done < file.size) {
		ssize_t n = write(fd, file.data + done, file.size - done);

		if (n <= 0)
			die("memfd: %s", strerror(errno));
		done += (uint64_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, seals))
		die("seals: %s", strerror(errno));
	return fd;
}

static void spawn(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		die("socketpair: %s", strerror(errno));
	mcastd = fork();
	if (mcastd < 0)
		die("fork: %s", strerror(errno));
	if (!mcastd) {
		int fd = dup2(ends[1], 3);

		if (fd == ends[1])
			fcntl(fd, F_SETFD, 0);
		execlp(opt.mcastd, opt.mcastd, "--fd", "3", NULL);
		_exit(127);
	}
	close(ends[1]);
	sock = ends[0];
	printf("pid=%d\n", (int)mcastd);
	fflush(stdout);
}

/* mcastd has to end when nobody listens any more. */
static int finish(int result)
{
	struct rusage use;
	int status;

	fflush(stdout);
	close(sock);
	if (wait4(mcastd, &status, 0, &use) != mcastd)
		die("wait4: %s", strerror(errno));
	printf("ended status=%d cpu=%.3f kib=%ld\n", status,
	       (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6,
	       use.ru_maxrss);
	return result ?: status != 0;
}

static void say(const void *data, size_t size, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room = { 0 };
	struct iovec iov = { (void *)data, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *c = &room.align;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		msg.msg_control = &room;
		msg.msg_controllen = sizeof(room.space);
	}
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) != (ssize_t)size)
		die("sendmsg: %s", strerror(errno));
}

static void say_plain(uint32_t type)
{
	const struct mcast_packet head = { .type = type, .tag = TAG };

	say(&head, sizeof(head), -1);
}

/* The next packet; @fd may be NULL if none is expected with it. */
static uint32_t hear(double until, int *fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room = { 0 };
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct iovec iov = { &packet, sizeof(packet) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room.space),
	};
	int wait = (int)((until - now()) * 1000);

	if (wait < 0 || poll(&p, 1, wait) == 0)
		return 0;
	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) < (ssize_t)sizeof(packet.head))
		die("mcastd is gone");
	if (fd) {
		*fd = -1;
		if (CMSG_FIRSTHDR(&msg))
			memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(*fd));
	}
	return packet.head.type;
}

static void say_send(int fd)
{
	const struct mcast_send send = {
		.head = { .type = MCAST_SEND, .tag = TAG },
		.route = opt.route,
		.rate = opt.rate,
		.receivers = opt.receivers,
	};

	say(&send, sizeof(send), fd);
}

static void say_chunk(uint64_t offset, uint32_t size, const uint8_t *hash)
{
	struct mcast_send_chunk chunk = {
		.head = { .type = MCAST_SEND_CHUNK, .tag = TAG },
		.offset = offset,
		.size = size,
	};

	memcpy(chunk.hash, hash, sizeof(chunk.hash));
	say(&chunk, sizeof(chunk), -1);
}

static void say_chunks(void)
{
	uint32_t i;

	for (i = 0; i < file.num; i++) {
		if (file.chosen[i])
			say_chunk(offset_of(i), size_of(i), file.hash[i]);
	}
	say_plain(MCAST_SEND_END);
}

static void one_round(void)
{
	double until = now() + opt.timeout;
	double begin = now();
	double out = 0;
	uint32_t type;

	say_chunks();
	do {
		type = hear(until, NULL);
		if (type == MCAST_PROBLEM)
			die("problem: %s", packet.problem.text);
		if (!type)
			die("not sent in time");
		if (type == MCAST_PROGRESS)
			out = now() - begin;
	} while (type != MCAST_SENT);
	printf("sent chunks=%u bytes=%llu out=%.3f seconds=%.3f\n",
	       packet.sent.chunks, (unsigned long long)packet.sent.bytes, out,
	       now() - begin);
	fflush(stdout);
}

static int cmd_send(void)
{
	unsigned int i;
	int fd = memfd_of_file(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);

	say_send(fd);
	close(fd);
	for (i = 0; i < opt.rounds; i++)
		one_round();
	poll(NULL, 0, opt.hold * 1000);
	say_plain(MCAST_STOP);
	return 0;
}

/* What is in the output already, from another sender, is not wanted again. */
static uint32_t choose_missing(int out)
{
	uint8_t *data = malloc(opt.chunk);
	uint8_t hash[MCAST_HASH_BYTES];
	uint32_t i, num = 0;

	for (i = 0; data && i < file.num; i++) {
		uint32_t size = size_of(i);

		if (pread(out, data, size, (off_t)offset_of(i)) == (ssize_t)size &&
		    !memcmp(SHA256(data, size, hash), file.hash[i], sizeof(hash)))
			file.chosen[i] = false;
		num += file.chosen[i];
	}
	free(data);
	return num;
}

static void say_want(void)
{
	struct mcast_want *want = &packet.want;
	uint32_t i;

	memset(want, 0, sizeof(*want));
	want->head.type = MCAST_WANT;
	want->head.tag = TAG;
	for (i = 0; i < file.num; i++) {
		if (file.chosen[i])
			memcpy(want->hashes[want->num++], file.hash[i],
			       MCAST_HASH_BYTES);
		if (want->num == MCAST_MAX_HASHES || i + 1 == file.num) {
			say(want, sizeof(*want) + (size_t)want->num * MCAST_HASH_BYTES, -1);
			want->num = 0;
		}
	}
}

static void keep(int out, int fd)
{
	uint8_t *data = malloc(opt.chunk);
	uint8_t hash[MCAST_HASH_BYTES];
	uint32_t size = packet.chunk.size;
	uint32_t i;

	if (!data || fd < 0 || size > opt.chunk || pread(fd, data, size, 0) != (ssize_t)size)
		die("a chunk cannot be read");
	if (memcmp(SHA256(data, size, hash), packet.chunk.hash, sizeof(hash)))
		die("a chunk has another hash");
	for (i = 0; i < file.num; i++) {
		if (!file.chosen[i] || memcmp(hash, file.hash[i], sizeof(hash)))
			continue;
		if (pwrite(out, data, size, (off_t)offset_of(i)) != (ssize_t)size)
			die("pwrite: %s", strerror(errno));
		file.chosen[i] = false;
	}
	close(fd);
	free(data);
}

static void print_missing(void)
{
	uint32_t i;

	for (i = 0; i < file.num; i++) {
		if (file.chosen[i])
			printf("%u,", i);
	}
	printf("\n");
}

static int cmd_receive(void)
{
	const struct mcast_join join = {
		.head = { .type = MCAST_JOIN, .tag = TAG },
		.route = opt.route,
	};
	int out = open(opt.out ?: "/dev/null", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	uint32_t missing = choose_missing(out);
	double until = now() + opt.timeout;
	uint32_t got = 0;
	int fd;

	say(&join, sizeof(join), -1);
	say_want();
	printf("joined missing=%u\n", missing);
	fflush(stdout);
	while (got < missing) {
		uint32_t type = hear(until, &fd);

		if (!type)
			break;
		if (type == MCAST_PROBLEM)
			die("problem: %s", packet.problem.text);
		if (type == MCAST_CHUNK) {
			keep(out, fd);
			got++;
		}
	}
	printf("received chunks=%u missing=%u seconds=%.3f lacks=", got, missing - got,
	       now() - started);
	print_missing();
	return got < missing;
}

static int group_socket(struct sockaddr_in *to)
{
	struct ip_mreqn here = { .imr_ifindex = (int)if_nametoindex(opt.route.interface) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to->sin_family = AF_INET;
	to->sin_port = htons(opt.route.port);
	if (fd < 0 || inet_pton(AF_INET, opt.route.group, &to->sin_addr) != 1 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &here, sizeof(here)))
		die("%s, %s: %s", opt.route.group, opt.route.interface, strerror(errno));
	return fd;
}

/*
 * Each looks as if it were the sender's: a version and a kind that NORM has, and
 * its node id; half of them with what an object of data begins with, and so past
 * any filter for that. The rest is what chance gives; SEED=NUMBER for the same.
 */
static void make_noise(uint8_t *data)
{
	static const uint8_t fti[] = { 64, 3, 0, 0, 0, 1, 0, 0, 5, 120, 64, 8 };
	const uint32_t sender = htonl(opt.route.sender);
	const uint8_t kind = (uint8_t)(1 + random() % 6);
	const size_t at = kind == 1 ? 16 : 20;
	size_t i;

	for (i = 0; i < 1400; i++)
		data[i] = (uint8_t)random();
	data[0] = 0x10 | kind;
	data[1] = (uint8_t)(random() % 10);
	memcpy(data + 4, &sender, sizeof(sender));
	if (kind <= 2 && random() % 2) {
		data[1] = (uint8_t)((at + sizeof(fti)) / 4);
		data[12] = 4;
		data[13] = 5;
		memcpy(data + at, fti, sizeof(fti));
	}
}

static int cmd_noise(void)
{
	const char *seed = getenv("SEED");
	const unsigned int start = seed ? (unsigned int)strtoul(seed, NULL, 0) :
					  (unsigned int)time(NULL);
	struct sockaddr_in to = { 0 };
	int fd = group_socket(&to);
	uint8_t data[1400];
	unsigned int i;

	printf("noise SEED=%u\n", start);
	srandom(start);
	for (i = 0; i < opt.rounds; i++) {
		make_noise(data);
		sendto(fd, data, (size_t)(random() % (long)sizeof(data)), 0,
		       (void *)&to, sizeof(to));
		if (i % 20 == 0)
			poll(NULL, 0, 1);
	}
	close(fd);
	return 0;
}

static int count;
static int failed;

/* mcastd answers by a sentence that holds the text, and lives. */
static void refused(const char *text, const char *what)
{
	uint32_t type = hear(now() + 5, NULL);
	bool good = type == MCAST_PROBLEM && strstr(packet.problem.text, text) &&
		    memchr(packet.problem.text, 0, sizeof(packet.problem.text));

	printf("%s %d - %s\n", good ? "ok" : "not ok", ++count, what);
	if (!good)
		printf("# %s\n", type == MCAST_PROBLEM ? packet.problem.text : "no answer");
	failed += !good;
}

static void bad_packets(void)
{
	struct mcast_want want = { .head = { .type = MCAST_WANT, .tag = TAG }, .num = 9 };
	struct mcast_packet head = { .type = 33 };

	say("abc", 3, -1);
	refused("no such packet", "shorter than any packet");
	say(&head, sizeof(head), -1);
	refused("no such packet", "unknown type");
	head.type = MCAST_READY;
	say(&head, sizeof(head), -1);
	refused("no such packet", "packet of the other direction");
	head.type = MCAST_JOIN;
	say(&head, sizeof(head), -1);
	refused("instead of", "too short for its type");
	say(&want, sizeof(want), -1);
	refused("than it says", "fewer hashes than promised");
	want.num = UINT32_MAX;
	say(&want, sizeof(want), -1);
	refused("than it says", "more hashes than a packet holds");
	want.num = 0;
	say(&want, sizeof(want), -1);
	refused("with that tag", "hashes before joining");
	say_plain(MCAST_LEAVE);
	refused("with that tag", "leaving before joining");
	say_plain(MCAST_SEND_END);
	refused("with that tag", "end of what was not begun");
	memset(&packet, 'x', sizeof(packet));
	say(&packet, sizeof(packet), 0);
	refused("no such packet", "64 KiB of nonsense with a descriptor");
}

static void bad_routes(int fd)
{
	const struct mcast_route good = opt.route;
	struct mcast_join join = { .head = { .type = MCAST_JOIN, .tag = TAG } };

	join.route = good;
	memset(join.route.group, '1', sizeof(join.route.group));
	say(&join, sizeof(join), -1);
	refused("multicast", "group without an end");
	join.route = good;
	memset(join.route.interface, 'e', sizeof(join.route.interface));
	say(&join, sizeof(join), -1);
	refused("interface", "interface without an end");
	join.route = good;
	join.route.sender = 0;
	say(&join, sizeof(join), -1);
	refused("number", "sender 0");
	opt.route.port = 0;
	say_send(fd);
	refused("port", "port 0");
	opt.route = good;
	opt.route.group[0] = '1';
	opt.route.group[1] = '0';
	opt.route.group[2] = '.';
	say_send(fd);
	refused("multicast", "group that is none");
	opt.route = good;
}

static void bad_files(int fd)
{
	int open_ended = memfd_of_file(0);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	uint64_t rate = opt.rate;

	opt.rate = 10;
	say_send(fd);
	refused("rate", "rate of 10 bit/s");
	opt.rate = rate;
	say_send(-1);
	refused("no file", "no file");
	say_send(zero);
	refused("no file", "device instead of a file");
	say_send(open_ended);
	refused("sealed", "file that could become shorter");
	close(open_ended);
	close(zero);
}

static void bad_chunks(int fd)
{
	say_send(fd);
	say_chunk(0, 0, file.hash[0]);
	refused("size", "chunk of nothing");
	say_chunk(0, MCAST_MAX_CHUNK + 1, file.hash[0]);
	refused("size", "chunk of more than 1 MiB");
	say_chunk(file.size - 1, 2, file.hash[0]);
	refused("within", "chunk behind the end");
	say_chunk(UINT64_MAX - 1, 8, file.hash[0]);
	refused("within", "chunk around the end of numbers");
	say_plain(MCAST_SEND_END);
	printf("%s %d - an empty round ends at once\n",
	       hear(now() + 5, NULL) == MCAST_SENT ? "ok" : "not ok", ++count);
	say_plain(MCAST_STOP);
}

static int cmd_bad(void)
{
	int fd = memfd_of_file(F_SEAL_SHRINK);

	bad_packets();
	bad_routes(fd);
	bad_files(fd);
	bad_chunks(fd);
	return failed != 0;
}

static bool set_text(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size)
		return false;
	memset(to, 0, size);
	memcpy(to, from, len);
	return true;
}

static bool set_number(int name, const char *text)
{
	unsigned long long n = strtoull(text, NULL, 0);

	switch (name) {
	case 'p':
		opt.route.port = (uint16_t)n;
		return true;
	case 's':
		opt.route.sender = (uint32_t)n;
		return true;
	case 'L':
		opt.route.loopback = (uint8_t)n;
		return true;
	case 'r':
		opt.rate = n;
		return true;
	case 'n':
		opt.receivers = (uint32_t)n;
		return true;
	case 'c':
		opt.chunk = (uint32_t)n;
		return n > 0 && n <= MCAST_MAX_CHUNK;
	case 'R':
		opt.rounds = (unsigned int)n;
		return true;
	case 't':
		opt.timeout = (int)n;
		return true;
	case 'H':
		opt.hold = (int)n;
		return true;
	case 'D':
		opt.damage = n;
		return true;
	default:
		return false;
	}
}

static bool set(int name, const char *text)
{
	switch (name) {
	case 'm':
		opt.mcastd = text;
		return true;
	case 'o':
		opt.out = text;
		return true;
	case 'O':
		opt.only = text;
		return true;
	case 'g':
		return set_text(opt.route.group, sizeof(opt.route.group), text);
	case 'i':
		return set_text(opt.route.interface, sizeof(opt.route.interface), text);
	default:
		return set_number(name, text);
	}
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "mcastd", 1, NULL, 'm' }, { "out", 1, NULL, 'o' },
		{ "only", 1, NULL, 'O' }, { "group", 1, NULL, 'g' },
		{ "interface", 1, NULL, 'i' }, { "port", 1, NULL, 'p' },
		{ "sender", 1, NULL, 's' }, { "loopback", 1, NULL, 'L' },
		{ "rate", 1, NULL, 'r' }, { "receivers", 1, NULL, 'n' },
		{ "chunk", 1, NULL, 'c' }, { "rounds", 1, NULL, 'R' },
		{ "timeout", 1, NULL, 't' }, { "hold", 1, NULL, 'H' },
		{ "damage", 1, NULL, 'D' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (!set(c, optarg))
			return 2;
	}
	if (argc - optind != 2)
		return 2;
	load(argv[optind + 1]);
	started = now();
	if (!strcmp(argv[optind], "noise"))
		return cmd_noise();
	spawn();
	if (hear(now() + 10, NULL) != MCAST_READY)
		die("mcastd is not ready");
	if (!strcmp(argv[optind], "send"))
		return finish(cmd_send());
	if (!strcmp(argv[optind], "receive"))
		return finish(cmd_receive());
	return strcmp(argv[optind], "bad") ? 2 : finish(cmd_bad());
}
