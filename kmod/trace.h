/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: phases, states, results, blackouts, events, items. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM codeswap

#if !defined(CSW_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CSW_TRACE_H

#include <linux/tracepoint.h>

#include "csw.h"

DECLARE_EVENT_CLASS(codeswap_change,
	TP_PROTO(const struct codeswap_device *cdev, const char *from,
		 const char *to),
	TP_ARGS(cdev, from, to),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, update)
		__array(char, from, 16)
		__array(char, to, 16)
	),
	TP_fast_assign(
		__entry->id = cdev->id;
		__entry->update = cdev->status.update_id;
		strscpy(__entry->from, from, sizeof(__entry->from));
		strscpy(__entry->to, to, sizeof(__entry->to));
	),
	TP_printk("codeswap%u update=%llu %s -> %s", __entry->id,
		  __entry->update, __entry->from, __entry->to)
);

DEFINE_EVENT(codeswap_change, codeswap_state,
	TP_PROTO(const struct codeswap_device *cdev, const char *from,
		 const char *to),
	TP_ARGS(cdev, from, to));

DEFINE_EVENT(codeswap_change, codeswap_phase,
	TP_PROTO(const struct codeswap_device *cdev, const char *from,
		 const char *to),
	TP_ARGS(cdev, from, to));

DEFINE_EVENT(codeswap_change, codeswap_result,
	TP_PROTO(const struct codeswap_device *cdev, const char *from,
		 const char *to),
	TP_ARGS(cdev, from, to));

TRACE_EVENT(codeswap_blackout,
	TP_PROTO(const struct codeswap_device *cdev, u64 ns),
	TP_ARGS(cdev, ns),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, update)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->id = cdev->id;
		__entry->update = cdev->status.update_id;
		__entry->ns = ns;
	),
	TP_printk("codeswap%u update=%llu ns=%llu", __entry->id,
		  __entry->update, __entry->ns)
);

#define show_event(e)	__print_flags(e, "|",			\
	{ CSW_EV_IMAGE_REQUEST,		"image-request" },	\
	{ CSW_EV_ITEMS,			"items" },		\
	{ CSW_EV_RECONCILED,		"reconciled" },		\
	{ CSW_EV_UNDONE,		"undone" },		\
	{ CSW_EV_ABANDONED,		"abandoned" },		\
	{ CSW_EV_QUIESCED,		"quiesced" },		\
	{ CSW_EV_RESUMED,		"resumed" },		\
	{ CSW_EV_STARTED,		"started" },		\
	{ CSW_EV_HEARTBEAT,		"heartbeat" },		\
	{ CSW_EV_BOOTSTRAP_CRASH,	"bootstrap-crash" },	\
	{ CSW_EV_CRASH,			"crash" })

TRACE_EVENT(codeswap_event,
	TP_PROTO(const struct codeswap_device *cdev, unsigned long event,
		 u64 value),
	TP_ARGS(cdev, event, value),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(unsigned long, event)
		__field(u64, value)
	),
	TP_fast_assign(
		__entry->id = cdev->id;
		__entry->event = event;
		__entry->value = value;
	),
	TP_printk("codeswap%u %s value=0x%llx", __entry->id,
		  show_event(__entry->event), __entry->value)
);

TRACE_EVENT(codeswap_item,
	TP_PROTO(const struct codeswap_device *cdev,
		 const struct csw_item *item),
	TP_ARGS(cdev, item),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u32, kind)
		__field(u32, verdict)
		__field(u64, count)
		__array(char, name, MRB_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = cdev->id;
		__entry->kind = item->kind;
		__entry->verdict = item->verdict;
		__entry->count = item->count;
		strscpy(__entry->name, item->name, sizeof(__entry->name));
	),
	TP_printk("codeswap%u kind=%u name=%s verdict=%u count=%llu",
		  __entry->id, __entry->kind, __entry->name,
		  __entry->verdict, __entry->count)
);

#endif /* CSW_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
