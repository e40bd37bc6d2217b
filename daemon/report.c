// SPDX-License-Identifier: Apache-2.0
/*
 * report: see report.h. This file: which word has which answer.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "figure.h"
#include "flowtable_source.h"
#include "metrics.h"
#include "report_part.h"

static bool report_version(struct report *report)
{
	struct line *line = &report->line;

	if (report->n)
		return false;
	line_begin(line);
	line_string(line, "type", "version");
	line_string(line, "version", PACKAGE_VERSION);
	line_number(line, "pid", getpid());
	line_bool(line, "synced", report->host->source &&
		  nfo_flowtable_source_synced(report->host->source));
	return true;
}

static bool report_stats(struct report *report)
{
	struct line *line = &report->line;
	const char *group = "";
	struct figures figures;

	if (report->n)
		return false;
	figures_collect(&figures, report->host);
	line_begin(line);
	line_string(line, "type", "stats");
	for (size_t i = 0; i < figures.n; i++) {
		const struct figure *figure = &figures.list[i];

		if (strcmp(figure->group, group)) {
			if (*group)
				line_close(line);
			line_open(line, figure->group);
			group = figure->group;
		}
		line_number(line, figure->name, figure->value);
	}
	line_close(line);
	return true;
}

/* Sets off the answer to @word; false if there is none. */
static bool report_begin(struct report *report, const char *word)
{
	if (!strcmp(word, "flows")) {
		report->next = report_flows;
		report_flows_start(report);
	} else if (!strcmp(word, "ports")) {
		report->next = report_ports;
		report_ports_start(report);
	} else if (!strcmp(word, "stats")) {
		report->next = report_stats;
	} else if (!strcmp(word, "metrics")) {
		report->text = metrics_text(report->host);
		return report->text != NULL;
	} else if (!strcmp(word, "version")) {
		report->next = report_version;
	} else if (!strncmp(word, "top ", 4)) {
		report->next = report_top;
		return report_top_start(report, word + 4);
	} else if (!strncmp(word, "why ", 4)) {
		report->next = report_why;
		report_why_start(report, word + 4);
	} else {
		return false;
	}
	return true;
}

struct report *report_start(struct report_host *host, const char *word)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report)
		return NULL;
	report->host = host;
	if (report_begin(report, word))
		return report;
	report_end(report);
	return NULL;
}

static bool report_last(struct report *report)
{
	if (report->ended || report->broken)
		return false;
	report->ended = true;
	line_begin(&report->line);
	line_string(&report->line, "type", "end");
	line_number(&report->line, "objects", report->n);
	return true;
}

/* All of it at once; it ends with a mark of its own. */
static const char *report_metrics(struct report *report, size_t *len)
{
	*len = strlen(report->text);
	return report->n++ ? NULL : report->text;
}

const char *report_next(struct report *report, size_t *len)
{
	if (report->text)
		return report_metrics(report, len);
	if (report->ended || report->broken || !report->next(report)) {
		if (!report_last(report))
			return NULL;
	} else {
		report->n++;
	}
	report->broken |= !line_end(&report->line);
	*len = report->line.len;
	return report->broken ? NULL : report->line.text;
}

void report_end(struct report *report)
{
	if (!report)
		return;
	line_free(&report->line);
	if (report->marked)
		connections_unmark(&report->mark);
	free(report->ids);
	free(report->ports);
	report_top_free(report->top);
	free(report->text);
	free(report);
}
