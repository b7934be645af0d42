// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character devices, system call by system call: O_NONBLOCK and poll(),
 * signals, close(), what a read tells, and memory that is not there (K2).
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "kselftest_harness.h"

#include "device.h"

FIXTURE(door) {
	int fd;
	unsigned char *image;
	size_t size;
	char text[512];
};

FIXTURE_SETUP(door)
{
	self->fd = open(device_node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->image = malloc(IMAGE_MAX);
	ASSERT_NE(NULL, self->image);
	self->size = read_image("hba-2.0.0", self->image);
	ASSERT_NE((size_t)0, self->size);
}

/* Set where ops wait: "bootstrap" keeps a swap on for as long as it is held. */
static bool hold(const char *point)
{
	return run("echo %s >/sys/kernel/debug/codeswap_sim/%s/faults/hold",
		   point, device_label);
}

static bool back_to_1_1_0(void)
{
	return strcmp(attr("version"), "1.1.0") == 0 ||
	       run("codeswap swap %s --allow-downgrade --accept-lost login-priority "
		   "${CODESWAP_IMAGES:-/lib/firmware/codeswap}/hba-1.1.0.mrb "
		   ">/dev/null", device_label);
}

FIXTURE_TEARDOWN(door)
{
	if (self->fd >= 0)
		close(self->fd);
	hold("none");
	EXPECT_TRUE(await_attr("phase", "idle"));
	EXPECT_TRUE(back_to_1_1_0());
	EXPECT_TRUE(serves());
	free(self->image);
}

static void block(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

/* What poll() returns within so many milliseconds, 0 for nothing. */
static int events(int fd, int ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pollfd, 1, ms) > 0 ? pollfd.revents : 0;
}

/* Reads the result as a line, into @text. */
static const char *result(FIXTURE_DATA(door) *self)
{
	ssize_t n = read(self->fd, self->text, sizeof(self->text) - 1);

	self->text[n < 0 ? 0 : n] = '\0';
	return self->text;
}

TEST_F(door, swap_begins_and_poll_tells_its_end)
{
	EXPECT_EQ(POLLIN | POLLOUT, events(self->fd, 0));
	ASSERT_TRUE(hold("bootstrap"));
	ASSERT_EQ((ssize_t)self->size, write(self->fd, self->image, self->size));
	EXPECT_EQ(0, events(self->fd, 0));
	EXPECT_EQ(-1, write(self->fd, self->image, self->size));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, read(self->fd, self->text, sizeof(self->text)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_STREQ("1.1.0", attr("version"));
	ASSERT_TRUE(hold("none"));
	EXPECT_EQ(POLLIN | POLLOUT, events(self->fd, WAIT_SECONDS * 1000));
	EXPECT_STREQ("2.0.0", attr("version"));
	EXPECT_STREQ("success\n", result(self));
	EXPECT_STREQ("", result(self));
}

TEST_F(door, refusal_is_told_by_read_and_by_the_next_write)
{
	self->size = read_image("hba-2.0.0-bad-refuse", self->image);
	ASSERT_EQ((ssize_t)self->size, write(self->fd, self->image, self->size));
	EXPECT_EQ(POLLIN | POLLOUT, events(self->fd, WAIT_SECONDS * 1000));
	EXPECT_EQ(0, strncmp("reconciling:bootstrap-refused ", result(self), 30)) {
		TH_LOG("it says '%s'", self->text);
	}
	EXPECT_EQ(-1, write(self->fd, self->image, self->size));
	EXPECT_NE(EAGAIN, errno);
	EXPECT_EQ(-1, write(self->fd, self->image, self->size));
}

TEST_F(door, image_that_is_refused_at_once_fails_at_once)
{
	self->image[8] = 9;
	EXPECT_EQ(-1, write(self->fd, self->image, self->size));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
	EXPECT_EQ(POLLIN | POLLOUT, events(self->fd, 0));
	EXPECT_EQ(0, strncmp("staging:too-new ", result(self), 16));
	EXPECT_EQ(-1, write(self->fd, self->image, self->size));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
}

TEST_F(door, name_is_looked_up_meanwhile)
{
	ASSERT_TRUE(hold("bootstrap"));
	ASSERT_EQ(14, write(self->fd, "hba-2.0.0.mrb\n", 14));
	EXPECT_EQ(0, events(self->fd, 0));
	EXPECT_EQ(-1, write(self->fd, "hba-2.0.0.mrb\n", 14));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_TRUE(hold("none"));
	EXPECT_EQ(POLLIN | POLLOUT, events(self->fd, WAIT_SECONDS * 1000));
	EXPECT_STREQ("success\n", result(self));
}

TEST_F(door, unknown_name_is_told_by_read_and_by_the_next_write)
{
	ASSERT_EQ(14, write(self->fd, "hba-9.9.9.mrb\n", 14));
	EXPECT_EQ(POLLIN | POLLOUT, events(self->fd, WAIT_SECONDS * 1000));
	EXPECT_EQ(0, strncmp("idle:no-image ", result(self), 14)) {
		TH_LOG("it says '%s'", self->text);
	}
	EXPECT_EQ(-1, write(self->fd, "hba-2.0.0.mrb\n", 14));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(door, closing_while_the_swap_is_on_lets_it_go_on)
{
	ASSERT_TRUE(hold("bootstrap"));
	ASSERT_EQ((ssize_t)self->size, write(self->fd, self->image, self->size));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_TRUE(hold("none"));
	EXPECT_TRUE(await_attr("phase", "idle"));
	EXPECT_STREQ("2.0.0", attr("version"));
}

TEST_F(door, close_half_way_fails)
{
	int other = dup(self->fd);

	ASSERT_EQ(1000, write(self->fd, self->image, 1000));
	/* Somebody else might go on. */
	EXPECT_EQ(0, close(other));
	EXPECT_STREQ("staging", attr("phase"));
	EXPECT_EQ(-1, close(self->fd));
	EXPECT_EQ(ENODATA, errno);
	self->fd = -1;
	EXPECT_STREQ("idle", attr("phase"));
	EXPECT_NE(NULL, strstr(attr("error"), "staging:truncated the image ends"));
}

TEST_F(door, image_comes_byte_by_byte)
{
	size_t i;

	block(self->fd);
	for (i = 0; i < self->size; i++)
		ASSERT_EQ(1, write(self->fd, self->image + i, 1));
	EXPECT_STREQ("2.0.0", attr("version"));
	EXPECT_STREQ("success\n", result(self));
}

TEST_F(door, nothing_is_written)
{
	EXPECT_EQ(0, write(self->fd, self->image, 0));
	EXPECT_STREQ("idle", attr("phase"));
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pwrite(self->fd, self->image, self->size, 0));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(door, memory_that_cannot_be_read)
{
	void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	ASSERT_NE(MAP_FAILED, nothing);
	EXPECT_EQ(-1, write(self->fd, nothing, 100));
	EXPECT_EQ(EFAULT, errno);
	close(self->fd);
	self->fd = open(device_node, O_RDWR);
	ASSERT_EQ(1000, write(self->fd, self->image, 1000));
	EXPECT_EQ(-1, write(self->fd, nothing, 100));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_STREQ("idle", attr("phase"));
	EXPECT_NE(NULL, strstr(attr("error"), "memory cannot be read"));
	EXPECT_EQ(-1, write(self->fd, self->image + 1000, 1000));
	EXPECT_EQ(EFAULT, errno);
}

static bool await_held(void)
{
	return run("./await-attr %d /sys/kernel/debug/codeswap_sim/%s/faults/hold held >/dev/null",
		   WAIT_SECONDS, device_label);
}

static void woken(int signal)
{
	(void)signal;
}

/* A child that writes the image, to whom @signal is sent while it waits. */
static int write_and_signal(FIXTURE_DATA(door) *self, int signal)
{
	int status = 0;
	pid_t pid;

	block(self->fd);
	if (!hold("bootstrap"))
		return -1;
	pid = fork();
	if (!pid)
		_exit(write(self->fd, self->image, self->size) !=
		      (ssize_t)self->size);
	if (pid < 0 || !await_held() || kill(pid, signal) || !hold("none") ||
	    waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

TEST_F(door, signal_that_kills_the_writer_cancels)
{
	int status = write_and_signal(self, SIGTERM);

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGTERM, WTERMSIG(status));
	EXPECT_STREQ("cancelled", attr("result"));
	EXPECT_STREQ("1.1.0", attr("version"));
}

/* As a shell's SIGCHLD does while it echoes a name. */
TEST_F(door, signal_that_the_writer_handles_does_not)
{
	struct sigaction action = { .sa_handler = woken };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	EXPECT_EQ(0, write_and_signal(self, SIGUSR1));
	EXPECT_STREQ("success", attr("result"));
	EXPECT_STREQ("2.0.0", attr("version"));
}

/* A second device, opened; @node is its name. */
static int open_another(char node[64])
{
	FILE *found;
	int n;

	if (!run("mkdir /sys/kernel/config/codeswap_sim/gone && "
		 "echo 1 >/sys/kernel/config/codeswap_sim/gone/power"))
		return -1;
	found = popen("for d in /sys/class/codeswap/*; do [ $d = $(dirname $d)/"
		      "codeswap0 ] || echo /dev/${d##*/}; done", "r");
	n = fscanf(found, "%63s", node);
	pclose(found);
	return n == 1 ? open(node, O_RDWR | O_NONBLOCK) : -1;
}

static bool remove_another(void)
{
	return run("echo 0 >/sys/kernel/config/codeswap_sim/gone/power && "
		   "rmdir /sys/kernel/config/codeswap_sim/gone");
}

/* Nothing has been written; the poller is told nevertheless. */
TEST_F(door, device_goes_while_somebody_polls)
{
	int status, fd;
	char node[64];
	pid_t pid;

	fd = open_another(node);
	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		struct pollfd pollfd = { .fd = fd };

		_exit(poll(&pollfd, 1, -1) != 1 ||
		      pollfd.revents != (POLLERR | POLLHUP));
	}
	ASSERT_LT(0, pid);
	ASSERT_TRUE(run("until grep -q ') S ' /proc/%d/stat; do :; done", pid));
	EXPECT_TRUE(remove_another());
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(fd);
}

TEST_F(door, device_that_has_gone)
{
	char node[64];
	int fd = open_another(node);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1000, write(fd, self->image, 1000));
	ASSERT_TRUE(remove_another());
	EXPECT_EQ(POLLERR | POLLHUP, events(fd, 0));
	EXPECT_EQ(-1, write(fd, self->image + 1000, 1000));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, read(fd, self->text, sizeof(self->text)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, open(node, O_RDWR));
	EXPECT_EQ(ENOENT, errno);
	close(fd);
}

int main(int argc, char **argv)
{
	return run_with_device(argc, argv);
}
