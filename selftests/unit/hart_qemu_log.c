// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU as a reference. "-singlestep -d exec,cpu,nochain" makes it translate
 * and announce one instruction at a time: a line "Trace", then the registers
 * as they are before it. An instruction that cannot even be fetched is not
 * announced; one that an event of QEMU's own pushes aside is announced again,
 * after a line "Stopped".
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hart_qemu_log.h"

#define QEMU	"qemu-system-riscv32"
/* RV32IM and machine mode; identity registers read as zero. */
#define CPU	"rv32,c=off,a=off,f=off,d=off,h=off,s=off,u=off,mmu=off,pmp=off," \
		"sstc=off,zba=off,zbb=off,zbc=off,zbs=off,marchid=0,mimpid=0,pmu-num=29"
#define PATIENCE	60	/* seconds that QEMU may live */

bool qemu_version(char *line, int size)
{
	FILE *in = popen(QEMU " --version 2>/dev/null", "r");
	bool good;

	if (!in)
		return false;
	good = fgets(line, size, in);
	pclose(in);
	line[good ? strcspn(line, "\n") : 0] = 0;
	return good;
}

static void run_qemu(const char *file, int log)
{
	char loader[4096];
	int null = open("/dev/null", O_RDWR);

	snprintf(loader, sizeof(loader), "loader,file=%s,addr=0x%x,force-raw=on", file,
		 HBA_RAM_BASE);
	alarm(PATIENCE);	/* survives execlp(): a QEMU that hangs ends, and so does its log */
	dup2(null, 0);
	dup2(null, 1);
	dup2(log, 2);
	execlp(QEMU, QEMU, "-machine", "virt", "-accel", "tcg", "-cpu", CPU, "-m", "4M",
	       "-bios", "none", "-display", "none", "-serial", "none", "-monitor", "none",
	       "-nodefaults", "-device", loader, "-singlestep", "-d", "exec,cpu,nochain",
	       (char *)NULL);
	_exit(127);
}

bool qemu_start(struct qemu *q, const char *file)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return false;
	q->pid = fork();
	if (!q->pid)
		run_qemu(file, fd[1]);
	close(fd[1]);
	q->log = fdopen(fd[0], "r");
	return q->pid > 0 && q->log;
}

void qemu_stop(struct qemu *q)
{
	kill(q->pid, SIGKILL);
	waitpid(q->pid, NULL, 0);
	fclose(q->log);
}

static bool next_line(struct qemu *q, char *line, int size)
{
	int n = 0;

	while (n < size - 1) {
		int c = getc_unlocked(q->log);

		if (c == EOF)
			return false;
		if (c == '\n')
			break;
		line[n++] = (char)c;
	}
	line[n] = 0;
	return true;
}

static u32 hex(const char *s)
{
	return (u32)strtoul(s, NULL, 16);
}

/* " x4/tp    00000000 x5/t0    80000000 ..." */
static void parse_registers(const char *line, u32 *x)
{
	const char *s = line;

	while ((s = strchr(s, 'x'))) {
		char *end;
		u32 number = (u32)strtoul(s + 1, &end, 10);

		s = strchr(end, ' ');
		if (!s || number > 31)
			return;
		x[number] = hex(s);
		s += strspn(s, " ") + 8;
	}
}

static void parse_named(const char *line, struct qemu_record *r)
{
	const struct {
		const char *name;
		u32 *value;
	} field[] = {
		{ " pc ", &r->pc }, { " mstatus ", &r->mstatus }, { " mip ", &r->mip },
		{ " mie ", &r->mie }, { " mtvec ", &r->mtvec }, { " mepc ", &r->mepc },
		{ " mcause ", &r->mcause }, { " mtval ", &r->mtval },
		{ " mscratch ", &r->mscratch },
	};

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		size_t n = strlen(field[i].name);

		if (!strncmp(line, field[i].name, n))
			*field[i].value = hex(line + n);
	}
}

bool qemu_next(struct qemu *q, struct qemu_record *r)
{
	char line[256];

	r->repeated = false;
	while (next_line(q, line, sizeof(line))) {
		if (!strncmp(line, "Stopped", 7))
			r->repeated = true;
		else if (!strncmp(line, " x", 2))
			parse_registers(line, r->x);
		else if (line[0] == ' ')
			parse_named(line, r);
		if (!strncmp(line, " x28/", 5))
			return true;
	}
	return false;
}
