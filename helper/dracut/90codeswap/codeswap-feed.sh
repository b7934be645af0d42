#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut, initqueue/settled: each time udev has nothing more to do and the root
# device is not there yet. A device that came meanwhile is fed as well.
/usr/lib/codeswap/boot-feed || :
