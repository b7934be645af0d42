// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink messages that nobody may send, or that make no sense: who sends them,
 * names, options, file descriptors, attributes. Each is refused with an errno
 * and, by us, a sentence; the device serves on (K3).
 */
#include <linux/codeswap.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "kselftest_harness.h"

#include "device.h"
#include "genl.h"

#define NOBODY	65534

static struct message m;

#define EXPECT_REFUSED(code, words) do {				\
	EXPECT_EQ((code), ask_for(self->fd, &m, 0));			\
	EXPECT_NE(NULL, strstr(said, words)) {				\
		TH_LOG("it said '%s', not '%s'", said, words);		\
	}								\
} while (0)

FIXTURE(message) {
	int fd;
	int family;
};

FIXTURE_SETUP(message)
{
	self->fd = genl_open();
	ASSERT_LE(0, self->fd);
	self->family = genl_family(self->fd, CODESWAP_FAMILY_NAME);
	ASSERT_NE(0, self->family);
}

FIXTURE_TEARDOWN(message)
{
	close(self->fd);
	EXPECT_STREQ("idle", attr("phase"));
	EXPECT_TRUE(serves());
}

static void command(FIXTURE_DATA(message) *self, int cmd)
{
	message_begin(&m, self->family, cmd);
	if (cmd != CODESWAP_CMD_STAGE_DATA && cmd != CODESWAP_CMD_STAGE_END &&
	    cmd != CODESWAP_CMD_REQUEST_FAIL)
		put_text(&m, CODESWAP_A_UPDATE_DEVICE, device_label);
}

static const int privileged[] = {
	CODESWAP_CMD_STAGE_BEGIN, CODESWAP_CMD_STAGE_DATA,
	CODESWAP_CMD_STAGE_END, CODESWAP_CMD_STAGE_FD, CODESWAP_CMD_SWAP,
	CODESWAP_CMD_RELEASE, CODESWAP_CMD_CANCEL, CODESWAP_CMD_ROLLBACK,
	CODESWAP_CMD_RESET, CODESWAP_CMD_REQUEST_FAIL,
};

/* In a child, which gives its rights up. Returns the number of what went wrong. */
static int try_without_rights(FIXTURE_DATA(message) *self, int fd)
{
	unsigned int i;

	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return 100;
	if (fd < 0)
		fd = genl_open();
	for (i = 0; i < ARRAY_SIZE(privileged); i++) {
		command(self, privileged[i]);
		if (ask_for(fd, &m, 0) != -EPERM)
			return privileged[i];
	}
	message_begin(&m, self->family, CODESWAP_CMD_DEVICE_GET);
	put_text(&m, CODESWAP_A_DEVICE_NAME, device_label);
	return ask_for(fd, &m, 0) ? 101 : 0;
}

static int status_of(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(message, needs_the_rights_of_an_administrator)
{
	pid_t pid = fork();

	if (!pid)
		_exit(try_without_rights(self, -1));
	EXPECT_EQ(0, status_of(pid));
}

TEST_F(message, needs_them_also_by_a_socket_that_was_opened_with_them)
{
	pid_t pid = fork();

	if (!pid)
		_exit(try_without_rights(self, self->fd));
	EXPECT_EQ(0, status_of(pid));
}

/* What codeswap says to somebody who may not. */
static void run_helper(int out)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(100);
	dup2(out, STDERR_FILENO);
	execlp("codeswap", "codeswap", "cancel", device_label, NULL);
	_exit(127);
}

TEST_F(message, helper_says_which_right_it_lacks)
{
	char text[512] = "";
	int out[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(out));
	pid = fork();
	if (!pid)
		run_helper(out[1]);
	EXPECT_EQ(1, status_of(pid));
	EXPECT_LT(0, read(out[0], text, sizeof(text) - 1));
	EXPECT_NE(NULL, strstr(text, "CAP_NET_ADMIN")) {
		TH_LOG("it said '%s'", text);
	}
	close(out[0]);
	close(out[1]);
}

TEST_F(message, nodes_are_for_root)
{
	pid_t pid = fork();

	if (!pid) {
		if (setresuid(NOBODY, NOBODY, NOBODY))
			_exit(100);
		if (open("/dev/codeswap", O_RDWR) >= 0 || errno != EACCES)
			_exit(1);
		_exit(open(device_node, O_WRONLY) >= 0 || errno != EACCES);
	}
	EXPECT_EQ(0, status_of(pid));
}

TEST_F(message, other_network_namespaces_have_no_such_family)
{
	pid_t pid = fork();

	if (!pid) {
		if (unshare(CLONE_NEWNET))
			_exit(100);
		_exit(genl_family(genl_open(), CODESWAP_FAMILY_NAME) != 0);
	}
	EXPECT_EQ(0, status_of(pid));
}

TEST_F(message, devices_that_are_not_here)
{
	message_begin(&m, self->family, CODESWAP_CMD_STAGE_BEGIN);
	put_text(&m, CODESWAP_A_UPDATE_DEVICE, "nobody");
	EXPECT_REFUSED(-ENODEV, "there is no device 'nobody'");
	message_begin(&m, self->family, CODESWAP_CMD_SWAP);
	EXPECT_REFUSED(-EINVAL, "names no device");
	put_text(&m, CODESWAP_A_UPDATE_DEVICE, "");
	EXPECT_REFUSED(-ENODEV, "there is no device ''");
	command(self, CODESWAP_CMD_SWAP);
	EXPECT_NE(0, ask_for(self->fd, &m, 0));
	EXPECT_NE('\0', said[0]);
}

TEST_F(message, names_that_are_none)
{
	static const struct {
		const char *name, *words;
	} bad[] = {
		{ "", "is empty" },
		{ "images/", "is empty" },
		{ "images/..", "plain name" },
		{ ".", "plain name" },
		{ "a\tb", "byte 0x09 at offset 1" },
		{ "\xc3\xa4", "byte 0xc3 at offset 0" },
		{ "0123456789012345678901234567890123456789012345678901234567890123",
		  "64 characters is longer than the 63" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		command(self, CODESWAP_CMD_STAGE_BEGIN);
		put_text(&m, CODESWAP_A_UPDATE_IMAGE_NAME, bad[i].name);
		EXPECT_REFUSED(-EINVAL, bad[i].words);
	}
}

TEST_F(message, options_that_are_none)
{
	int i;

	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_u32(&m, CODESWAP_A_UPDATE_METHOD, 77);
	EXPECT_REFUSED(-EINVAL, "method 77");
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_text(&m, CODESWAP_A_UPDATE_ACCEPT_LOST,
		 "01234567890123456789012345678901");
	EXPECT_REFUSED(-EINVAL, "longer than the 31 characters");
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	for (i = 0; i < 9; i++)
		put_text(&m, CODESWAP_A_UPDATE_ACCEPT_LOST, "guard");
	EXPECT_REFUSED(-E2BIG, "more than 8 capabilities");
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_u32(&m, CODESWAP_A_UPDATE_FD, 0);
	EXPECT_REFUSED(-EINVAL, "takes no file descriptor");
}

TEST_F(message, answers_to_what_nobody_asked)
{
	message_begin(&m, self->family, CODESWAP_CMD_STAGE_BEGIN);
	put_u64(&m, CODESWAP_A_UPDATE_REQUEST_ID, 987654321);
	EXPECT_REFUSED(-ENOENT, "no request 987654321");
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_u64(&m, CODESWAP_A_UPDATE_REQUEST_ID, 1);
	EXPECT_REFUSED(-EINVAL, "no device, no options");
	command(self, CODESWAP_CMD_REQUEST_FAIL);
	EXPECT_REFUSED(-EINVAL, "no request-id");
	put_u64(&m, CODESWAP_A_UPDATE_REQUEST_ID, 987654321);
	EXPECT_REFUSED(-ENOENT, "no request 987654321");
}

static void stage_fd(FIXTURE_DATA(message) *self, int fd)
{
	command(self, CODESWAP_CMD_STAGE_FD);
	put_u32(&m, CODESWAP_A_UPDATE_FD, fd);
}

TEST_F(message, files_that_cannot_be_read)
{
	int ends[2], fd;

	command(self, CODESWAP_CMD_STAGE_FD);
	EXPECT_REFUSED(-EINVAL, "no file descriptor");
	stage_fd(self, -1);
	EXPECT_REFUSED(-EBADF, "file descriptor -1 is not open");
	ASSERT_EQ(0, pipe(ends));
	stage_fd(self, ends[0]);
	EXPECT_REFUSED(-EINVAL, "is not a regular file");
	stage_fd(self, ends[1]);
	EXPECT_REFUSED(-EBADF, "is not open for reading");
	fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	stage_fd(self, fd);
	EXPECT_REFUSED(-EINVAL, "is not a regular file");
	close(fd);
	fd = memfd_create("image", 0);
	ASSERT_LE(0, fd);
	stage_fd(self, fd);
	EXPECT_REFUSED(-ENODATA, "no byte of an image");
	put_u64(&m, CODESWAP_A_UPDATE_OFFSET, 1);
	EXPECT_REFUSED(-ENODATA, "behind the end of the file, which has 0 bytes");
	stage_fd(self, fd);
	put_u64(&m, CODESWAP_A_UPDATE_SIZE, 8);
	EXPECT_REFUSED(-ENODATA, "0 of the 8 bytes that were announced");
	ASSERT_EQ(0, ftruncate(fd, 1LL << 40));
	stage_fd(self, fd);
	EXPECT_REFUSED(-EFBIG, "1099511627776 bytes are more");
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

static void file_follows(FIXTURE_DATA(message) *self, int fd, uint64_t offset)
{
	message_begin(&m, self->family, CODESWAP_CMD_STAGE_FD);
	put_u32(&m, CODESWAP_A_UPDATE_FD, fd);
	put_u64(&m, CODESWAP_A_UPDATE_OFFSET, offset);
}

TEST_F(message, a_file_after_stage_begin)
{
	int fd = memfd_create("image", 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 4096));
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_u64(&m, CODESWAP_A_UPDATE_OFFSET, 0);
	EXPECT_REFUSED(-EINVAL, "takes no file descriptor and no offset");
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_u64(&m, CODESWAP_A_UPDATE_SIZE, 8192);
	EXPECT_EQ(0, ask_for(self->fd, &m, 0));
	stage_fd(self, fd);
	EXPECT_REFUSED(-EBUSY, "feeds an image already");
	file_follows(self, fd, 4097);
	EXPECT_REFUSED(-ENODATA, "behind the end of the file, which has 4096 bytes");
	file_follows(self, fd, 0);
	EXPECT_REFUSED(-ENOEXEC, "not an MRB image");
	close(fd);
}

/* Refused by the parser of attributes, whose sentences are its own. */
TEST_F(message, attributes_that_are_malformed)
{
	struct nlattr *attr;

	message_begin(&m, self->family, CODESWAP_CMD_STAGE_BEGIN);
	put(&m, CODESWAP_A_UPDATE_DEVICE, "no end", 6);
	EXPECT_EQ(-EINVAL, ask_for(self->fd, &m, 0));
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_u32(&m, CODESWAP_A_UPDATE_SIZE, 1);
	EXPECT_GT(0, ask_for(self->fd, &m, 0));
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_u32(&m, CODESWAP_A_UPDATE_MAX + 1, 1);
	EXPECT_EQ(-EINVAL, ask_for(self->fd, &m, 0));
	message_begin(&m, self->family, CODESWAP_CMD_STAGE_DATA);
	attr = (void *)(m.bytes + m.head.nlmsg_len);
	put(&m, CODESWAP_A_UPDATE_DATA, "12345678", 8);
	attr->nla_len = 1000;
	EXPECT_EQ(-EINVAL, ask_for(self->fd, &m, 0));
	attr->nla_len = 1;
	EXPECT_EQ(-EINVAL, ask_for(self->fd, &m, 0));
	message_begin(&m, self->family, CODESWAP_CMD_MAX + 1);
	EXPECT_EQ(-EOPNOTSUPP, ask_for(self->fd, &m, 0));
	message_begin(&m, self->family, CODESWAP_CMD_DEVICE_NTF);
	EXPECT_EQ(-EOPNOTSUPP, ask_for(self->fd, &m, 0));
	m.head.nlmsg_len = NLMSG_LENGTH(0);
	EXPECT_GT(0, ask_for(self->fd, &m, 0));
}

int main(int argc, char **argv)
{
	return run_with_device(argc, argv);
}
