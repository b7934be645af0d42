// SPDX-License-Identifier: GPL-2.0-only
/* Messages of nodes and masters. */
#include "tap.h"
#include "fleet_damage.h"
#include "fleet/message.h"

static void fill_message(struct message *m, enum message_type type)
{
	memset(m, 0, sizeof(*m));
	m->type = type;
	strcpy(m->name, "rack7-node12");
	strcpy(m->role, "master");
	m->port = 4711;
	m->sequence = 17;
	m->offer = 3;
	strcpy(m->types[0], "hba");
	strcpy(m->types[1], "hba mini");
	m->num_types = 2;
	strcpy(m->file, "hba-2.0.0.mrb");
	strcpy(m->group, "ff02::1:2");
	m->sender = 0xc0a80001;
	m->ranges[0] = (struct chunk_range){ 0, 2 };
	m->ranges[1] = (struct chunk_range){ 5, 1 };
	m->num_ranges = 2;
	strcpy(m->module_type, "hba");
	strcpy(m->state, "receiving");
	m->progress = 40;
	strcpy(m->error, "chunk 3: a wrong \"hash\"");
	strcpy(m->nonce, "0123456789abcdef");
	strcpy(m->set, "A");
	strcpy(m->desired, "2.0.0");
	strcpy(m->service, "in");
	m->order = 12;
	strcpy(m->outcome, "refused");
	strcpy(m->word, "update");
	strcpy(m->method, "live");
	strcpy(m->targets[0], "rack7-node12");
	strcpy(m->targets[1], "rack7-node13");
	m->num_targets = 2;
	m->epoch = 5;
	strcpy(m->holder, "desk3");
	m->manifest = (char *)"{\"signed\"}";
}

/* What a type has not is not in its message, so compare what is written. */
static void messages_travel(void)
{
	static struct message m;
	struct message *back;
	struct mrb_error err;
	size_t size, again;
	char *bytes, *second;
	int type;

	for (type = 0; type < MESSAGE_TYPES; type++) {
		fill_message(&m, type);
		bytes = message_format(&m, &size);
		back = bytes ? message_parse(bytes, size, &err) : NULL;
		second = back ? message_format(back, &again) : NULL;
		ok(second && again == size && !memcmp(bytes, second, size),
		   "%s: %zu bytes", message_name(type), size);
		message_free(back);
		free(bytes);
		free(second);
	}
}

static void fields_arrive(void)
{
	static struct message m;
	struct message *back;
	struct mrb_error err;
	size_t size;
	char *bytes;

	fill_message(&m, MESSAGE_ACK);
	bytes = message_format(&m, &size);
	back = message_parse(bytes, size, &err);
	ok(back && back->type == MESSAGE_ACK && !strcmp(back->name, m.name) &&
	   !strcmp(back->file, m.file) && back->offer == 3 && back->sequence == 17,
	   "who, and of what");
	ok(back && back->num_ranges == 2 && back->ranges[1].first == 5 &&
	   back->ranges[1].num == 1, "what is missing");
	ok(back && !back->num_types && !back->error[0], "and nothing else");
	message_free(back);
	free(bytes);
}

static bool reads(const char *bytes, size_t size)
{
	struct mrb_error err;
	struct message *m = message_parse(bytes, size, &err);

	message_free(m);
	return m;
}

static void no_part_of_a_message_is_one(void)
{
	static struct message m;
	unsigned int taken = 0;
	size_t size;
	char *bytes;
	int type;

	for (type = 0; type < MESSAGE_TYPES; type++) {
		fill_message(&m, type);
		bytes = message_format(&m, &size);
		taken += damaged_ones_read(reads, bytes, size);
		free(bytes);
	}
	is(taken, 0, "cut short, or with a byte out of ASCII: none is taken");
}

/*
 * Any byte may be any other: whatever comes of it, nothing is read or written
 * where it should not be.
 */
static void damaged_messages_do_no_harm(void)
{
	static struct message m;
	unsigned int taken = 0;
	size_t size, i;
	u32 x = 7;
	char *bytes, was;
	int round;

	fill_message(&m, MESSAGE_ACK);
	bytes = message_format(&m, &size);
	for (round = 0; round < 20000; round++) {
		x = x * 1664525 + 1013904223;
		i = (x >> 8) % size;
		was = bytes[i];
		bytes[i] = (char)(x >> 24);
		taken += !is_refused_by(reads, bytes, size);
		bytes[i] = was;
	}
	ok(taken < 20000, "%u of 20000 damaged ones can still be read", taken);
	free(bytes);
}

static const char *const bad_messages[] = {
	"", "7", "{}", "{\"codeswap\":1}", "{\"codeswap\":2,\"type\":\"hello\"}",
	"{\"codeswap\":1,\"type\":7}", "{\"codeswap\":1,\"type\":\"shout\"}",
	"{\"codeswap\":1,\"type\":\"hello\"}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"\",\"role\":\"node\","
		"\"port\":0,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"a\",\"role\":\"node\","
		"\"port\":65536,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"a\",\"role\":\"node\","
		"\"port\":-1,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"hello\",\"name\":\"a\\n\",\"role\":\"node\","
		"\"port\":0,\"sequence\":0}",
	"{\"codeswap\":1,\"type\":\"request\",\"name\":\"a\",\"sequence\":0,"
		"\"types\":\"hba\"}",
	"{\"codeswap\":1,\"type\":\"request\",\"name\":\"a\",\"sequence\":0,"
		"\"types\":[\"0123456789012345678901234567890123456789\"]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[0,0]]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[0,2],[1,1]]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[4294967295,2]]}",
	"{\"codeswap\":1,\"type\":\"ack\",\"name\":\"a\",\"sequence\":0,\"offer\":1,"
		"\"file\":\"f\",\"missing\":[[0,1,2]]}",
};

static void what_is_no_message(void)
{
	struct mrb_error err;
	struct message *m;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_messages); i++) {
		err.text[0] = '\0';
		m = message_parse(bad_messages[i], strlen(bad_messages[i]), &err);
		ok(!m && err.text[0], "%u: %s", i, err.text);
		message_free(m);
	}
}

int main(void)
{
	messages_travel();
	fields_arrive();
	no_part_of_a_message_is_one();
	damaged_messages_do_no_harm();
	what_is_no_message();
	return tap_done();
}
