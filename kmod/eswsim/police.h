/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * police - what the rest of the ASIC knows of policers, see police.c.
 */
#ifndef ESWSIM_POLICE_H
#define ESWSIM_POLICE_H

struct asic;
struct asic_action;
struct asic_packet;
struct asic_police;
struct asic_rule;
struct flow_action_entry;
struct flow_offload_action;
struct netlink_ext_ack;
struct seq_file;

/* Where a frame goes on, other than the index of an action. */
#define POLICE_DROP	(-1)
#define POLICE_NEXT	(-2)	/* until asic_police_resolve() */

int asic_police_draft(struct asic *asic, const struct flow_action_entry *entry,
		      struct asic_action *action, struct netlink_ext_ack *extack);
int asic_police_resolve(struct asic_rule *rule, unsigned long *targets,
			struct netlink_ext_ack *extack);
void asic_police_put(struct asic *asic, struct asic_police *police);
int asic_police_run(const struct asic_packet *packet, const struct asic_action *action);
int asic_police_act(struct asic *asic, struct flow_offload_action *act);
void asic_police_dump(const struct asic_action *action, struct seq_file *seq);

#endif
