// SPDX-License-Identifier: Apache-2.0
/*
 * check: see check.h.
 */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "check_part.h"
#include "privilege.h"

const struct nfo_port *check_port_named(const struct check *check,
					const char *name)
{
	for (ssize_t i = 0; i < check->n_ports; i++)
		if (!strcmp(check->ports[i].name, name))
			return &check->ports[i];
	return NULL;
}

bool check_port_wanted(const struct check *check, const char *name)
{
	for (size_t i = 0; i < check->ruleset.n; i++)
		if (check->ruleset.flowtables[i].offload &&
		    ruleset_has_device(&check->ruleset.flowtables[i], name))
			return true;
	return false;
}

bool check_read_line(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (!file)
		return false;
	ok = fgets(text, size, file);
	fclose(file);
	if (ok)
		text[strcspn(text, "\n")] = '\0';
	return ok;
}

/* 0 or negative errno. */
static int check_read(struct check *check)
{
	int err = privilege_check();

	if (!err)
		err = nfo_eswitch_create(&check->eswitch);
	if (err)
		return err;
	check->n_ports = nfo_eswitch_ports(check->eswitch, false,
					   &check->ports);
	if (check->n_ports < 0)
		return check->n_ports;
	err = ruleset_read(&check->ruleset);
	if (!err)
		err = nfo_bound_ask(&check->portid);
	if (!err)
		check_ovs_read(&check->ovs);
	return err;
}

int check_run(bool json)
{
	struct check check = { .findings.json = json };
	int ret = check_read(&check);

	if (!ret) {
		check_kernel(&check);
		check_module(&check);
		check_ports(&check);
		check_flowtables(&check);
		check_ovs(&check);
		ret = findings_end(&check.findings);
		if (check.findings.failed)
			ret = -EIO;
	}
	ruleset_free(&check.ruleset);
	free(check.ports);
	nfo_eswitch_destroy(check.eswitch);
	return ret;
}
