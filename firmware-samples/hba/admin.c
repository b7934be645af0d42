// SPDX-License-Identifier: GPL-2.0-only
/*
 * The admin ring: one request at a time, and none while the image is being
 * proved, because a rollback must find the logins as they were. A request
 * leaves the ring after its completion: after a start it is done again.
 */
#include "hba.h"

static struct ring admin_ring;
static struct hba_login answer;		/* what the channel sends */
static struct hba_completion answered;	/* when it has */
static bool answering;

static void complete(const struct hba_completion *completion)
{
	ring_complete(&admin_ring, completion);
	ring_consume(&admin_ring);
}

/* The host's buffer may lie above the window: only DMA reaches it. */
static void send_answer(u64 iova)
{
	u32 ch = DMA_ADMIN_CHANNEL;

	fence();
	mmio_write(dma_register(ch, HBA_DMA_IOVA_LO), iova);
	mmio_write(dma_register(ch, HBA_DMA_IOVA_HI), iova >> 32);
	mmio_write(dma_register(ch, HBA_DMA_LOCAL), (u32)&answer);
	mmio_write(dma_register(ch, HBA_DMA_BYTES), sizeof(answer));
	mmio_write(dma_register(ch, HBA_DMA_CTRL), HBA_DMA_FROM_LOCAL);
	answering = true;
}

static u32 execute(const struct hba_request *request,
		   struct hba_completion *completion)
{
	switch (request->opcode) {
	case HBA_OP_LOGIN:
		return login_add(request->sector, request->bytes,
				 &completion->info0);
	case HBA_OP_LOGOUT:
		return login_remove(request->initiator);
	case HBA_OP_LOGIN_COUNT:
		login_count(&completion->info0, &completion->info1);
		return HBA_ST_GOOD;
	case HBA_OP_LOGIN_QUERY:
		return login_query(request->initiator, &answer);
	default:
		return HBA_ST_INVALID;
	}
}

void admin_service(void)
{
	struct hba_request request;

	while (!service_is_stopped() && image_is_proved() &&
	       !dma_is_busy(DMA_ADMIN_CHANNEL) &&
	       ring_next(&admin_ring, &request)) {
		answered = (struct hba_completion){
			.tag = request.tag,
			.generation = request.generation,
		};
		answered.status = execute(&request, &answered);
		if (request.opcode == HBA_OP_LOGIN_QUERY &&
		    answered.status == HBA_ST_GOOD)
			send_answer(request.iova);
		else
			complete(&answered);
		harts_yield();
	}
}

/* A channel that another image began is only freed; the query comes again. */
void admin_channel_done(void)
{
	u32 status;

	if (!dma_is_done(DMA_ADMIN_CHANNEL))
		return;
	status = dma_status(dma_finish(DMA_ADMIN_CHANNEL));
	if (!answering)
		return;
	answering = false;
	answered.status = status;
	complete(&answered);
}

void admin_init(void)
{
	ring_init(&admin_ring, HBA_MBOX_ADMIN_PAGE, HBA_IRQ_ADMIN);
	answering = false;
}

void admin_interrupt_host(void)
{
	ring_interrupt_host(&admin_ring);
}
