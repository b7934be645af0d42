// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink messages that do not fit: without permission, in no order, too large,
 * too many, too few. Each is refused with an errno and a sentence; the device
 * serves on, and the feeder may go on where that makes sense (K3).
 */
#include <linux/codeswap.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include "kselftest_harness.h"

#include "device.h"
#include "genl.h"

#define PIECE	8192

static struct message m;

/* The message, sent by socket @fd, is refused with @code, and says @words. */
#define EXPECT_REFUSED(fd, code, words) do {				\
	EXPECT_EQ((code), ask_for(fd, &m, CODESWAP_A_UPDATE_UPDATE_ID));\
	EXPECT_NE(NULL, strstr(said, words)) {				\
		TH_LOG("it said '%s', not '%s'", said, words);		\
	}								\
} while (0)

#define EXPECT_TAKEN(fd) do {						\
	EXPECT_EQ(0, ask_for(fd, &m, CODESWAP_A_UPDATE_UPDATE_ID)) {	\
		TH_LOG("it said '%s'", said);				\
	}								\
} while (0)

FIXTURE(feeder) {
	int fd;
	int family;
	unsigned char *image;
	size_t size;
};

FIXTURE_SETUP(feeder)
{
	self->fd = genl_open();
	ASSERT_LE(0, self->fd);
	self->family = genl_family(self->fd, CODESWAP_FAMILY_NAME);
	ASSERT_NE(0, self->family);
	self->image = malloc(IMAGE_MAX);
	ASSERT_NE(NULL, self->image);
	self->size = read_image("hba-2.0.0", self->image);
	ASSERT_LT(3 * PIECE, (int)self->size);
}

/* Whatever was sent: the end of the socket is the end of it. */
FIXTURE_TEARDOWN(feeder)
{
	close(self->fd);
	EXPECT_STREQ("idle", attr("phase"));
	EXPECT_TRUE(serves());
	free(self->image);
}

static void command(FIXTURE_DATA(feeder) *self, int cmd)
{
	message_begin(&m, self->family, cmd);
}

/* stage-begin for the device, of so many bytes; 0: without a size. */
static void begin(FIXTURE_DATA(feeder) *self, uint64_t size)
{
	command(self, CODESWAP_CMD_STAGE_BEGIN);
	put_text(&m, CODESWAP_A_UPDATE_DEVICE, device_label);
	if (size)
		put_u64(&m, CODESWAP_A_UPDATE_SIZE, size);
}

static void piece(FIXTURE_DATA(feeder) *self, uint64_t offset, size_t len)
{
	command(self, CODESWAP_CMD_STAGE_DATA);
	put_u64(&m, CODESWAP_A_UPDATE_OFFSET, offset);
	put(&m, CODESWAP_A_UPDATE_DATA, self->image + offset, len);
}

static void order(FIXTURE_DATA(feeder) *self, int cmd)
{
	command(self, cmd);
	put_text(&m, CODESWAP_A_UPDATE_DEVICE, device_label);
}

/* The rest comes in order and is staged: nothing before was held against it. */
static void go_on(struct __test_metadata *_metadata, FIXTURE_DATA(feeder) *self,
		  size_t from)
{
	size_t len;

	for (; from < self->size; from += len) {
		len = self->size - from < PIECE ? self->size - from : PIECE;
		piece(self, from, len);
		EXPECT_TAKEN(self->fd);
	}
	command(self, CODESWAP_CMD_STAGE_END);
	EXPECT_TAKEN(self->fd);
	EXPECT_STREQ("staged", attr("phase"));
	order(self, CODESWAP_CMD_CANCEL);
	EXPECT_TAKEN(self->fd);
	EXPECT_STREQ("cancelled", attr("result"));
}

TEST_F(feeder, needs_a_beginning)
{
	piece(self, 0, PIECE);
	EXPECT_REFUSED(self->fd, -EBADFD, "stage-begin comes first");
	command(self, CODESWAP_CMD_STAGE_END);
	EXPECT_REFUSED(self->fd, -EBADFD, "stage-begin comes first");
}

TEST_F(feeder, missing_piece_is_refused_and_can_be_sent)
{
	begin(self, self->size);
	EXPECT_TAKEN(self->fd);
	piece(self, 0, PIECE);
	EXPECT_TAKEN(self->fd);
	piece(self, 2 * PIECE, PIECE);
	EXPECT_REFUSED(self->fd, -ESPIPE,
		       "offset 16384 leaves out 8192 bytes; the next offset is 8192");
	EXPECT_STREQ("staging", attr("phase"));
	go_on(_metadata, self, PIECE);
}

TEST_F(feeder, duplicated_piece_is_refused_and_changes_nothing)
{
	begin(self, self->size);
	EXPECT_TAKEN(self->fd);
	piece(self, 0, PIECE);
	EXPECT_TAKEN(self->fd);
	EXPECT_REFUSED(self->fd, -EEXIST,
		       "from offset 0 on have come already; the next offset is 8192");
	piece(self, PIECE - 8, PIECE);
	EXPECT_REFUSED(self->fd, -EEXIST, "the next offset is 8192");
	go_on(_metadata, self, PIECE);
}

TEST_F(feeder, pieces_out_of_order_are_refused)
{
	begin(self, self->size);
	EXPECT_TAKEN(self->fd);
	piece(self, 2 * PIECE, PIECE);
	EXPECT_REFUSED(self->fd, -ESPIPE, "the next offset is 0");
	piece(self, PIECE, PIECE);
	EXPECT_REFUSED(self->fd, -ESPIPE, "the next offset is 0");
	command(self, CODESWAP_CMD_STAGE_DATA);
	put_u64(&m, CODESWAP_A_UPDATE_OFFSET, UINT64_MAX - 7);
	put(&m, CODESWAP_A_UPDATE_DATA, self->image, 16);
	EXPECT_REFUSED(self->fd, -ESPIPE, "offset 18446744073709551608");
	go_on(_metadata, self, 0);
}

TEST_F(feeder, pieces_too_large_or_empty_are_refused)
{
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	piece(self, 0, CODESWAP_DATA_MAX + 1);
	EXPECT_REFUSED(self->fd, -EMSGSIZE, "61441 bytes in one message; 1 to 61440");
	piece(self, 0, UINT16_MAX - NLA_HDRLEN);
	EXPECT_REFUSED(self->fd, -EMSGSIZE, "65531 bytes in one message");
	piece(self, 0, 0);
	EXPECT_REFUSED(self->fd, -EMSGSIZE, "0 bytes in one message");
	go_on(_metadata, self, 0);
}

TEST_F(feeder, pieces_without_data_or_offset_are_refused)
{
	begin(self, self->size);
	EXPECT_TAKEN(self->fd);
	command(self, CODESWAP_CMD_STAGE_DATA);
	put(&m, CODESWAP_A_UPDATE_DATA, self->image, PIECE);
	EXPECT_REFUSED(self->fd, -EINVAL, "no offset");
	command(self, CODESWAP_CMD_STAGE_DATA);
	put_u64(&m, CODESWAP_A_UPDATE_OFFSET, 0);
	EXPECT_REFUSED(self->fd, -EINVAL, "no data");
	go_on(_metadata, self, 0);
}

TEST_F(feeder, sizes_that_are_not_true_are_refused)
{
	begin(self, UINT64_MAX);
	EXPECT_REFUSED(self->fd, -EFBIG, "18446744073709551615 bytes are more");
	begin(self, PIECE + 1);
	EXPECT_TAKEN(self->fd);
	piece(self, 0, PIECE);
	EXPECT_TAKEN(self->fd);
	piece(self, PIECE, PIECE);
	EXPECT_REFUSED(self->fd, -EFBIG,
		       "8192 bytes at offset 8192 go beyond the 8193 that were announced");
	command(self, CODESWAP_CMD_STAGE_END);
	EXPECT_REFUSED(self->fd, -ENODATA, "8192 of the 8193 bytes that were announced");
	EXPECT_NE(NULL, strstr(attr("error"), "staging:truncated 8192 of the 8193"));
}

TEST_F(feeder, end_in_the_middle_is_refused)
{
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	command(self, CODESWAP_CMD_STAGE_END);
	EXPECT_REFUSED(self->fd, -ENODATA, "no byte of an image has come");
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	piece(self, 0, PIECE);
	EXPECT_TAKEN(self->fd);
	command(self, CODESWAP_CMD_STAGE_END);
	EXPECT_REFUSED(self->fd, -ENODATA, "the image ends after 8192 of");
	EXPECT_NE(NULL, strstr(attr("error"), "staging:truncated the image ends"));
	piece(self, PIECE, PIECE);
	EXPECT_REFUSED(self->fd, -ENODATA, "the image ends after 8192 of");
}

TEST_F(feeder, second_beginning_is_refused)
{
	int other = genl_open();

	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	piece(self, 0, PIECE);
	EXPECT_TAKEN(self->fd);
	begin(self, 0);
	EXPECT_REFUSED(self->fd, -EBUSY, "feeds an image already, of which 8192 bytes");
	EXPECT_REFUSED(other, -EBUSY, "is being updated already (staging)");
	piece(self, PIECE, PIECE);
	EXPECT_REFUSED(other, -EBADFD, "stage-begin comes first");
	order(self, CODESWAP_CMD_SWAP);
	EXPECT_REFUSED(other, -EBUSY, "");
	go_on(_metadata, self, PIECE);
	close(other);
}

TEST_F(feeder, damaged_piece_ends_the_feed)
{
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	self->image[self->size / 2] ^= 1;
	piece(self, 0, self->size);
	EXPECT_REFUSED(self->fd, -EBADMSG, "digest");
	EXPECT_STREQ("idle", attr("phase"));
	EXPECT_NE(NULL, strstr(attr("error"), "staging:digest "));
	piece(self, 0, PIECE);
	EXPECT_REFUSED(self->fd, -EBADMSG, "digest");
	self->image[self->size / 2] ^= 1;
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	go_on(_metadata, self, 0);
}

TEST_F(feeder, junk_behind_the_image_ends_the_feed)
{
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	memset(self->image + self->size, 'x', 64);
	piece(self, 0, self->size + 64);
	EXPECT_REFUSED(self->fd, -EBADMSG, "64 bytes follow the end of the image");
	EXPECT_NE(NULL, strstr(attr("error"), "64 bytes follow the end of the image"));
}

TEST_F(feeder, second_image_ends_the_feed)
{
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	memcpy(self->image + self->size, self->image, 64);
	piece(self, 0, self->size + 64);
	EXPECT_REFUSED(self->fd, -EBADMSG, "64 bytes follow the end of the image");
	EXPECT_NE(NULL, strstr(attr("error"), "64 bytes follow the end of the image"));
}

TEST_F(feeder, socket_that_closes_gives_up)
{
	int other = genl_open();

	begin(self, 0);
	EXPECT_TAKEN(other);
	piece(self, 0, PIECE);
	EXPECT_TAKEN(other);
	EXPECT_STREQ("staging", attr("phase"));
	close(other);
	EXPECT_STREQ("idle", attr("phase"));
	EXPECT_NE(NULL, strstr(attr("error"), "staging:truncated the image ends after 8192"));
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	go_on(_metadata, self, 0);
}

/* Its parent waits until it is half-way, and kills it. */
static void feed_until_killed(FIXTURE_DATA(feeder) *self, int ready)
{
	int fd = genl_open();

	begin(self, 0);
	if (ask_for(fd, &m, 0))
		_exit(1);
	piece(self, 0, PIECE);
	if (ask_for(fd, &m, 0) || write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

TEST_F(feeder, process_that_is_killed_gives_up)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		feed_until_killed(self, ready[1]);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_STREQ("staging", attr("phase"));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(await_attr("phase", "idle"));
	EXPECT_NE(NULL, strstr(attr("error"), "staging:truncated the image ends after 8192"));
	begin(self, 0);
	EXPECT_TAKEN(self->fd);
	go_on(_metadata, self, 0);
	close(ready[0]);
}

int main(int argc, char **argv)
{
	return run_with_device(argc, argv);
}
