#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut, initqueue/finished: wherever the root device is, the devices that are
# there get their images first.
[ -e /run/codeswap/fed ]
