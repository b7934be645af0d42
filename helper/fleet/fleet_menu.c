// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codeswap fleet menu: the cells and nodes of a site on a terminal, and what can be ordered
 * of them.
 */
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "../codeswap.h"
#include "../feed.h"
#include "fleet_menu.h"

#define LOOK_SECONDS	1

static const char usage_text[] =
"Usage: codeswap fleet menu --master ADDRESS[:PORT] [OPTION...]\n"
"\n"
"Shows cells and nodes of a site on a terminal, and has commands given to them by keys;\n"
"'h' tells which. Each of them is shown in the last lines, as scripts can use it.\n"
"\n"
"  -m, --master ADDRESS[:PORT]  any master, or cell, of the site (port: 7373);\n"
"                 repeatable, the next one is asked where one does not answer\n"
"  -t, --tls DIR  with cert.pem, key.pem and ca.pem, of an operator\n"
"                 (default: /etc/codeswap/tls)\n"
"  -h, --help     this text\n";

/**
 * struct events - of the menu, besides those of conversations and commands
 * @keys: something has been typed
 * @tick: another second is over
 * @errors: somebody has printed a sentence
 * @signals: to end, and one: the terminal has another size
 * @pipe: in which errors are caught, and the end in which they are put
 * @stderr_was: what is to be standard error again, or -1
 */
struct events {
	struct event *keys;
	struct event *tick;
	struct event *errors;
	struct event *signals[4];
	int pipe[2];
	int stderr_was;
};

/**
 * menu_quit() - it is over
 * @m: menu
 *
 * A conversation that is on ends at once, and no other master is tried.
 */
void menu_quit(struct menu *m)
{
	m->quit = true;
	m->fleet.num_masters = 1;
	snprintf(m->fleet.error, sizeof(m->fleet.error), "the menu is over");
	event_base_loopbreak(m->fleet.base);
}

/* ---- events ----------------------------------------------------------------------- */

/* Where nothing can be read, and yet there is something, the terminal has gone. */
static bool is_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static void on_keys(evutil_socket_t fd, short what, void *ctx)
{
	struct menu *m = ctx;
	int key;

	(void)what;
	if (is_gone(fd)) {
		menu_quit(m);
		return;
	}
	while (!m->quit && (key = menu_screen_key()) >= 0)
		menu_key(m, key);
	if (!m->quit)
		menu_screen_draw(m);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct menu *m = ctx;

	(void)fd;
	(void)what;
	m->is_due = true;
	menu_screen_draw(m);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct menu *m = ctx;

	(void)what;
	if (number != SIGWINCH) {
		menu_quit(m);
		return;
	}
	menu_screen_resize();
	menu_screen_draw(m);
}

/* What would have been printed, anywhere on the screen. */
static void on_errors(evutil_socket_t fd, short what, void *ctx)
{
	char text[MENU_LINE_LEN / 2];
	struct menu *m = ctx;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	(void)what;
	if (n <= 0)
		return;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	menu_plain(m->said, sizeof(m->said), text);
	menu_screen_draw(m);
}

static bool add_events(struct menu *m, struct events *e)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
	const struct timeval tick = { .tv_sec = LOOK_SECONDS };
	struct event_base *base = m->fleet.base;
	unsigned int i;

	e->keys = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_keys, m);
	e->tick = event_new(base, -1, EV_PERSIST, on_tick, m);
	if (!e->keys || event_add(e->keys, NULL) || !e->tick || event_add(e->tick, &tick))
		return false;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		e->signals[i] = evsignal_new(base, numbers[i], on_signal, m);
		if (!e->signals[i] || event_add(e->signals[i], NULL))
			return false;
	}
	if (!isatty(STDERR_FILENO))
		return true;
	if (pipe2(e->pipe, O_CLOEXEC | O_NONBLOCK))
		return false;
	e->errors = event_new(base, e->pipe[0], EV_READ | EV_PERSIST, on_errors, m);
	return e->errors && !event_add(e->errors, NULL);
}

static void free_events(struct events *e)
{
	struct event *all[] = { e->keys, e->tick, e->errors, e->signals[0], e->signals[1],
				e->signals[2], e->signals[3] };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i])
			event_free(all[i]);
	if (e->pipe[0] >= 0) {
		close(e->pipe[0]);
		close(e->pipe[1]);
	}
}

static void catch_errors(struct events *e)
{
	if (!e->errors)
		return;
	e->stderr_was = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (e->stderr_was >= 0)
		dup2(e->pipe[1], STDERR_FILENO);
}

static void let_errors_go(struct events *e)
{
	if (e->stderr_was < 0)
		return;
	dup2(e->stderr_was, STDERR_FILENO);
	close(e->stderr_was);
}

/* ---- looks ------------------------------------------------------------------------ */

static void on_status(const struct message *msg, const struct identity *from, void *ctx)
{
	struct menu *m = ctx;

	menu_list_hear(&m->list, msg, from ? site_role_name(from->role) : "");
}

static void look(struct menu *m)
{
	struct mrb_error err;
	int ret;

	m->fleet.status = on_status;
	m->fleet.ctx = m;
	m->asked = now_ms();
	m->is_asked = true;
	m->is_due = false;
	menu_list_begin(&m->list);
	fleet_order(&m->fleet, MESSAGE_QUERY);
	ret = fleet_talk(&m->fleet, &err);
	m->is_asked = false;
	if (m->quit)
		return;
	if (!ret)
		menu_list_end(&m->list);
	snprintf(m->lost, sizeof(m->lost), "%s", ret ? err.text : "");
	menu_screen_draw(m);
}

static int show(struct menu *m)
{
	struct events e = { .pipe = { -1, -1 }, .stderr_was = -1 };
	int ret = menu_screen_begin();

	if (!ret && !add_events(m, &e)) {
		menu_screen_end();
		ret = failed("the menu cannot listen to keys and signals: %s", strerror(errno));
	}
	if (!ret) {
		catch_errors(&e);
		menu_screen_draw(m);
		while (!m->quit) {
			look(m);
			while (!m->quit && !m->is_due)
				if (event_base_loop(m->fleet.base, EVLOOP_ONCE) < 0)
					menu_quit(m);
		}
		menu_run_stop(m);
		menu_screen_end();
		let_errors_go(&e);
	}
	free_events(&e);
	return ret;
}

int fleet_menu(int argc, char **argv)
{
	static const struct option options[] = {
		FLEET_OPTIONS,
		{ }
	};
	struct menu m = { 0 };
	int c, ret;

	while ((c = getopt_long(argc, argv, "m:t:jh", options, NULL)) != -1) {
		ret = fleet_option(&m.fleet, c, optarg, usage_text);
		if (ret >= 0)
			return ret;
		if (c == 'm')
			m.masters[m.fleet.num_masters - 1] = optarg;
	}
	if (!fleet_has_master(&m.fleet))
		return CMD_USAGE;
	if (optind != argc)
		return usage(usage_text, false);
	m.tls = m.fleet.tls_dir;
	ret = fleet_begin(&m.fleet);
	ret = ret ?: show(&m);
	menu_list_free(&m.list);
	fleet_end(&m.fleet);
	return ret;
}
