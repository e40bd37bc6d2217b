// SPDX-License-Identifier: GPL-2.0-only
/*
 * bus - the bus that the simulated NICs sit on
 *
 *   /sys/bus/eswsim/new_device              "ID MAX_VFS [PROFILE]"
 *   /sys/bus/eswsim/del_device              "ID"
 *   /sys/bus/eswsim/devices/eswsimID/       a NIC, as a PCI function shows it:
 *           sriov_totalvfs sriov_numvfs virtfnN
 *   /sys/bus/eswsim/devices/eswsimID.vfN/   a VF, with net/ and physfn
 *
 * File names and errno values of the sriov files are those of PCI devices
 * (drivers/pci/iov.c), so that what sets up a NIC sets up this one too.
 *
 * Locks: list_lock covers the list of NICs and is the outermost; then the
 * device lock of a NIC, then its devlink instance lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "eswsim.h"

static LIST_HEAD(nics);
static DEFINE_MUTEX(list_lock);
static bool closing;

/*
 * Devices outlive their removal for as long as somebody refers to them
 * (devlink does so for a grace period), and their release functions are code
 * of this module: it may go only when all are gone. One count is the module's.
 */
static refcount_t live_devices;
static DECLARE_COMPLETION(all_released);

static void live_devices_put(void)
{
	if (refcount_dec_and_test(&live_devices))
		complete(&all_released);
}

static struct eswsim *to_eswsim(struct device *dev)
{
	return container_of(dev, struct eswsim, dev);
}

static ssize_t sriov_totalvfs_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_eswsim(dev)->max_vfs);
}
static DEVICE_ATTR_RO(sriov_totalvfs);

static ssize_t sriov_numvfs_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_eswsim(dev)->num_vfs));
}

/*
 * -EINVAL: not a number; -ERANGE: more than sriov_totalvfs; -EBUSY: there are
 * VFs already and the new number is not 0; -ENODEV: the NIC is going away.
 */
static ssize_t sriov_numvfs_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct eswsim *nic = to_eswsim(dev);
	unsigned int num_vfs;
	int err;

	if (kstrtouint(buf, 0, &num_vfs)) {
		dev_err(dev, "sriov_numvfs: not a number; write 0 to %u\n",
			nic->max_vfs);
		return -EINVAL;
	}
	device_lock(dev);
	err = nic->devlink ? eswsim_set_num_vfs(nic, num_vfs) : -ENODEV;
	device_unlock(dev);
	return err ? err : count;
}
static DEVICE_ATTR_RW(sriov_numvfs);

static struct attribute *nic_attrs[] = {
	&dev_attr_sriov_totalvfs.attr,
	&dev_attr_sriov_numvfs.attr,
	NULL
};
ATTRIBUTE_GROUPS(nic);

static void nic_release(struct device *dev)
{
	kfree(to_eswsim(dev));
	live_devices_put();
}

static const struct device_type nic_type = {
	.name = "nic",
	.groups = nic_groups,
	.release = nic_release,
};

static void vf_release(struct device *dev)
{
	kfree(dev);
	live_devices_put();
}

static const struct device_type vf_type = {
	.name = "vf",
	.release = vf_release,
};

static int bus_num_vf(struct device *dev)
{
	return dev->type == &nic_type ? READ_ONCE(to_eswsim(dev)->num_vfs) : 0;
}

/* No: new_device attaches the driver itself, to learn what came of it. */
static int bus_match(struct device *dev, compat_match_driver *driver)
{
	return 0;
}

static int driver_probe(struct device *dev)
{
	return eswsim_probe(to_eswsim(dev));
}

static void driver_remove(struct device *dev)
{
	eswsim_remove(to_eswsim(dev));
}

static struct eswsim *nic_find(unsigned int id)
{
	struct eswsim *nic;

	lockdep_assert_held(&list_lock);
	list_for_each_entry(nic, &nics, list)
		if (nic->id == id)
			return nic;
	return NULL;
}

static compat_bus_type eswsim_bus;

static struct device_driver eswsim_driver = {
	.name = ESWSIM_NAME,
	.bus = &eswsim_bus,
	.owner = THIS_MODULE,
	.suppress_bind_attrs = true,
	.probe_type = PROBE_FORCE_SYNCHRONOUS,
};

/* Makes the NIC's device and attaches the driver, which does the rest. */
static int nic_add(unsigned int id, unsigned int max_vfs,
		   const struct asic_profile *profile)
{
	struct eswsim *nic;
	int err;

	nic = kzalloc(sizeof(*nic), GFP_KERNEL);
	if (!nic)
		return -ENOMEM;
	nic->id = id;
	nic->max_vfs = max_vfs;
	nic->profile = profile;
	nic->switch_id.id_len = 8;
	get_random_bytes(nic->switch_id.id, nic->switch_id.id_len);

	refcount_inc(&live_devices);
	device_initialize(&nic->dev);
	nic->dev.bus = &eswsim_bus;
	nic->dev.type = &nic_type;
	err = dev_set_name(&nic->dev, "%s%u", ESWSIM_NAME, id);
	if (err)
		goto err_put;
	err = device_add(&nic->dev);
	if (err)
		goto err_put;
	err = device_driver_attach(&eswsim_driver, &nic->dev);
	if (err)
		goto err_del;
	list_add_tail(&nic->list, &nics);
	return 0;

err_del:
	device_del(&nic->dev);
err_put:
	put_device(&nic->dev);
	return err;
}

static void nic_del(struct eswsim *nic)
{
	list_del(&nic->list);
	device_unregister(&nic->dev);
}

/*
 * Takes "ID MAX_VFS [PROFILE]" apart. -EINVAL: it is something else, too many
 * VFs or an unknown profile.
 */
static int nic_parse(char *const *words, int count, unsigned int *id,
		     unsigned int *max_vfs,
		     const struct asic_profile **profile)
{
	if (count < 2 || count > 3 || kstrtouint(words[0], 10, id) ||
	    kstrtouint(words[1], 10, max_vfs)) {
		pr_err("new_device: write \"ID MAX_VFS [PROFILE]\", for example \"0 8\"\n");
		return -EINVAL;
	}
	if (*max_vfs > ESWSIM_VFS_MAX) {
		pr_err("new_device: %u VFs are too many, at most %u\n",
		       *max_vfs, ESWSIM_VFS_MAX);
		return -EINVAL;
	}
	*profile = asic_profile_default;
	if (count == 3)
		*profile = asic_profile_find(words[2]);
	if (!*profile) {
		pr_err("new_device: unknown profile \"%s\", \"%s\" is the default\n",
		       words[2], asic_profile_default->name);
		return -EINVAL;
	}
	return 0;
}

/* nic_parse()'s errors; -EEXIST: the id is taken; -EBUSY: module unloads. */
static ssize_t new_device_store(compat_bus_type *bus, const char *buf,
				size_t count)
{
	const struct asic_profile *profile;
	unsigned int id, max_vfs;
	int num_words, err;
	char **words;

	words = argv_split(GFP_KERNEL, buf, &num_words);
	if (!words)
		return -ENOMEM;
	err = nic_parse(words, num_words, &id, &max_vfs, &profile);
	argv_free(words);
	if (err)
		return err;

	mutex_lock(&list_lock);
	if (closing) {
		err = -EBUSY;
	} else if (nic_find(id)) {
		pr_err("new_device: id %u is taken; choose another or write %u to del_device\n",
		       id, id);
		err = -EEXIST;
	} else {
		err = nic_add(id, max_vfs, profile);
		if (err)
			pr_err("new_device: cannot create NIC %u: error %d\n",
			       id, err);
	}
	mutex_unlock(&list_lock);
	return err ? err : count;
}
static BUS_ATTR_WO(new_device);

/* -EINVAL: not a number; -ENOENT: no such NIC. */
static ssize_t del_device_store(compat_bus_type *bus, const char *buf,
				size_t count)
{
	struct eswsim *nic;
	unsigned int id;

	if (kstrtouint(buf, 0, &id)) {
		pr_err("del_device: not a number; write the ID of a NIC\n");
		return -EINVAL;
	}
	mutex_lock(&list_lock);
	nic = nic_find(id);
	if (nic)
		nic_del(nic);
	else
		pr_err("del_device: there is no NIC with id %u\n", id);
	mutex_unlock(&list_lock);
	return nic ? count : -ENOENT;
}
static BUS_ATTR_WO(del_device);

static struct attribute *bus_attrs[] = {
	&bus_attr_new_device.attr,
	&bus_attr_del_device.attr,
	NULL
};
ATTRIBUTE_GROUPS(bus);

static compat_bus_type eswsim_bus = {
	.name = ESWSIM_NAME,
	.bus_groups = bus_groups,
	.match = bus_match,
	.probe = driver_probe,
	.remove = driver_remove,
	.num_vf = bus_num_vf,
};

/**
 * eswsim_vf_device_add() - make the device that a VF's netdev belongs to
 * @nic: the NIC
 * @vf: number of the VF
 *
 * With it come the links between the two, virtfnN and physfn.
 * Return: the device, to be given to eswsim_vf_device_del(), or an ERR_PTR.
 */
struct device *eswsim_vf_device_add(struct eswsim *nic, unsigned int vf)
{
	struct device *dev;
	char link[16];
	int err;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	refcount_inc(&live_devices);
	device_initialize(dev);
	dev->bus = &eswsim_bus;
	dev->type = &vf_type;
	dev->parent = &nic->dev;
	err = dev_set_name(dev, "%s.vf%u", dev_name(&nic->dev), vf);
	if (err)
		goto err_put;
	err = device_add(dev);
	if (err)
		goto err_put;
	err = sysfs_create_link(&dev->kobj, &nic->dev.kobj, "physfn");
	if (err)
		goto err_del;
	snprintf(link, sizeof(link), "virtfn%u", vf);
	err = sysfs_create_link(&nic->dev.kobj, &dev->kobj, link);
	if (err)
		goto err_physfn;
	return dev;

err_physfn:
	sysfs_remove_link(&dev->kobj, "physfn");
err_del:
	device_del(dev);
err_put:
	put_device(dev);
	return ERR_PTR(err);
}

/**
 * eswsim_vf_device_del() - take away what eswsim_vf_device_add() made
 * @nic: the NIC
 * @vf: number of the VF
 * @dev: its device
 */
void eswsim_vf_device_del(struct eswsim *nic, unsigned int vf,
			  struct device *dev)
{
	char link[16];

	snprintf(link, sizeof(link), "virtfn%u", vf);
	sysfs_remove_link(&nic->dev.kobj, link);
	sysfs_remove_link(&dev->kobj, "physfn");
	device_unregister(dev);
}

/**
 * eswsim_bus_init() - register bus and driver
 *
 * Return: 0 or a negative errno.
 */
int eswsim_bus_init(void)
{
	int err;

	refcount_set(&live_devices, 1);
	err = bus_register(&eswsim_bus);
	if (err)
		return err;
	err = driver_register(&eswsim_driver);
	if (err)
		bus_unregister(&eswsim_bus);
	return err;
}

/**
 * eswsim_bus_exit() - remove all NICs, driver and bus
 *
 * Waits until the last device has been released.
 */
void eswsim_bus_exit(void)
{
	struct eswsim *nic, *next;

	mutex_lock(&list_lock);
	closing = true;
	list_for_each_entry_safe(nic, next, &nics, list)
		nic_del(nic);
	mutex_unlock(&list_lock);
	driver_unregister(&eswsim_driver);
	bus_unregister(&eswsim_bus);
	live_devices_put();
	wait_for_completion(&all_released);
}
