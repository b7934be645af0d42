// SPDX-License-Identifier: GPL-2.0-only
/* Initiators that come and go, and the list of them that must be right. */
#include "firmware_host.h"

#define ANSWER_TAG	FW_TAGS		/* its buffer takes the answer */
#define BUFFER_STRIDE	((u32)(HBA_IOVA_REQUEST_STRIDE >> 8))

/* Queues one; returns its tag. The result is in h->admin[tag]. */
u32 fw_admin_post(struct fw_host *h, u32 opcode, u32 login)
{
	struct hba_ring_page *page = h->admin_page;
	u8 *ring = h->region[0].memory + (page->sq_base - HBA_IOVA_RINGS);
	struct hba_request request = { .opcode = (u16)opcode };
	struct fw_login *l = &h->login[login];
	u32 tag = 0;

	while (h->admin[tag].busy)
		tag++;
	h->admin[tag] = (struct fw_admin){
		.busy = true,
		.generation = ++h->generation,
		.opcode = opcode,
		.login = login,
		.status = ~0u,
	};
	l->wwpn = FW_WWPN | login;
	request.tag = (u16)tag;
	request.generation = h->generation;
	request.initiator = l->handle;
	request.sector = opcode == HBA_OP_LOGIN ? l->wwpn : 0;
	request.bytes = opcode == HBA_OP_LOGIN ?
			l->credits | (l->priority ? l->priority + 1 : 0) << 16 : 0;
	request.iova = HBA_IOVA_REQUEST + ANSWER_TAG * BUFFER_STRIDE;
	memcpy(ring + page->sq_prod % HBA_RING_ENTRIES * sizeof(request),
	       &request, sizeof(request));
	page->sq_prod++;
	hba_doorbell(h->hba, HBA_PEND_ADMIN);
	return tag;
}

static void complete(struct fw_host *h, const struct hba_completion *c)
{
	struct fw_admin *a = &h->admin[c->tag % FW_ADMIN_TAGS];
	struct fw_login *l = &h->login[a->login];

	if (c->tag >= FW_ADMIN_TAGS || !a->busy ||
	    a->generation != c->generation) {
		h->dropped++;
		return;
	}
	a->busy = false;
	a->status = c->status;
	a->info0 = c->info0;
	a->info1 = c->info1;
	if (c->status != HBA_ST_GOOD)
		return;
	if (a->opcode == HBA_OP_LOGIN) {
		l->handle = c->info0;
		l->requests = 0;
		l->live = true;
	} else if (a->opcode == HBA_OP_LOGOUT) {
		l->live = false;
	}
}

void fw_admin_reap(struct fw_host *h)
{
	struct hba_ring_page *page = h->admin_page;
	u8 *ring = h->region[0].memory + (page->cq_base - HBA_IOVA_RINGS);
	struct hba_completion c;

	while (page->cq_cons != page->cq_prod) {
		memcpy(&c, ring + page->cq_cons % HBA_RING_ENTRIES * sizeof(c),
		       sizeof(c));
		page->cq_cons++;
		complete(h, &c);
	}
}

/* Room for another request, and none under way for this initiator? */
bool fw_admin_free(const struct fw_host *h, u32 login)
{
	u32 tag, busy = 0;

	for (tag = 0; tag < FW_ADMIN_TAGS; tag++) {
		busy += h->admin[tag].busy;
		if (h->admin[tag].busy && h->admin[tag].login == login)
			return false;
	}
	return busy < FW_ADMIN_TAGS - 1;
}

bool fw_admin_wait(struct fw_host *h, u32 tag)
{
	u32 pumps;

	for (pumps = 0; pumps < 10000 && h->admin[tag].busy; pumps++)
		fw_pump(h, 2000);
	return !h->admin[tag].busy;
}

static u32 now(struct fw_host *h, u32 opcode, u32 login)
{
	u32 tag = fw_admin_post(h, opcode, login);

	return fw_admin_wait(h, tag) ? h->admin[tag].status : ~0u;
}

u32 fw_login(struct fw_host *h, u32 login)
{
	return now(h, HBA_OP_LOGIN, login);
}

u32 fw_logout(struct fw_host *h, u32 login)
{
	return now(h, HBA_OP_LOGOUT, login);
}

/* Credits differ, so that entries that were mixed up are found out. */
bool fw_login_many(struct fw_host *h, u32 first, u32 count)
{
	u32 i;

	for (i = first; i < first + count; i++) {
		h->login[i].credits = 1 + i % 200;
		if (fw_login(h, i) != HBA_ST_GOOD)
			return false;
	}
	return true;
}

bool fw_query(struct fw_host *h, u32 login, struct hba_login *answer)
{
	u8 *buffer = h->region[1].memory + ANSWER_TAG * BUFFER_STRIDE;

	memset(buffer, 0xa5, sizeof(*answer));
	if (now(h, HBA_OP_LOGIN_QUERY, login) != HBA_ST_GOOD)
		return false;
	memcpy(answer, buffer, sizeof(*answer));
	return true;
}

/*
 * Requests end while the answer is on its way, and one that ended twice, with
 * a restart in between, was counted twice.
 */
static bool counted_right(const struct fw_host *h, const struct fw_login *l,
			  const struct hba_login *answer)
{
	return fw_io_busy(h) || (answer->requests >= l->requests &&
				 answer->requests <= l->requests + h->dropped);
}

static bool right(const struct fw_host *h, const struct fw_login *l,
		  const struct hba_login *answer, u32 format)
{
	u32 priority = format == 1 ? 0 : l->priority ? l->priority : 1;

	if (!l->live)
		return !answer->wwpn;
	return answer->wwpn == l->wwpn && answer->handle == l->handle &&
	       answer->credits == (l->credits ? l->credits : 16) &&
	       answer->priority == priority && answer->format == format &&
	       counted_right(h, l, answer);
}

/* Asks for every initiator the host knows; returns how many are wrong. */
u32 fw_wrong_logins(struct fw_host *h, u32 format)
{
	struct hba_login answer;
	u32 i, wrong = 0;

	for (i = 0; i < FW_LOGINS; i++) {
		if (!h->login[i].wwpn || !h->login[i].handle)
			continue;
		if (!fw_query(h, i, &answer) ||
		    !right(h, &h->login[i], &answer, format))
			wrong++;
	}
	return wrong;
}

bool fw_login_count(struct fw_host *h, u32 *logins, u32 *capacity)
{
	u32 tag = fw_admin_post(h, HBA_OP_LOGIN_COUNT, 0);

	if (!fw_admin_wait(h, tag) || h->admin[tag].status != HBA_ST_GOOD)
		return false;
	*logins = h->admin[tag].info0;
	*capacity = h->admin[tag].info1;
	return true;
}

u32 fw_live_logins(const struct fw_host *h)
{
	u32 i, live = 0;

	for (i = 0; i < FW_LOGINS; i++)
		live += h->login[i].live;
	return live;
}
