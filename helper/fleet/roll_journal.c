// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal of an update: one JSON object in a line, on the disk before what it tells of
 * is done. Each line ends with a check that covers it and, by the check of the line before,
 * all that stand above: so a line that somebody has changed or taken away is noticed, and a
 * last one that was not written completely can be told from it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../image_tool.h"
#include "json.h"
#include "roll.h"

#define CHECK_LEN	16	/* digits */
#define CHECK_KEY	",\"check\":\""
#define TAIL_LEN	(sizeof(CHECK_KEY) - 1 + CHECK_LEN + 2)	/* and "} */
#define MAX_LINE	(1U << 20)

/**
 * struct journal - of an update
 * @dir: that it is in
 * @path: of it
 * @fd: of it
 * @lines: JSON array of what it says
 * @check: of the last line
 */
struct journal {
	char *dir;
	char *path;
	int fd;
	struct json_object *lines;
	char check[CHECK_LEN + 1];
};

/* ---- checks ----------------------------------------------------------------------- */

/* Of a line up to its check, after another one. */
static bool make_check(const char *before, const char *line, size_t size,
		       char check[CHECK_LEN + 1])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	u8 digest[EVP_MAX_MD_SIZE];
	bool made;
	int i;

	made = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	       EVP_DigestUpdate(ctx, before, strlen(before)) &&
	       EVP_DigestUpdate(ctx, line, size) && EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	for (i = 0; made && i < CHECK_LEN / 2; i++)
		snprintf(check + (size_t)i * 2, 3, "%02x", digest[i]);
	return made;
}

/* ---- reading ---------------------------------------------------------------------- */

static bool take_line(struct journal *j, const char *line, size_t size)
{
	const char *tail = line + size - TAIL_LEN;
	char check[CHECK_LEN + 1] = "";
	struct json_object *o;
	struct mrb_error err;

	if (size <= TAIL_LEN || memcmp(tail, CHECK_KEY, strlen(CHECK_KEY)) ||
	    !make_check(j->check, line, size - TAIL_LEN, check) ||
	    memcmp(tail + strlen(CHECK_KEY), check, CHECK_LEN))
		return false;
	o = json_read("a line", line, size, MAX_LINE, &err);
	if (!o)
		return false;
	json_object_array_add(j->lines, o);
	memcpy(j->check, check, sizeof(check));
	return true;
}

/*
 * What a crash leaves of a line that was being written: no end, or, where the disk had not
 * got all of it, zeros.
 */
static bool is_torn(const char *line, const char *newline, const char *end)
{
	if (!newline)
		return true;
	return newline + 1 == end && memchr(line, '\0', (size_t)(newline - line));
}

/* Sets @good to the bytes that are whole lines. */
static int read_lines(struct journal *j, const char *text, size_t size, size_t *good,
		      struct mrb_error *err)
{
	const char *line = text, *end = text + size, *newline;
	unsigned int number = 1;

	while (line < end) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline || !take_line(j, line, (size_t)(newline - line))) {
			if (is_torn(line, newline, end))
				break;
			return mrb_refuse(err, -EBADMSG,
					  "%s: line %u is not as it was written; look at the nodes, move the journal away and begin anew",
					  j->path, number);
		}
		line = newline + 1;
		number++;
	}
	*good = (size_t)(line - text);
	return 0;
}

static int read_journal(struct journal *j, bool to_add, struct mrb_error *err)
{
	struct image_file file;
	struct mrb_error why;
	size_t good = 0;
	int ret;

	if (image_file_read(&file, j->path, &why))
		return mrb_refuse(err, why.code, "%s: %s", j->path, why.text);
	ret = read_lines(j, (const char *)file.data, file.size, &good, err);
	/* A torn line goes: the next one begins where it began. */
	if (!ret && to_add && good < file.size && ftruncate(j->fd, (off_t)good))
		ret = mrb_refuse(err, -errno, "%s: %s", j->path, strerror(errno));
	image_file_free(&file);
	return ret;
}

/**
 * journal_open_file() - read a journal
 * @path: of it
 * @to_add: it can be added to, and is begun if it is not there
 * @err: set on failure
 *
 * Return: to be closed with journal_close(), or %NULL.
 */
struct journal *journal_open_file(const char *path, bool to_add, struct mrb_error *err)
{
	struct journal *j = calloc(1, sizeof(*j));
	int flags = to_add ? O_RDWR | O_APPEND | O_CREAT : O_RDONLY;

	if (j) {
		j->path = strdup(path);
		j->lines = json_object_new_array();
	}
	if (!j || !j->path || !j->lines) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		if (j)
			j->fd = -1;
		journal_close(j);
		return NULL;
	}
	j->fd = open(path, flags | O_CLOEXEC, 0600);
	if (j->fd < 0)
		mrb_refuse(err, -errno, "%s: %s", path, strerror(errno));
	else if (!read_journal(j, to_add, err))
		return j;
	journal_close(j);
	return NULL;
}

/* The entry of a new file in its directory has to last as well. */
static int sync_dir(const char *dir, struct mrb_error *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret ? mrb_refuse(err, ret, "%s: %s", dir, strerror(-ret)) : 0;
}

/**
 * journal_open() - the journal of the update that goes on, or is to begin
 * @dir: that it is in
 * @err: set on failure
 *
 * Return: to be closed with journal_close(), or %NULL.
 */
struct journal *journal_open(const char *dir, struct mrb_error *err)
{
	struct journal *j = NULL;
	char *path;

	if (asprintf(&path, "%s/journal", dir) < 0) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	j = journal_open_file(path, true, err);
	free(path);
	if (j)
		j->dir = strdup(dir);
	if (j && j->dir && !sync_dir(dir, err))
		return j;
	journal_close(j);
	return NULL;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	json_object_put(j->lines);
	free(j->path);
	free(j->dir);
	free(j);
}

unsigned int journal_lines(const struct journal *j)
{
	return (unsigned int)json_object_array_length(j->lines);
}

/* One of them; the journal's. */
struct json_object *journal_line(const struct journal *j, unsigned int i)
{
	return json_object_array_get_idx(j->lines, i);
}

/* ---- writing ---------------------------------------------------------------------- */

static int write_line(struct journal *j, const char *text, size_t size, struct mrb_error *err)
{
	off_t end = lseek(j->fd, 0, SEEK_END);
	ssize_t n = write(j->fd, text, size);
	int ret = n < 0 ? -errno : n < (ssize_t)size ? -ENOSPC : 0;

	if (!ret && fdatasync(j->fd))
		ret = -errno;
	if (!ret)
		return 0;
	/* Half a line would be taken for a torn one, and that only at the end. */
	if (end < 0 || ftruncate(j->fd, end))
		ret = -EIO;
	return mrb_refuse(err, ret, "%s: %s; nothing is ordered that cannot be noted", j->path,
			  strerror(-ret));
}

/**
 * journal_add() - note something, before it is done
 * @j: journal
 * @line: JSON object; the journal's from here on
 * @err: set on failure
 *
 * Return: 0 when it is on the disk, or the code in @err.
 */
int journal_add(struct journal *j, struct json_object *line, struct mrb_error *err)
{
	const char *text = json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN);
	size_t size = strlen(text) - 1;	/* its last brace comes after the check */
	char check[CHECK_LEN + 1];
	char *whole = NULL;
	int ret, len = -1;

	if (make_check(j->check, text, size, check))
		len = asprintf(&whole, "%.*s" CHECK_KEY "%s\"}\n", (int)size, text, check);
	ret = len < 0 ? mrb_refuse(err, -ENOMEM, "out of memory") :
			write_line(j, whole, (size_t)len, err);
	if (len >= 0)
		free(whole);
	if (ret) {
		json_object_put(line);
		return ret;
	}
	json_object_array_add(j->lines, line);
	memcpy(j->check, check, sizeof(check));
	return 0;
}

/* The part of journal-SEQUENCE-TIME that rises. */
static const char *stamp_of(const char *name)
{
	return strncmp(name, "journal-", 8) ? NULL : strrchr(name, '-') + 1;
}

static char *newest_archive(const char *dir)
{
	char newest[NAME_MAX + 1] = "", *path = NULL;
	const struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		if (stamp_of(entry->d_name) &&
		    (!*newest || strcmp(stamp_of(entry->d_name), stamp_of(newest)) > 0))
			snprintf(newest, sizeof(newest), "%s", entry->d_name);
	if (d)
		closedir(d);
	if (*newest && asprintf(&path, "%s/%s", dir, newest) < 0)
		path = NULL;
	return path;
}

/**
 * journal_last() - the journal of the update that goes on, or of the last one
 * @dir: that it is in
 *
 * Return: its path, to be freed, or %NULL: there is none.
 */
char *journal_last(const char *dir)
{
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/journal", dir) < 0)
		return NULL;
	if (!stat(path, &st) && st.st_size)
		return path;
	free(path);
	return newest_archive(dir);
}

/* ---- when it is over -------------------------------------------------------------- */

/**
 * journal_archive() - the update has ended: make room for the next one
 * @j: journal, to be closed afterwards
 * @sequence: of the manifest
 * @err: set on failure
 *
 * It is called journal-SEQUENCE-TIME from then on.
 *
 * Return: 0, or the code in @err.
 */
int journal_archive(struct journal *j, u64 sequence, struct mrb_error *err)
{
	time_t now = time(NULL);
	char stamp[32], *path;
	struct tm tm;
	int ret = 0;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	if (asprintf(&path, "%s/journal-%llu-%s", j->dir, sequence, stamp) < 0)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	/* Two in one second: the last one has more to say. */
	if (rename(j->path, path))
		ret = mrb_refuse(err, -errno, "%s: %s", path, strerror(errno));
	free(path);
	return ret ?: sync_dir(j->dir, err);
}
