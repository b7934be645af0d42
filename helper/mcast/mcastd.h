/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codeswap-mcastd: chunks by multicast, in a process of its own. One thread of
 * ours, one of libnorm's; all state here belongs to ours.
 */
#ifndef MCASTD_H
#define MCASTD_H

#include "mcast_protocol.h"
#include "norm_api.h"

/* mcastd.c */
NormInstanceHandle norm_instance(void);
void tell(const void *packet, size_t size, int fd);
__attribute__((format(printf, 2, 3)))
void problem(uint64_t tag, const char *fmt, ...);

/* session.c */
const char *route_problem(const struct mcast_route *route);
NormSessionHandle session_new(const struct mcast_route *route, uint32_t node);
unsigned int route_segment(const struct mcast_route *route);
uint32_t random_node(uint32_t other);

/* receive.c */
void receive_join(const struct mcast_join *join);
void receive_want(const struct mcast_want *want);
void receive_leave(void);
bool receive_is_tag(uint64_t tag);
void receive_event(const NormEvent *event);
char *receive_alloc(size_t size);
void receive_free(char *data);

/* send.c */
void send_begin(const struct mcast_send *send, int fd);
void send_chunk(const struct mcast_send_chunk *chunk);
void send_end(void);
void send_stop(void);
bool send_is_tag(uint64_t tag);
void send_event(const NormEvent *event);

/* wire.c */
bool wire_filter(const struct mcast_route *route);
void wire_count(uint32_t node, unsigned int headers);
uint64_t wire_take(void);

/* sandbox.c */
const char *sandbox_enter(const char *user);

#endif /* MCASTD_H */
