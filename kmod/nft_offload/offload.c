// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes and ends the state of each network namespace.
 */
#include <net/netns/generic.h>
#include "conn.h"
#include "offload.h"
#include "rest.h"

static unsigned int offload_net_id __read_mostly;

/**
 * offload_of() - the state of a namespace
 * @net: the namespace, alive
 *
 * Return: the state, which lives as long as the namespace and the module.
 * Context: any; takes no lock.
 */
struct offload *offload_of(const struct net *net)
{
	return net_generic(net, offload_net_id);
}

static int __net_init offload_net_init(struct net *net)
{
	struct offload *off = offload_of(net);

	off->net = net;
	mutex_init(&off->lock);
	INIT_LIST_HEAD(&off->untold);
	INIT_LIST_HEAD(&off->flowtables);
	rest_net_init(off);
	provider_init(&off->provider);
	return conn_table_init(off);
}

/*
 * All flowtables have been unbound by now: nf_tables does that in its
 * pre_exit, or else when the devices of the namespace go, and both come
 * before the exit of any subsystem (net/core/net_namespace.c,
 * cleanup_net()). No socket of the namespace is left either.
 */
static void __net_exit offload_net_exit(struct net *net)
{
	struct offload *off = offload_of(net);

	provider_exit(&off->provider);
	WARN_ON_ONCE(!list_empty(&off->flowtables));
	rest_net_exit(off);
	conn_table_exit(off);
}

static struct pernet_operations offload_net_ops = {
	.init	= offload_net_init,
	.exit	= offload_net_exit,
	.id	= &offload_net_id,
	.size	= sizeof(struct offload),
};

/**
 * offload_init() - gives each namespace, present and future, its state
 *
 * Registered as a subsystem and after nf_tables, so that on the end of a
 * namespace this is the last that knows of a flowtable.
 *
 * Return: 0 or a negative errno.
 */
int offload_init(void)
{
	return register_pernet_subsys(&offload_net_ops);
}

/**
 * offload_exit() - undoes offload_init()
 *
 * No flowtable of our types may exist any more.
 */
void offload_exit(void)
{
	unregister_pernet_subsys(&offload_net_ops);
}
