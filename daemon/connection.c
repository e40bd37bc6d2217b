// SPDX-License-Identifier: Apache-2.0
/*
 * connection: see connection.h.
 */
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN	1024	/* a power of two */

int connections_init(struct connections *connections)
{
	memset(connections, 0, sizeof(*connections));
	connections->list.prev = &connections->list;
	connections->list.next = &connections->list;
	connections->n_buckets = BUCKETS_MIN;
	connections->buckets = calloc(BUCKETS_MIN,
				      sizeof(*connections->buckets));
	connections->ct_buckets = calloc(BUCKETS_MIN,
					 sizeof(*connections->ct_buckets));
	if (connections->buckets && connections->ct_buckets)
		return 0;
	free(connections->buckets);
	free(connections->ct_buckets);
	connections->buckets = NULL;
	return -ENOMEM;
}

/* Puts @link in before @at. */
static void link_before(struct connection_link *at,
			struct connection_link *link)
{
	link->prev = at->prev;
	link->next = at;
	at->prev->next = link;
	at->prev = link;
}

static void unlink_link(struct connection_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
}

/* Numbers count up, so that their low bits are a perfect hash. */
static struct connection **bucket_of(const struct connections *connections,
				     uint64_t number)
{
	return &connections->buckets[number & (connections->n_buckets - 1)];
}

/* The kernel makes them of a keyed hash: any bits will do. */
static struct connection **ct_bucket_of(const struct connections *connections,
					uint32_t ct_id)
{
	return &connections->ct_buckets[ct_id & (connections->n_buckets - 1)];
}

static void ct_link(struct connections *connections,
		    struct connection *connection)
{
	struct connection **at = ct_bucket_of(connections, connection->ct_id);

	connection->next_ct = *at;
	*at = connection;
}

static void ct_unlink(struct connections *connections,
		      struct connection *connection)
{
	struct connection **at = ct_bucket_of(connections, connection->ct_id);

	while (*at != connection)
		at = &(*at)->next_ct;
	*at = connection->next_ct;
}

static void connection_free(struct connections *connections,
			    struct connection *connection)
{
	struct connection **at = bucket_of(connections, connection->number);

	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	ct_unlink(connections, connection);
	unlink_link(&connection->link);
	connections->n--;
	free(connection->table);
	free(connection->flowtable);
	free(connection);
}

void connections_free(struct connections *connections)
{
	while (connections->list.next != &connections->list)
		connection_free(connections, (struct connection *)
				connections->list.next);
	free(connections->buckets);
	free(connections->ct_buckets);
}

/* Twice as many buckets; if there is no memory, chains get longer instead. */
static void connections_grow(struct connections *connections)
{
	struct connections bigger = *connections;
	struct connection *connection;
	struct connection **at;
	size_t i;

	bigger.n_buckets *= 2;
	bigger.buckets = calloc(bigger.n_buckets, sizeof(*bigger.buckets));
	bigger.ct_buckets = calloc(bigger.n_buckets,
				   sizeof(*bigger.ct_buckets));
	if (!bigger.buckets || !bigger.ct_buckets) {
		free(bigger.buckets);
		free(bigger.ct_buckets);
		return;
	}
	for (i = 0; i < connections->n_buckets; i++) {
		while ((connection = connections->buckets[i])) {
			connections->buckets[i] = connection->next;
			at = bucket_of(&bigger, connection->number);
			connection->next = *at;
			*at = connection;
			ct_link(&bigger, connection);
		}
	}
	free(connections->buckets);
	free(connections->ct_buckets);
	connections->buckets = bigger.buckets;
	connections->ct_buckets = bigger.ct_buckets;
	connections->n_buckets = bigger.n_buckets;
}

static struct connection *
connection_new(struct connections *connections,
	       const struct nfo_flowtable_flow *flow)
{
	struct connection *connection;
	struct connection **at;

	connection = calloc(1, sizeof(*connection));
	if (!connection)
		return NULL;
	connection->number = flow->id >> 1;
	connection->ct_id = flow->ct_id;
	connection->table = strdup(flow->table);
	connection->flowtable = strdup(flow->flowtable);
	if (!connection->table || !connection->flowtable) {
		free(connection->table);
		free(connection->flowtable);
		free(connection);
		return NULL;
	}
	if (connections->n >= connections->n_buckets)
		connections_grow(connections);
	at = bucket_of(connections, connection->number);
	connection->next = *at;
	*at = connection;
	ct_link(connections, connection);
	link_before(&connections->list, &connection->link);
	connections->n++;
	return connection;
}

int connections_learn(struct connections *connections,
		      const struct nfo_flowtable_flow *flow)
{
	struct connection *connection = connections_find(connections, flow->id);
	struct connection_side *side;

	if (!connection)
		connection = connection_new(connections, flow);
	if (!connection)
		return -ENOMEM;
	if (connection->ct_id != flow->ct_id) {
		ct_unlink(connections, connection);
		connection->ct_id = flow->ct_id;
		ct_link(connections, connection);
	}
	connection->ct_zone = flow->ct_zone;
	side = &connection->sides[flow->id & 1];
	side->known = true;
	side->iif = flow->iif;
	side->oif = flow->oif;
	side->tuple = flow->tuple;
	return 0;
}

void connections_forget(struct connections *connections, uint64_t id)
{
	struct connection *connection = connections_find(connections, id);

	if (!connection)
		return;
	connection->sides[id & 1].known = false;
	if (!connection->sides[!(id & 1)].known)
		connection_free(connections, connection);
}

struct connection *connections_find(const struct connections *connections,
				    uint64_t id)
{
	struct connection *connection = *bucket_of(connections, id >> 1);

	while (connection && connection->number != id >> 1)
		connection = connection->next;
	return connection;
}

struct connection *
connections_by_conntrack(const struct connections *connections, uint32_t ct_id)
{
	struct connection *connection = *ct_bucket_of(connections, ct_id);

	while (connection && connection->ct_id != ct_id)
		connection = connection->next_ct;
	return connection;
}

void connection_protocol(uint8_t ip_proto, char *text, size_t size)
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {
		{ IPPROTO_TCP, "tcp" },
		{ IPPROTO_UDP, "udp" },
		{ IPPROTO_GRE, "gre" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == ip_proto) {
			snprintf(text, size, "%s", names[i].name);
			return;
		}
	}
	snprintf(text, size, "%u", ip_proto);
}

/* "10.0.0.2:7001", "[fd00::2]:80"; no port for protocols without. */
static void end_text(char *text, size_t size, uint8_t family,
		     const struct in6_addr *address, __be16 port)
{
	char name[INET6_ADDRSTRLEN] = "?";

	if (family)
		inet_ntop(family, address, name, sizeof(name));
	if (!port)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			 name, ntohs(port));
}

void connection_text(const struct connection *connection, int dir, char *text)
{
	const struct nfo_flowtable_tuple *tuple = &connection->sides[dir].tuple;
	char protocol[8], from[INET6_ADDRSTRLEN + 8], to[INET6_ADDRSTRLEN + 8];

	connection_protocol(tuple->ip_proto, protocol, sizeof(protocol));
	end_text(from, sizeof(from), tuple->family, &tuple->src, tuple->sport);
	end_text(to, sizeof(to), tuple->family, &tuple->dst, tuple->dport);
	snprintf(text, CONNECTION_TEXT, "%s %s %s", protocol, from, to);
}

void connections_mark(struct connections *connections,
		      struct connection_link *mark)
{
	mark->mark = true;
	link_before(connections->list.next, mark);
}

void connections_unmark(struct connection_link *mark)
{
	unlink_link(mark);
}

struct connection *connections_next(struct connections *connections,
				    struct connection_link *mark)
{
	struct connection_link *at = mark->next;

	while (at != &connections->list && at->mark)
		at = at->next;
	if (at == &connections->list)
		return NULL;
	unlink_link(mark);
	link_before(at->next, mark);
	return (struct connection *)at;
}
