#!/bin/sh
# Builds the release preset, measures the journal, and prints a small table. Fails when a promise of
# docs/decisions/0010-journal-sqlite.md does not hold. OSTLER_BENCH_DIRECTORY says where to write; it should be
# on the file system that the daemon will use, not on one in memory.
set -eu
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
cmake --build --preset release --target journal_bench -j "${JOBS:-2}" >/dev/null
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
build/release/bin/journal_bench --benchmark_format=json "$@" >"$figures" 2>/dev/null
python3 - "$figures" <<'TABLE'
import json
import sys

runs = json.load(open(sys.argv[1]))["benchmarks"]
holds = True
print(f"{'writers':>8} {'group':>7} {'journal/s':>10} {'SQLite/s':>10} {'ratio':>6}  promise")
for run in (run for run in runs if "ratio" in run):
    writers = run["name"].split("writers:")[1].split("/")[0]
    good = run["ratio"] >= 0.8
    holds &= good
    print(f"{writers:>8} {run['group']:7.1f} {run['journal_per_s']:10,.0f} {run['bare_per_s']:10,.0f}"
          f" {run['ratio']:6.2f}  >= 0.80 {'kept' if good else 'BROKEN'}")
for run in (run for run in runs if run["name"].startswith("reopen")):
    good = run["real_time"] < 1000
    holds &= good
    print(f"start with 100,000 events and 1,000 instances: {run['real_time']:.1f} ms"
          f"  < 1 s {'kept' if good else 'BROKEN'}")
sys.exit(0 if holds else 1)
TABLE
