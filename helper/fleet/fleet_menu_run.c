// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the menu does are commands: this very program, with words that are shown and can be
 * typed as well. So nothing can be done here that scripts cannot do.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fleet_menu.h"

/* ---- words ------------------------------------------------------------------------ */

/* Returns the number of words, which begin as in a shell; "codeswap" is the first one. */
static unsigned int make_words(const struct menu *m, const struct menu_action *action,
			       const char *name, const char *words[MENU_MAX_WORDS])
{
	unsigned int i, n = 0;

	words[n++] = "codeswap";
	words[n++] = "fleet";
	words[n++] = action->verb;
	if (action->word)
		words[n++] = action->word;
	for (i = 0; i < m->fleet.num_masters; i++) {
		words[n++] = "--master";
		words[n++] = m->masters[i];
	}
	if (m->tls) {
		words[n++] = "--tls";
		words[n++] = m->tls;
	}
	/* Nobody's name is an option. */
	if (*name == '-')
		words[n++] = "--";
	if (*name)
		words[n++] = name;
	words[n] = NULL;
	return n;
}

/* ---- what it prints --------------------------------------------------------------- */

/* The last line is what counts, without who says it. */
static void take_last_line(struct menu_run *r, char *line, size_t room)
{
	static const char who[] = "codeswap: ";
	char *last;

	while (r->len && r->text[r->len - 1] == '\n')
		r->len--;
	r->text[r->len] = '\0';
	last = strrchr(r->text, '\n');
	last = last ? last + 1 : r->text;
	if (!strncmp(last, who, strlen(who)))
		last += strlen(who);
	menu_plain(line, room, last);
}

static void finish(struct menu *m)
{
	struct menu_run *r = &m->run;
	char line[MENU_LINE_LEN / 2];
	int status = -1;

	event_free(r->event);
	r->event = NULL;
	close(r->pipe);
	waitpid(r->pid, &status, 0);
	r->pid = 0;
	take_last_line(r, line, sizeof(line));
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		if (!strcmp(r->verb, "forget"))
			menu_list_drop(&m->list, r->name);
		snprintf(m->said, sizeof(m->said), "%s: done%s%s", r->verb, line[0] ? ": " : "",
			 line);
	} else if (WIFSIGNALED(status)) {
		snprintf(m->said, sizeof(m->said), "%s was ended by signal %d", r->verb,
			 WTERMSIG(status));
	} else {
		snprintf(m->said, sizeof(m->said), "%s has failed: %s", r->verb, line);
	}
	menu_screen_draw(m);
}

static void on_output(evutil_socket_t fd, short what, void *ctx)
{
	struct menu *m = ctx;
	struct menu_run *r = &m->run;
	ssize_t n;

	(void)what;
	/* What is too long loses its beginning. */
	if (r->len > sizeof(r->text) / 2) {
		memmove(r->text, r->text + r->len / 2, r->len - r->len / 2);
		r->len -= r->len / 2;
	}
	n = read(fd, r->text + r->len, sizeof(r->text) - r->len - 1);
	if (n > 0)
		r->len += (size_t)n;
	else if (!n || (errno != EAGAIN && errno != EINTR))
		finish(m);
}

/* ---- the process ------------------------------------------------------------------ */

static int start(struct menu_run *r, const char *const *words, int out)
{
	posix_spawn_file_actions_t actions;
	int ret;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	/* "codeswap fleet" is this program, which is called "fleet" then. */
	ret = posix_spawn(&r->pid, "/proc/self/exe", &actions, NULL,
			  (char *const *)(words + 1), environ);
	posix_spawn_file_actions_destroy(&actions);
	if (ret)
		r->pid = 0;
	return ret;
}

static int spawn(struct menu *m, const char *const *words)
{
	struct menu_run *r = &m->run;
	int fds[2], ret = 0;

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	r->pipe = fds[0];
	r->event = event_new(m->fleet.base, fds[0], EV_READ | EV_PERSIST, on_output, m);
	if (!r->event || fcntl(fds[0], F_SETFL, O_NONBLOCK) || event_add(r->event, NULL))
		ret = ENOMEM;
	ret = ret ?: start(r, words, fds[1]);
	close(fds[1]);
	if (!ret)
		return 0;
	if (r->event)
		event_free(r->event);
	r->event = NULL;
	close(fds[0]);
	return ret;
}

/**
 * menu_run() - begin a command
 * @m: menu in which none is on
 * @action: which one
 * @name: what it is about, or an empty text: all
 */
void menu_run(struct menu *m, const struct menu_action *action, const char *name)
{
	const char *words[MENU_MAX_WORDS];
	struct menu_run *r = &m->run;
	int ret;

	r->verb = action->verb;
	r->len = 0;
	snprintf(r->name, sizeof(r->name), "%s", name);
	make_words(m, action, r->name, words);
	menu_command(words, r->command, sizeof(r->command));
	menu_plain(r->command, sizeof(r->command), r->command);
	ret = spawn(m, words);
	if (ret)
		snprintf(m->said, sizeof(m->said), "%s cannot be started: %s", r->verb,
			 strerror(ret));
	else
		snprintf(m->said, sizeof(m->said), "%s: going on", r->verb);
}

/* The menu is over: so is what it has begun. */
void menu_run_stop(struct menu *m)
{
	struct menu_run *r = &m->run;

	if (!r->pid)
		return;
	kill(r->pid, SIGTERM);
	waitpid(r->pid, NULL, 0);
	event_free(r->event);
	close(r->pipe);
	r->pid = 0;
}
