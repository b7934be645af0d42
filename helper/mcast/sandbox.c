// SPDX-License-Identifier: BSD-2-Clause
/*
 * What this process may do once it has started: use memory, its socket, and
 * datagrams. libnorm parses what anybody has sent; whoever takes it over by that
 * finds no files, no programs, no other process.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <malloc.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mcastd.h"

#define MAX_DATA	(256ull << 20)	/* bytes of heap and stacks */
#define MAX_FILES	1024	/* also of those on their way to codeswapd, of all
				 * processes of the user together
				 */

/* In early boot there is no table of users yet; this number is nobody's. */
#define NOBODY		65534

static const char *become(const char *name)
{
	const struct passwd *user;
	uid_t uid = NOBODY;
	gid_t gid = NOBODY;

	if (geteuid() != 0)
		return NULL;
	user = getpwnam(name);
	if (user) {
		uid = user->pw_uid;
		gid = user->pw_gid;
	}
	if (!uid || (!user && strcmp(name, "nobody") != 0))
		return "there is no such unprivileged user";
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return "cannot give up the rights of root";
	return NULL;
}

static bool bound(void)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit data = { MAX_DATA, MAX_DATA };
	const struct rlimit files = { MAX_FILES, MAX_FILES };
	const struct rlimit chunk = { MCAST_MAX_CHUNK, MCAST_MAX_CHUNK };

	/* A change of user has forgotten the signal at the parent's death. */
	return !prctl(PR_SET_PDEATHSIG, SIGKILL) &&
	       !prctl(PR_SET_DUMPABLE, 0) &&
	       !setrlimit(RLIMIT_CORE, &none) &&
	       !setrlimit(RLIMIT_FSIZE, &chunk) &&
	       !setrlimit(RLIMIT_DATA, &data) &&
	       !setrlimit(RLIMIT_NOFILE, &files);
}

/*
 * Whatever their arguments: memory, time, threads' locks, and what needs
 * a descriptor that is open already.
 */
static const int plain_calls[] = {
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(restart_syscall), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(close), SCMP_SYS(lseek),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(memfd_create),
	SCMP_SYS(bind), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
};

static int allow_plain(scmp_filter_ctx filter)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < sizeof(plain_calls) / sizeof(*plain_calls); i++)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain_calls[i], 0);
	return ret;
}

static int allow_socket(scmp_filter_ctx filter, int family, int type)
{
	const uint64_t flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
				SCMP_A0(SCMP_CMP_EQ, (uint64_t)family),
				SCMP_A1(SCMP_CMP_MASKED_EQ, ~flags, (uint64_t)type));
}

/*
 * Datagrams; and getifaddrs(), by which libnorm learns an interface's address. It
 * reads the group by getaddrinfo(), which looks for nscd first and does without.
 */
static int allow_sockets(scmp_filter_ctx filter)
{
	return allow_socket(filter, AF_INET, SOCK_DGRAM) ?:
	       allow_socket(filter, AF_INET6, SOCK_DGRAM) ?:
	       allow_socket(filter, AF_NETLINK, SOCK_RAW) ?:
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
}

static int allow_ioctl(scmp_filter_ctx filter, unsigned long request)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_EQ, request));
}

static int allow_fcntl(scmp_filter_ctx filter, int command)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				SCMP_A1(SCMP_CMP_EQ, (uint64_t)command));
}

/* Never memory that can be executed. */
static int allow_memory(scmp_filter_ctx filter, int call)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

/*
 * Threads, but no processes. The flags of clone3() are in memory, where no filter
 * sees them: without it, the C library takes clone().
 */
static int allow_threads(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
					CLONE_THREAD)) ?:
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int allow_all(scmp_filter_ctx filter)
{
	return allow_plain(filter) ?: allow_sockets(filter) ?:
	       allow_ioctl(filter, SIOCGIFMTU) ?: allow_ioctl(filter, SIOCGIFADDR) ?:
	       allow_ioctl(filter, SIOCGIFINDEX) ?:
	       allow_ioctl(filter, SIOCGIFNAME) ?:
	       allow_fcntl(filter, F_GETFL) ?: allow_fcntl(filter, F_SETFL) ?:
	       allow_fcntl(filter, F_SETFD) ?:
	       allow_fcntl(filter, F_GET_SEALS) ?:
	       allow_memory(filter, SCMP_SYS(mmap)) ?:
	       allow_memory(filter, SCMP_SYS(mprotect)) ?: allow_threads(filter);
}

/*
 * What the C library would open files for later: a second arena of malloc() asks
 * for the number of processors and the policy of overcommitment, and libnorm's
 * report every ten seconds for the time zone.
 */
static bool prepare_library(void)
{
	tzset();
	return mallopt(M_ARENA_MAX, 1) == 1;
}

static bool filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool done = false;

	if (filter)
		done = !allow_all(filter) && !seccomp_load(filter);
	seccomp_release(filter);
	return done;
}

/**
 * sandbox_enter() - give up whatever is not needed, for good
 * @user: to become, if we are root
 *
 * To be called while there is one thread; those that come later inherit it.
 *
 * Return: %NULL, or what has failed, for people.
 */
const char *sandbox_enter(const char *user)
{
	const char *why = become(user);

	if (why)
		return why;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || !bound())
		return "cannot bound what this process may use";
	if (!prepare_library() || !filter_calls())
		return "cannot filter system calls";
	return NULL;
}
