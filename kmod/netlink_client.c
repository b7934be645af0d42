// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets that talk to us: what they feed, which ends with them, and the
 * sentences that they are refused with.
 *
 * A client is found by its socket, not by its port: a port can be used again
 * before the end of its last socket is told. It lives until that is told; no
 * message of the socket is being handled then, so that a handler needs no
 * reference of its own.
 */
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "netlink.h"

/**
 * struct sentence - an error message, until netlink has copied it
 * @list: in its client's list
 * @task: that it was written for
 * @text: one sentence
 *
 * A netlink error message must outlive the handler, and the room that newer
 * kernels give it is less than a sentence needs. A thread is in one message at
 * a time, so that it may use its last room again; room is given back with the
 * socket.
 */
struct sentence {
	struct list_head list;
	const struct task_struct *task;
	char text[CSW_ERROR_LEN];
};

/* Protects the list and all lists of sentences; a leaf. */
static DEFINE_MUTEX(clients_lock);
static LIST_HEAD(clients);

static struct csw_client *client_new(struct sock *sk)
{
	struct csw_client *client = kzalloc(sizeof(*client), GFP_KERNEL_ACCOUNT);

	if (!client)
		return NULL;
	INIT_LIST_HEAD(&client->sentences);
	csw_feed_init(&client->feed);
	sock_hold(sk);
	client->sk = sk;
	list_add(&client->list, &clients);
	return client;
}

static void client_free(struct csw_client *client)
{
	struct sentence *sentence, *next;

	csw_feed_exit(&client->feed);
	list_for_each_entry_safe(sentence, next, &client->sentences, list)
		kfree(sentence);
	sock_put(client->sk);
	kfree(client);
}

static struct csw_client *client_find(const struct sock *sk)
{
	struct csw_client *client;

	lockdep_assert_held(&clients_lock);
	list_for_each_entry(client, &clients, list)
		if (client->sk == sk)
			return client;
	return NULL;
}

/**
 * csw_client_get() - the sender of a message
 * @skb: the message
 *
 * Return: it, until its message has been handled; %NULL without memory.
 */
struct csw_client *csw_client_get(struct sk_buff *skb)
{
	struct sock *sk = NETLINK_CB(skb).sk;
	struct csw_client *client;

	mutex_lock(&clients_lock);
	client = client_find(sk) ?: client_new(sk);
	mutex_unlock(&clients_lock);
	return client;
}

/* The same; %NULL if it has never fed anything nor been refused anything. */
struct csw_client *csw_client_find(struct sk_buff *skb)
{
	struct csw_client *client;

	mutex_lock(&clients_lock);
	client = client_find(NETLINK_CB(skb).sk);
	mutex_unlock(&clients_lock);
	return client;
}

static struct sentence *sentence_get(struct csw_client *client)
{
	struct sentence *sentence;

	lockdep_assert_held(&clients_lock);
	list_for_each_entry(sentence, &client->sentences, list)
		if (sentence->task == current)
			return sentence;
	sentence = kzalloc(sizeof(*sentence), GFP_KERNEL_ACCOUNT);
	if (!sentence)
		return NULL;
	sentence->task = current;
	list_add(&sentence->list, &client->sentences);
	return sentence;
}

/**
 * csw_nl_refuse() - refuse what a message asks for
 * @skb: the message
 * @extack: for the reply
 * @code: negative errno
 * @fmt: one sentence
 *
 * Return: @code.
 */
int csw_nl_refuse(struct sk_buff *skb, struct netlink_ext_ack *extack, int code,
		  const char *fmt, ...)
{
	struct csw_client *client = csw_client_get(skb);
	struct sentence *sentence = NULL;
	va_list args;

	if (client) {
		mutex_lock(&clients_lock);
		sentence = sentence_get(client);
		mutex_unlock(&clients_lock);
	}
	if (!sentence) {
		NL_SET_ERR_MSG(extack, "refused, and there is no memory to say why");
		return code;
	}
	va_start(args, fmt);
	vscnprintf(sentence->text, sizeof(sentence->text), fmt, args);
	va_end(args);
	do_trace_netlink_extack(sentence->text);
	if (extack)
		extack->_msg = sentence->text;
	return code;
}

/* A socket has been closed, in whatever way its owner ended. */
static int socket_closed(struct notifier_block *nb, unsigned long event,
			 void *data)
{
	const struct netlink_notify *notify = data;
	struct csw_client *client, *next;
	LIST_HEAD(dead);

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	mutex_lock(&clients_lock);
	list_for_each_entry_safe(client, next, &clients, list)
		if (sock_flag(client->sk, SOCK_DEAD))
			list_move(&client->list, &dead);
	mutex_unlock(&clients_lock);
	list_for_each_entry_safe(client, next, &dead, list)
		client_free(client);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_closed,
};

int csw_client_init(void)
{
	return netlink_register_notifier(&socket_notifier);
}

/* After the family is gone: no message comes any more. */
void csw_client_exit(void)
{
	struct csw_client *client, *next;

	netlink_unregister_notifier(&socket_notifier);
	list_for_each_entry_safe(client, next, &clients, list)
		client_free(client);
	INIT_LIST_HEAD(&clients);
}
