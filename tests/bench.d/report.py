#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report: the figures of tests/bench from what was measured.

report.py SAMPLES JSON

A line of SAMPLES is NAME, UNIT, WHO (ours, peer, limit), VALUE, with tabs between.
"""
import json
import statistics
import sys


def read(path):
    """{(name, unit): {who: [value, ...]}} in the order of the first samples."""
    figures = {}
    with open(path, encoding="utf-8") as samples:
        for line in samples:
            name, unit, who, value = line.rstrip("\n").split("\t")
            figures.setdefault((name, unit), {}).setdefault(who, []).append(float(value))
    return figures


def figure(name, unit, by):
    middle = {who: statistics.median(values) for who, values in by.items()}
    ours = middle.get("ours")
    other = middle.get("peer", middle.get("limit"))
    spread = (max(by["ours"]) - min(by["ours"])) / ours if ours else None
    return {"name": name, "unit": unit, "ours": ours, "peer": middle.get("peer"),
            "limit": middle.get("limit"), "ratio": ours / other if ours is not None and other else None,
            "spread": spread}


def text(value):
    return "-" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(figures):
    rows = [["", "unit", "ours", "tc", "limit", "ours/tc", "of limit", "spread"]]
    for f in figures:
        share = f["ours"] / f["limit"] if f["ours"] is not None and f["limit"] else None
        ratio = f["ratio"] if f["peer"] is not None else None
        rows.append([f["name"], f["unit"]] +
                    [text(v) for v in (f["ours"], f["peer"], f["limit"], ratio, share, f["spread"])])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), row[1].ljust(widths[1])] +
                        [c.rjust(w) for c, w in zip(row[2:], widths[2:])]).rstrip())


def main():
    figures = [figure(name, unit, by) for (name, unit), by in read(sys.argv[1]).items()]
    table(figures)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        json.dump(figures, out, indent=1)
        out.write("\n")


main()
