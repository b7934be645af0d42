/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of libnorm that is used here, declared anew: normApi.h of libnorm 1.5
 * has a C++ reference and a default argument outside its DEFAULT() macro, and so
 * is no C. Names, order of arguments and numbers of events are those of its
 * public interface (NORM Developer's Guide, libnorm 1.5.9); a difference would
 * not be seen by the compiler but is by selftests/fleet/mcast.sh.
 *
 * Handles are pointers. What has a default argument in C++ is given in full.
 */
#ifndef MCAST_NORM_API_H
#define MCAST_NORM_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef const void *NormInstanceHandle;
typedef const void *NormSessionHandle;
typedef const void *NormNodeHandle;
typedef const void *NormObjectHandle;

enum NormObjectType {
	NORM_OBJECT_NONE,
	NORM_OBJECT_DATA,
	NORM_OBJECT_FILE,
	NORM_OBJECT_STREAM,
};

enum NormNackingMode {
	NORM_NACK_NONE,
	NORM_NACK_INFO_ONLY,
	NORM_NACK_NORMAL,
};

enum NormProbingMode {
	NORM_PROBE_NONE,
	NORM_PROBE_PASSIVE,
	NORM_PROBE_ACTIVE,
};

enum NormSyncPolicy {
	NORM_SYNC_CURRENT,
	NORM_SYNC_STREAM,
	NORM_SYNC_ALL,
};

enum NormRepairBoundary {
	NORM_BOUNDARY_BLOCK,
	NORM_BOUNDARY_OBJECT,
};

/* Only those that somebody looks at. */
enum NormEventType {
	NORM_EVENT_INVALID = 0,
	NORM_TX_QUEUE_VACANCY = 1,
	NORM_TX_QUEUE_EMPTY = 2,
	NORM_TX_FLUSH_COMPLETED = 3,
	NORM_TX_OBJECT_SENT = 6,
	NORM_TX_OBJECT_PURGED = 7,
	NORM_REMOTE_SENDER_NEW = 10,
	NORM_RX_OBJECT_NEW = 17,
	NORM_RX_OBJECT_INFO = 18,
	NORM_RX_OBJECT_COMPLETED = 20,
	NORM_SEND_ERROR = 27,
};

typedef struct {
	enum NormEventType type;
	NormSessionHandle session;
	NormNodeHandle sender;
	NormObjectHandle object;
} NormEvent;

typedef char *(*NormAllocFunctionHandle)(size_t size);
typedef void (*NormFreeFunctionHandle)(char *data);

NormInstanceHandle NormCreateInstance(bool priority_boost);
bool NormGetNextEvent(NormInstanceHandle instance, NormEvent *event, bool wait);
int NormGetDescriptor(NormInstanceHandle instance);
void NormSetAllocationFunctions(NormInstanceHandle instance,
				NormAllocFunctionHandle alloc_fn,
				NormFreeFunctionHandle free_fn);

NormSessionHandle NormCreateSession(NormInstanceHandle instance,
				    const char *address, uint16_t port,
				    uint32_t node);
void NormDestroySession(NormSessionHandle session);
bool NormSetMulticastInterface(NormSessionHandle session, const char *name);
bool NormSetTTL(NormSessionHandle session, unsigned char ttl);
bool NormSetMulticastLoopback(NormSessionHandle session, bool on);
void NormSetRxPortReuse(NormSessionHandle session, bool on,
			const char *bind_address, const char *sender_address,
			uint16_t sender_port);
void NormSetTxOnly(NormSessionHandle session, bool on, bool connect);

bool NormStartSender(NormSessionHandle session, uint16_t id, uint32_t space,
		     uint16_t segment, uint16_t data, uint16_t parity,
		     uint8_t fec_id);
void NormSetTxRate(NormSessionHandle session, double bits_per_second);
bool NormSetTxSocketBuffer(NormSessionHandle session, unsigned int size);
void NormSetCongestionControl(NormSessionHandle session, bool on, bool adjust);
void NormSetTxCacheBounds(NormSessionHandle session, off_t size,
			  uint32_t count_min, uint32_t count_max);
void NormSetAutoParity(NormSessionHandle session, unsigned char num);
void NormSetGrttEstimate(NormSessionHandle session, double seconds);
void NormSetGrttMax(NormSessionHandle session, double seconds);
void NormSetGrttProbingMode(NormSessionHandle session, enum NormProbingMode mode);
void NormSetBackoffFactor(NormSessionHandle session, double factor);
void NormSetGroupSize(NormSessionHandle session, unsigned int size);
void NormSetTxRobustFactor(NormSessionHandle session, int factor);
NormObjectHandle NormDataEnqueue(NormSessionHandle session, const char *data,
				 uint32_t size, const char *info,
				 unsigned int info_size);

bool NormStartReceiver(NormSessionHandle session, uint32_t space);
void NormSetRxCacheLimit(NormSessionHandle session, unsigned short count);
bool NormSetRxSocketBuffer(NormSessionHandle session, unsigned int size);
void NormSetDefaultUnicastNack(NormSessionHandle session, bool on);
void NormSetDefaultSyncPolicy(NormSessionHandle session, enum NormSyncPolicy policy);
void NormSetDefaultNackingMode(NormSessionHandle session, enum NormNackingMode mode);
void NormSetDefaultRepairBoundary(NormSessionHandle session,
				  enum NormRepairBoundary boundary);
void NormSetDefaultRxRobustFactor(NormSessionHandle session, int factor);

void NormObjectSetNackingMode(NormObjectHandle object, enum NormNackingMode mode);
enum NormObjectType NormObjectGetType(NormObjectHandle object);
bool NormObjectHasInfo(NormObjectHandle object);
uint16_t NormObjectGetInfo(NormObjectHandle object, char *data, uint16_t size);
off_t NormObjectGetSize(NormObjectHandle object);
void NormObjectCancel(NormObjectHandle object);
const char *NormDataAccessData(NormObjectHandle object);
NormNodeHandle NormObjectGetSender(NormObjectHandle object);

uint32_t NormNodeGetId(NormNodeHandle node);
void NormNodeDelete(NormNodeHandle node);

#endif /* MCAST_NORM_API_H */
