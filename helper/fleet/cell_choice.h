/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cell repairs the others: each cell decides that for itself, from what all of them
 * say, and comes to the same result. Nothing here knows of clocks or networks.
 */
#ifndef FLEET_CELL_CHOICE_H
#define FLEET_CELL_CHOICE_H

#include "message.h"

/**
 * struct cell_view - what is known of a cell
 * @name: of it
 * @set: of redundant cells, or empty
 * @sequence: of the manifest whose files it has, all of them, and would give; or 0
 * @at_rendezvous: it need not go there
 * @in_service: somebody counts on it
 */
struct cell_view {
	char name[MESSAGE_NAME_LEN];
	char set[MESSAGE_SET_LEN];
	u64 sequence;
	bool at_rendezvous;
	bool in_service;
};

const struct cell_view *cell_choose(const struct cell_view *views, unsigned int num);

#endif /* FLEET_CELL_CHOICE_H */
