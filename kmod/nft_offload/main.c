// SPDX-License-Identifier: GPL-2.0-only
/*
 * nft_offload: takes the entries of nftables flowtables with "flags
 * offload" for any device and hands them to a provider in user space, which
 * places them into the NIC.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/nft_offload.h>
#include <net/genetlink.h>
#include "family.h"
#include "flowtable.h"
#include "offload.h"
#include "provider.h"

static int __init nft_offload_init(void)
{
	int err;

	err = offload_init();
	if (err)
		return err;
	err = family_init();
	if (err)
		goto err_family;
	err = provider_notifier_init();
	if (err)
		goto err_notifier;
	/* Last: from here on a ruleset may call us. */
	err = flowtable_types_init();
	if (err)
		goto err_types;
	return 0;

err_types:
	provider_notifier_exit();
err_notifier:
	family_exit();
err_family:
	offload_exit();
	return err;
}

/*
 * Each flowtable of our types holds a reference to the module, so none is
 * left here, nor a flow of one. A provider may be bound; its socket stays, a
 * message from it finds no family any more.
 */
static void __exit nft_offload_exit(void)
{
	flowtable_types_exit();
	provider_notifier_exit();
	family_exit();
	offload_exit();
}

module_init(nft_offload_init);
module_exit(nft_offload_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("nft-offload");
MODULE_DESCRIPTION("Hands nftables flowtable entries to an offload provider");
MODULE_ALIAS_GENL_FAMILY(NFT_OFFLOAD_GENL_NAME);
