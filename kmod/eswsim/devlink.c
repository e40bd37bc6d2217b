// SPDX-License-Identifier: GPL-2.0-only
/*
 * devlink - what devlink shows and sets of a simulated NIC
 *
 *   eswitch    mode legacy or switchdev
 *   port       the uplink (physical) and the representors (pcivf)
 *   info       driver and versions
 *   resource   "rules": size of the rule table, with its occupancy
 *   param      "profile": the kind of NIC, see profile.c
 *   reload     makes a new table size or profile effective
 *
 * All callbacks run with the devlink instance lock held by devlink.
 */
#include "compat.h"
#include "eswsim.h"

#define ESWSIM_FW_VERSION "1.0"

enum {
	RESOURCE_RULES = 1,
};

enum {
	PARAM_PROFILE = DEVLINK_PARAM_GENERIC_ID_MAX + 1,
};

static struct eswsim *to_eswsim(struct devlink *devlink)
{
	return *(struct eswsim **)devlink_priv(devlink);
}

static int eswitch_mode_get(struct devlink *devlink, u16 *mode)
{
	*mode = to_eswsim(devlink)->mode;
	return 0;
}

static int eswitch_mode_set(struct devlink *devlink, u16 mode,
			    struct netlink_ext_ack *extack)
{
	return eswsim_set_mode(to_eswsim(devlink), mode, extack);
}

static int info_get(struct devlink *devlink, struct devlink_info_req *req,
		    struct netlink_ext_ack *extack)
{
	struct eswsim *nic = to_eswsim(devlink);
	char serial[2 * MAX_PHYS_ITEM_ID_LEN + 1];
	int err;

	err = compat_devlink_info_driver(req, ESWSIM_NAME);
	if (err)
		return err;
	snprintf(serial, sizeof(serial), "%*phN", nic->switch_id.id_len,
		 nic->switch_id.id);
	err = devlink_info_serial_number_put(req, serial);
	if (err)
		return err;
	err = devlink_info_version_fixed_put(req,
					     DEVLINK_INFO_VERSION_GENERIC_ASIC_ID,
					     ESWSIM_NAME);
	if (err)
		return err;
	err = devlink_info_version_running_put(req,
					       DEVLINK_INFO_VERSION_GENERIC_FW,
					       ESWSIM_FW_VERSION);
	if (err)
		return err;
	return devlink_info_version_running_put(req, "profile",
						nic->asic.profile->name);
}

static u64 rules_occupancy(void *priv)
{
	struct eswsim *nic = priv;

	return asic_count(&nic->asic);
}

/* Registers the resource with the size that the profile brings. */
static int resources_register(struct eswsim *nic)
{
	const struct asic_profile *profile = nic->asic.profile;
	struct devlink_resource_size_params size;
	int err;

	devlink_resource_size_params_init(&size, 1, profile->max_table_size, 1,
					  DEVLINK_RESOURCE_UNIT_ENTRY);
	err = devl_resource_register(nic->devlink, "rules",
				     profile->table_size, RESOURCE_RULES,
				     DEVLINK_RESOURCE_ID_PARENT_TOP, &size);
	if (err)
		return err;
	devl_resource_occ_get_register(nic->devlink, RESOURCE_RULES,
				       rules_occupancy, nic);
	return 0;
}

static void resources_unregister(struct eswsim *nic)
{
	devl_resource_occ_get_unregister(nic->devlink, RESOURCE_RULES);
	devl_resources_unregister(nic->devlink);
}

/* Makes the table as large as the resource says. */
static int resources_apply(struct eswsim *nic)
{
	u64 size;
	int err;

	err = devl_resource_size_get(nic->devlink, RESOURCE_RULES, &size);
	if (err)
		return err;
	return asic_set_size(&nic->asic, size);
}

static int profile_validate(struct devlink *devlink, u32 id,
			    compat_param_value value,
			    struct netlink_ext_ack *extack)
{
	if (asic_profile_find(compat_param_string(value)))
		return 0;
	NL_SET_ERR_MSG_MOD(extack,
			   "unknown profile; that of the start is \"full\"");
	return -EINVAL;
}

static const struct devlink_param params[] = {
	DEVLINK_PARAM_DRIVER(PARAM_PROFILE, "profile",
			     DEVLINK_PARAM_TYPE_STRING,
			     BIT(DEVLINK_PARAM_CMODE_DRIVERINIT),
			     NULL, NULL, profile_validate),
};

/* Makes the NIC of the kind that the parameter says, its table empty. */
static int params_apply(struct eswsim *nic)
{
	const struct asic_profile *profile;
	union devlink_param_value value;
	int err;

	err = devl_param_driverinit_value_get(nic->devlink, PARAM_PROFILE,
					      &value);
	if (err)
		return err;
	profile = asic_profile_find(value.vstr);
	if (!profile)
		return -EINVAL;
	if (profile == nic->asic.profile)
		return 0;
	err = asic_set_profile(&nic->asic, profile);
	if (err)
		return err;
	/* Another kind of NIC has a table of another size. */
	resources_unregister(nic);
	return resources_register(nic);
}

/*
 * Down takes all ports away that devlink knows (it insists on that), and with
 * them all rules; up puts the new configuration in place and makes the ports
 * again, in the mode of before. VFs stay, with nothing to talk to meanwhile
 * but each other.
 */
static int reload_down(struct devlink *devlink, bool netns_change,
		       enum devlink_reload_action action,
		       enum devlink_reload_limit limit,
		       struct netlink_ext_ack *extack)
{
	struct eswsim *nic = to_eswsim(devlink);
	int err;

	if (netns_change) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the NIC stays in its net namespace; move its netdevs");
		return -EOPNOTSUPP;
	}
	nic->reload_mode = nic->mode;
	err = eswsim_set_mode(nic, DEVLINK_ESWITCH_MODE_LEGACY, extack);
	if (err)
		return err;
	eswsim_uplink_destroy(nic);
	return 0;
}

static int reload_up(struct devlink *devlink, enum devlink_reload_action action,
		     enum devlink_reload_limit limit, u32 *actions_performed,
		     struct netlink_ext_ack *extack)
{
	struct eswsim *nic = to_eswsim(devlink);
	int err;

	err = params_apply(nic);
	if (!err)
		err = resources_apply(nic);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack,
				   "cannot apply the profile or the table size");
		return err;
	}
	err = eswsim_uplink_create(nic);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "cannot create the uplink");
		return err;
	}
	*actions_performed = BIT(DEVLINK_RELOAD_ACTION_DRIVER_REINIT);
	return eswsim_set_mode(nic, nic->reload_mode, extack);
}

static const struct devlink_ops devlink_ops = {
	.reload_actions = BIT(DEVLINK_RELOAD_ACTION_DRIVER_REINIT),
	.reload_down = reload_down,
	.reload_up = reload_up,
	.eswitch_mode_get = eswitch_mode_get,
	.eswitch_mode_set = eswitch_mode_set,
	.info_get = info_get,
};

/**
 * eswsim_devlink_alloc() - make the devlink instance of a NIC
 * @nic: the NIC
 *
 * Return: the instance, to be registered and freed by the caller, or NULL.
 */
struct devlink *eswsim_devlink_alloc(struct eswsim *nic)
{
	struct devlink *devlink;

	devlink = devlink_alloc(&devlink_ops, sizeof(nic), &nic->dev);
	if (devlink)
		*(struct eswsim **)devlink_priv(devlink) = nic;
	return devlink;
}

/**
 * eswsim_devlink_init() - register resources and parameters
 * @nic: the NIC, its ASIC initialised; devlink instance lock held
 *
 * Return: 0 or a negative errno.
 */
int eswsim_devlink_init(struct eswsim *nic)
{
	union devlink_param_value value;
	int err;

	err = resources_register(nic);
	if (err)
		return err;
	err = devl_params_register(nic->devlink, params, ARRAY_SIZE(params));
	if (err)
		goto err_resources;
	strscpy(value.vstr, nic->asic.profile->name, sizeof(value.vstr));
	devl_param_driverinit_value_set(nic->devlink, PARAM_PROFILE,
					compat_param_pass(value));
	compat_devlink_allow_reload(nic->devlink);
	return 0;

err_resources:
	resources_unregister(nic);
	return err;
}

/**
 * eswsim_devlink_exit() - undo eswsim_devlink_init()
 * @nic: the NIC; devlink instance lock held
 */
void eswsim_devlink_exit(struct eswsim *nic)
{
	devl_params_unregister(nic->devlink, params, ARRAY_SIZE(params));
	resources_unregister(nic);
}

/**
 * eswsim_devlink_port_add() - register the devlink port of a switch port
 * @port: the port; devlink instance lock held
 *
 * The port tells the netdev's phys_port_name (p0, pf0vfN) and phys_switch_id.
 * The uplink has its switch id in legacy mode too, as ice and nfp have it:
 * devlink wants it known before the netdev, which outlives the mode.
 * Return: 0 or a negative errno.
 */
int eswsim_devlink_port_add(struct eswsim_port *port)
{
	struct devlink_port_attrs attrs = {
		.flavour = DEVLINK_PORT_FLAVOUR_PHYSICAL,
		.switch_id = port->nic->switch_id,
	};
	struct devlink_port *dl_port = &port->devlink_port;

	memset(dl_port, 0, sizeof(*dl_port));
	if (port->kind == PORT_UPLINK) {
		devlink_port_attrs_set(dl_port, &attrs);
		return devl_port_register(port->nic->devlink, dl_port, 0);
	}
	dl_port->attrs.switch_id = port->nic->switch_id;
	devlink_port_attrs_pci_vf_set(dl_port, 0, 0, port->vf, false);
	return devl_port_register(port->nic->devlink, dl_port, port->vf + 1);
}

/**
 * eswsim_devlink_port_del() - undo eswsim_devlink_port_add()
 * @port: the port; devlink instance lock held
 */
void eswsim_devlink_port_del(struct eswsim_port *port)
{
	devl_port_unregister(&port->devlink_port);
}
