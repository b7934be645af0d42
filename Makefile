# SPDX-License-Identifier: GPL-2.0-only
#
# Build and test codeswap. "make help" lists the targets and variables.

B ?= $(CURDIR)/build
override B := $(abspath $(B))
export B

# Looked up when used: before "make deps" there may be no headers at all.
KDIR ?= $(shell scripts/kdir.sh)
ifneq ($(origin KDIR),file)
export KDIR
endif

RST2MAN ?= rst2man

SWAPS ?= 1000
export SWAPS SEED TESTS N ROWS TIMES MAKERS

# The targets that test install first what is missing, so that each alone
# works on a fresh machine.
run-make = $(MAKE) --no-print-directory

all: firmware helper modules

modules: firmware
	scripts/modules.sh $(KDIR)

firmware: helper
	$(MAKE) -C firmware-samples B=$(B)

helper:
	$(MAKE) -C helper B=$(B)

unit:
	$(MAKE) -C selftests/unit B=$(B)

deps:
	scripts/deps.sh

demo: deps
	@$(run-make) all
	@scripts/check.sh program demo

torture: deps
	@$(run-make) all
	@scripts/check.sh program torture

bench: deps
	@$(run-make) all unit
	@scripts/bench.sh

bench-plot:
	@scripts/deps.sh plot
	@$(run-make) all
	@scripts/bench-plot.sh

check: deps
	@$(run-make) all unit
	@scripts/check.sh stock

check-debug: deps
	@$(run-make) firmware helper
	@scripts/check.sh debug

check-virtme:
	scripts/deps.sh virtme
	@$(run-make) all
	@scripts/check.sh virtme

lint: deps
	@$(run-make) firmware
	@scripts/lint.sh

uapi:
	scripts/ynl-regen.sh

man: $(patsubst Documentation/man/%.rst,$(B)/man/%.gz,$(wildcard Documentation/man/*.rst))

$(B)/man/%.gz: Documentation/man/%.rst
	@mkdir -p $(@D)
	$(RST2MAN) --halt=warning $< $(basename $@)
	gzip -9nf $(basename $@)

# What is built already is not touched, so that root may install what somebody
# else has built.
install: firmware helper man
	@scripts/install.sh install

uninstall:
	@scripts/install.sh uninstall

modules_install: firmware
	scripts/install.sh modules_install $(KDIR)

modules_uninstall:
	scripts/install.sh modules_uninstall $(KDIR)

check-boot:
	@scripts/deps.sh boot
	@$(run-make) all man
	@scripts/check.sh boot

demo-root:
	@scripts/deps.sh boot
	@$(run-make) all man
	@selftests/boot/demo-root.sh

check-fleet:
	@scripts/deps.sh fleet
	@$(run-make) all
	@$(run-make) -C selftests/fleet B=$(B)
	@scripts/check.sh fleet

demo-fleet:
	@scripts/deps.sh figures
	@$(run-make) firmware helper
	@selftests/fleet/demo.sh

demo-cells:
	@scripts/deps.sh cells
	@$(run-make) firmware helper
	@selftests/fleet/demo-cells.sh

bench-fleet:
	@scripts/deps.sh figures
	@$(run-make) firmware helper
	@$(run-make) -C selftests/fleet B=$(B)
	@selftests/fleet/bench.sh

check-install:
	@scripts/deps.sh install
	@$(run-make) all man
	@scripts/check.sh install

clean:
	rm -rf $(B)

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: Targets
#:   all (default)  firmware, helper and modules
#:   deps           install what is missing (Debian, Ubuntu), ask nothing
#:   demo           live swaps under fio, in a virtual machine
#:   check          unit tests, then the selftests in a VM on the stock kernel
#:   check-debug    the selftests on a kernel with KASAN, lockdep, kmemleak
#:   check-virtme   the selftests in virtme-ng
#:   bench          what live swaps cost, with baselines, in a VM
#:   bench-plot     draw what bench measured, and a timeline of one swap
#:   torture        SWAPS=n updates (1000), whatever comes up; SEED repeats them
#:   lint           every checker, with no warning allowed
#:   man            the manual pages
#:   install        programs, unit, rules, hooks, manual, headers, and the source
#:                  for DKMS: DESTDIR= PREFIX=/usr
#:   uninstall      remove what install brought; images stay
#:   modules_install, modules_uninstall
#:                  without DKMS: the modules for KDIR; INSTALL_MOD_PATH=
#:   check-boot     boot from a device that is fed, by dracut and initramfs-tools,
#:                  with all that can be wrong; as root
#:   demo-root      Debian on such a device, which gets new microcode under its
#:                  root file system; as root
#:   check-fleet    sites of many nodes, in network namespaces; as root
#:   demo-fleet     forty nodes power on, and are fed by one broadcast; as root
#:   demo-cells     eight cells repair and update each other, and serve meanwhile;
#:                  as root
#:   bench-fleet    what that costs, beside unicast and other programs; as root
#:   check-install  both, in a directory of its own, and DKMS for two kernels
#:   uapi           write the netlink header anew from its specification
#:   clean          remove the build directory
#: Variables
#:   B              build directory (build)
#:   KDIR           kernel build directory (that of the running kernel, else
#:                  the newest of the installed headers)
#:   TESTS          for the check targets: only these selftests
#:   N, ROWS        for bench: swaps for each median (30), only these rows
#:   TIMES, MAKERS  for check-boot: boots that are timed (1); only by these makers
#:                  of initramfs (dracut, initramfs-tools)
#:   CACHE          kernels and kernel source, for all clones
#:                  (~/.cache/codeswap)
#:   KSRC           a kernel source tree, instead of a fetched one
#:   KSRC_VERSION   the version to fetch; "newest" looks for a newer one
#:   KDEBUG_BUILD   a debug kernel's build directory, instead of building one
#:   STOCK          a directory with boot/vmlinuz-* and lib/modules

.PHONY: all modules firmware helper unit deps demo torture bench bench-plot \
	check check-debug check-virtme check-boot check-install demo-root lint uapi clean help man \
	install uninstall modules_install modules_uninstall
