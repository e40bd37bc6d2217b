// SPDX-License-Identifier: GPL-2.0-only
/*
 * main - the module, and a NIC's life: its VFs and its eswitch mode
 *
 * Everything here that changes a NIC holds its devlink instance lock, so that
 * mode, VFs and ports always fit together: a VF has a representor exactly
 * while the mode is switchdev.
 */
#include <linux/module.h>
#include <linux/rtnetlink.h>

#include "eswsim.h"
#include "tunnel.h"

/* The VF with number @vf, or NULL; devlink instance lock held. */
static struct eswsim_port *vf_port(struct eswsim *nic, unsigned int vf)
{
	return rcu_dereference_protected(nic->vfs[vf],
					 devl_lock_is_held(nic->devlink));
}

static void destroy_vfs(struct eswsim *nic)
{
	struct eswsim_port *port;

	while (nic->num_vfs) {
		port = vf_port(nic, nic->num_vfs - 1);
		WRITE_ONCE(nic->num_vfs, nic->num_vfs - 1);
		RCU_INIT_POINTER(nic->vfs[nic->num_vfs], NULL);
		eswsim_port_destroy(port);
	}
}

static int create_vfs(struct eswsim *nic, unsigned int num_vfs)
{
	struct eswsim_port *port;
	int err;

	while (nic->num_vfs < num_vfs) {
		port = eswsim_port_create(nic, PORT_VF, nic->num_vfs);
		if (IS_ERR(port)) {
			err = PTR_ERR(port);
			goto err_destroy;
		}
		rcu_assign_pointer(nic->vfs[nic->num_vfs], port);
		WRITE_ONCE(nic->num_vfs, nic->num_vfs + 1);
	}
	return 0;

err_destroy:
	destroy_vfs(nic);
	return err;
}

/**
 * eswsim_set_num_vfs() - create VFs, or remove all
 * @nic: the NIC, its device locked
 * @num_vfs: how many there shall be
 *
 * Return: 0, -ERANGE (more than the NIC can have), -EBUSY (there are VFs, and
 * neither that number nor 0 is asked for) or another negative errno; each is
 * told in the kernel log.
 */
int eswsim_set_num_vfs(struct eswsim *nic, unsigned int num_vfs)
{
	int err;

	devl_lock(nic->devlink);
	if (num_vfs == nic->num_vfs) {
		err = 0;
	} else if (!num_vfs) {
		destroy_vfs(nic);
		err = 0;
	} else if (num_vfs > nic->max_vfs) {
		dev_err(&nic->dev, "sriov_numvfs: %u VFs are too many, at most %u\n",
			num_vfs, nic->max_vfs);
		err = -ERANGE;
	} else if (nic->num_vfs) {
		dev_err(&nic->dev, "sriov_numvfs: %u VFs exist; write 0 before %u\n",
			nic->num_vfs, num_vfs);
		err = -EBUSY;
	} else {
		err = create_vfs(nic, num_vfs);
		if (err)
			dev_err(&nic->dev, "sriov_numvfs: cannot create %u VFs: error %d\n",
				num_vfs, err);
	}
	devl_unlock(nic->devlink);
	return err;
}

/* VF links follow the representors in one mode only. */
static void update_carriers(struct eswsim *nic)
{
	unsigned int vf;

	rtnl_lock();
	for (vf = 0; vf < nic->num_vfs; vf++)
		eswsim_port_update_carrier(vf_port(nic, vf));
	rtnl_unlock();
}

/* Destroys the representors of the first @num_vfs VFs, the last one first. */
static void destroy_reps(struct eswsim *nic, unsigned int num_vfs)
{
	while (num_vfs--)
		eswsim_port_rep_destroy(vf_port(nic, num_vfs));
}

static int switchdev_enable(struct eswsim *nic)
{
	unsigned int vf;
	int err;

	for (vf = 0; vf < nic->num_vfs; vf++) {
		err = eswsim_port_rep_create(vf_port(nic, vf));
		if (err) {
			destroy_reps(nic, vf);
			return err;
		}
	}
	err = asic_decap_enable(&nic->asic);
	if (err) {
		destroy_reps(nic, nic->num_vfs);
		return err;
	}
	WRITE_ONCE(nic->mode, DEVLINK_ESWITCH_MODE_SWITCHDEV);
	return 0;
}

static void switchdev_disable(struct eswsim *nic)
{
	/* From here packets pass the ASIC by, and it refuses new rules. */
	WRITE_ONCE(nic->mode, DEVLINK_ESWITCH_MODE_LEGACY);
	asic_decap_disable(&nic->asic);
	destroy_reps(nic, nic->num_vfs);
	/* What is left are rules of the uplink, which stays. */
	asic_flush_all(&nic->asic);
}

/**
 * eswsim_set_mode() - change the eswitch mode
 * @nic: the NIC; devlink instance lock held
 * @mode: DEVLINK_ESWITCH_MODE_*
 * @extack: takes the reason of a refusal; may be NULL
 *
 * Leaving switchdev mode drops all rules, as the NICs do; of rules on the
 * uplink, which keeps its netdev, TC is not told.
 * Return: 0, -EOPNOTSUPP for a mode that is neither legacy nor switchdev, or
 * another negative errno with the old mode kept.
 */
int eswsim_set_mode(struct eswsim *nic, u16 mode,
		    struct netlink_ext_ack *extack)
{
	int err = 0;

	devl_assert_locked(nic->devlink);
	if (mode == nic->mode)
		return 0;
	switch (mode) {
	case DEVLINK_ESWITCH_MODE_SWITCHDEV:
		err = switchdev_enable(nic);
		if (err)
			NL_SET_ERR_MSG_MOD(extack,
					   "cannot create the representors");
		break;
	case DEVLINK_ESWITCH_MODE_LEGACY:
		switchdev_disable(nic);
		break;
	default:
		NL_SET_ERR_MSG_MOD(extack,
				   "eswitch mode is either legacy or switchdev");
		return -EOPNOTSUPP;
	}
	update_carriers(nic);
	return err;
}

/**
 * eswsim_uplink_create() - create the uplink, with its wire
 * @nic: the NIC, which has none; devlink instance lock held
 *
 * Return: 0 or a negative errno.
 */
int eswsim_uplink_create(struct eswsim *nic)
{
	struct eswsim_port *port = eswsim_port_create(nic, PORT_UPLINK, 0);

	if (IS_ERR(port))
		return PTR_ERR(port);
	rcu_assign_pointer(nic->uplink, port);
	return 0;
}

/**
 * eswsim_uplink_destroy() - take the uplink away, with its wire
 * @nic: the NIC, which may have none; devlink instance lock held
 */
void eswsim_uplink_destroy(struct eswsim *nic)
{
	struct eswsim_port *port;

	port = rcu_dereference_protected(nic->uplink,
					 devl_lock_is_held(nic->devlink));
	RCU_INIT_POINTER(nic->uplink, NULL);
	if (port)
		eswsim_port_destroy(port);
}

/**
 * eswsim_probe() - bring a NIC to life, in legacy mode and without VFs
 * @nic: its device registered, id, max_vfs, profile and switch_id set
 *
 * Return: 0 or a negative errno.
 */
int eswsim_probe(struct eswsim *nic)
{
	struct devlink *devlink;
	int err;

	devlink = eswsim_devlink_alloc(nic);
	if (!devlink)
		return -ENOMEM;
	nic->devlink = devlink;
	nic->mode = DEVLINK_ESWITCH_MODE_LEGACY;

	devl_lock(devlink);
	err = asic_init(&nic->asic, nic);
	if (err)
		goto err_free;
	err = asic_set_profile(&nic->asic, nic->profile);
	if (err)
		goto err_asic;
	err = eswsim_devlink_init(nic);
	if (err)
		goto err_asic;
	err = eswsim_uplink_create(nic);
	if (err)
		goto err_devlink;
	devl_unlock(devlink);

	devlink_register(devlink);
	eswsim_debugfs_init(nic);
	return 0;

err_devlink:
	eswsim_devlink_exit(nic);
err_asic:
	asic_exit(&nic->asic);
err_free:
	nic->devlink = NULL;
	devl_unlock(devlink);
	devlink_free(devlink);
	return err;
}

/**
 * eswsim_remove() - undo eswsim_probe() and all that was done since
 * @nic: the NIC; any number of VFs, in any mode, under any traffic
 */
void eswsim_remove(struct eswsim *nic)
{
	struct devlink *devlink = nic->devlink;

	eswsim_debugfs_exit(nic);
	devlink_unregister(devlink);

	devl_lock(devlink);
	destroy_vfs(nic);
	eswsim_set_mode(nic, DEVLINK_ESWITCH_MODE_LEGACY, NULL);
	eswsim_uplink_destroy(nic);
	eswsim_devlink_exit(nic);
	asic_exit(&nic->asic);
	nic->devlink = NULL;
	devl_unlock(devlink);
	devlink_free(devlink);
}

static int __init eswsim_init(void)
{
	int err;

	eswsim_debugfs_root_init();
	err = tundev_init();
	if (err)
		goto err_debugfs;
	err = eswsim_bus_init();
	if (err)
		goto err_tundev;
	return 0;

err_tundev:
	tundev_exit();
err_debugfs:
	eswsim_debugfs_root_exit();
	return err;
}

static void __exit eswsim_exit(void)
{
	eswsim_bus_exit();
	tundev_exit();
	eswsim_debugfs_root_exit();
}

module_init(eswsim_init);
module_exit(eswsim_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Simulated SR-IOV NIC with an embedded switch that executes TC flower rules");
