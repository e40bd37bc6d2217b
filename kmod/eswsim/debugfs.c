// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs - faults to inject into a NIC, and a look into its table
 *
 * /sys/kernel/debug/eswsim/eswsimID/
 *   insert_delay_us   microseconds that each insertion takes
 *   fail_next         so many of the next insertions are refused ...
 *   fail_errno        ... with this errno (a positive number)
 *   forget_rules      write 1: the table is empty, and TC is not told
 *   stall_ms          write: table operations wait for so many milliseconds
 *   rules             the rules with their counters
 *   connections       the connections that conntrack has offloaded
 *   profile           the kind of NIC
 *
 * That debugfs may be missing is no error.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/seq_file.h>

#include "eswsim.h"

static struct dentry *root;

static int forget_rules_set(void *data, u64 value)
{
	struct asic *asic = data;

	if (value != 1)
		return -EINVAL;
	asic_flush_all(asic);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(forget_rules_fops, NULL, forget_rules_set, "%llu\n");

static int stall_ms_set(void *data, u64 value)
{
	struct asic *asic = data;

	if (value > INT_MAX)
		return -ERANGE;
	asic_stall(asic, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(stall_ms_fops, NULL, stall_ms_set, "%llu\n");

static int fail_errno_get(void *data, u64 *value)
{
	struct asic *asic = data;

	*value = READ_ONCE(asic->fail_errno);
	return 0;
}

static int fail_errno_set(void *data, u64 value)
{
	struct asic *asic = data;

	if (!value || value > MAX_ERRNO)
		return -ERANGE;
	WRITE_ONCE(asic->fail_errno, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_errno_fops, fail_errno_get, fail_errno_set,
			 "%llu\n");

static int rules_show(struct seq_file *seq, void *unused)
{
	asic_dump(seq->private, seq);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rules);

static int connections_show(struct seq_file *seq, void *unused)
{
	asic_zone_dump(seq->private, seq);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(connections);

static int profile_show(struct seq_file *seq, void *unused)
{
	struct asic *asic = seq->private;

	seq_printf(seq, "%s\n", READ_ONCE(asic->profile)->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(profile);

/**
 * eswsim_debugfs_init() - make the files of a NIC
 * @nic: the NIC, its ASIC initialised
 */
void eswsim_debugfs_init(struct eswsim *nic)
{
	struct asic *asic = &nic->asic;
	struct dentry *dir;

	dir = debugfs_create_dir(dev_name(&nic->dev), root);
	debugfs_create_u32("insert_delay_us", 0600, dir,
			   &asic->insert_delay_us);
	debugfs_create_atomic_t("fail_next", 0600, dir, &asic->fail_next);
	debugfs_create_file_unsafe("fail_errno", 0600, dir, asic,
				   &fail_errno_fops);
	debugfs_create_file_unsafe("forget_rules", 0200, dir, asic,
				   &forget_rules_fops);
	debugfs_create_file_unsafe("stall_ms", 0200, dir, asic,
				   &stall_ms_fops);
	debugfs_create_file("rules", 0400, dir, asic, &rules_fops);
	debugfs_create_file("connections", 0400, dir, asic,
			    &connections_fops);
	debugfs_create_file("profile", 0400, dir, asic, &profile_fops);
	nic->debugfs = dir;
}

/**
 * eswsim_debugfs_exit() - take the files of a NIC away
 * @nic: the NIC; waits for readers and writers
 */
void eswsim_debugfs_exit(struct eswsim *nic)
{
	debugfs_remove(nic->debugfs);
}

/**
 * eswsim_debugfs_root_init() - make the directory of the module
 */
void eswsim_debugfs_root_init(void)
{
	root = debugfs_create_dir(ESWSIM_NAME, NULL);
}

/**
 * eswsim_debugfs_root_exit() - take the directory of the module away
 */
void eswsim_debugfs_root_exit(void)
{
	debugfs_remove(root);
}
