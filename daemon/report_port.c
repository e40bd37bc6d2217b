// SPDX-License-Identifier: Apache-2.0
/*
 * report_port: the answer to "ports". See report.h.
 */
#include "eswitch.h"
#include "reason.h"
#include "report_part.h"

const char *report_verdict(const struct nfo_port *port, const char **text)
{
	enum nft_offload_reason reason = NFT_OFFLOAD_REASON_NONE;

	if (!port->switch_id_len)
		reason = NFT_OFFLOAD_REASON_NOT_SWITCHDEV;
	else if (!port->hw_tc_offload)
		reason = NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF;
	if (!reason) {
		*text = "takes rules";
		return "ok";
	}
	*text = nfo_reason_text(reason);
	return nfo_reason_name(reason);
}

static void put_switch_id(struct line *line, const struct nfo_port *port)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * NFO_SWITCH_ID_MAX + 1];
	int i;

	for (i = 0; i < port->switch_id_len; i++) {
		text[2 * i] = digits[port->switch_id[i] >> 4];
		text[2 * i + 1] = digits[port->switch_id[i] & 15];
	}
	text[2 * i] = '\0';
	line_string(line, "switch_id", text);
}

void report_ports_start(struct report *report)
{
	report->n_ports = nfo_eswitch_ports(report->host->eswitch, false,
					    &report->ports);
	report->broken = report->n_ports < 0;
}

bool report_ports(struct report *report)
{
	struct line *line = &report->line;
	const struct nfo_port *port;
	const char *text;

	if ((ssize_t)report->n >= report->n_ports)
		return false;
	port = &report->ports[report->n];
	line_begin(line);
	line_string(line, "type", "port");
	line_string(line, "name", port->name);
	line_number(line, "ifindex", port->ifindex);
	line_string(line, "port_name", port->port_name);
	put_switch_id(line, port);
	line_bool(line, "up", port->up);
	line_bool(line, "hw_tc_offload", port->hw_tc_offload);
	line_string(line, "dialect", port->dialect ? port->dialect->name : "");
	line_number(line, "mtu", port->mtu);
	line_string(line, "verdict", report_verdict(port, &text));
	line_string(line, "verdict_text", text);
	return true;
}
