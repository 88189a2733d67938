#!/bin/sh
# Builds the release preset, measures how fast logs are captured, and prints a small table. Fails when our log is slower
# than `cat > file`, or when the capturing process grew by 4 MiB. OSTLER_BENCH_DIRECTORY says where to write; it should
# be on the file system that keepers will use.
#
#   bench/run_logs.sh [MIB [ROUNDS [WRITE_SIZE]]]
set -eu
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
cmake --build --preset release --target log_capture_bench -j "${JOBS:-2}" >/dev/null
place=$(mktemp -d "${OSTLER_BENCH_DIRECTORY:-${TMPDIR:-/tmp}}/ostler-log-bench-XXXXXX")
figures=$(mktemp)
trap 'rm -rf "$figures" "$place"' EXIT
build/release/bin/log_capture_bench "$place" "$@" >"$figures"
python3 - "$figures" <<'TABLE'
import json
import statistics
import sys

runs = [json.loads(line) for line in open(sys.argv[1])]
for run in (run for run in runs if "gib_per_s" in run):
    print(f"{run['way']:>14}: {run['gib_per_s']:5.1f} GiB/s")
names = {"log": "our log, 64 MiB", "log_all": "our log, keeps all", "cat": "cat > file", "bare": "bare loop"}
by_way = {way: [run for run in runs if run["way"] == way] for way in names}
speed = {way: statistics.median(run["mib_per_s"] for run in those) for way, those in by_way.items()}
print(f"{'':20} {'MiB/s':>7} {'least':>7} {'most':>7} {'to cat':>7} {'CPU s/GiB':>10} {'grown KiB':>10}")
for way, those in by_way.items():
    every = [run["mib_per_s"] for run in those]
    cpu = statistics.median(run["cpu_s_per_gib"] for run in those)
    grown = max(run["grown_kib"] for run in those)
    print(f"{names[way]:20} {speed[way]:7.0f} {min(every):7.0f} {max(every):7.0f} {speed[way] / speed['cat']:7.2f}"
          f" {cpu:10.3f} {grown:10}")
grown = max(run["grown_kib"] for run in by_way["log"] + by_way["log_all"])
kept = speed["log"] >= speed["cat"] and grown < 4096
print("promises: at least as fast as cat, and less than 4 MiB more memory:", "kept" if kept else "BROKEN")
sys.exit(0 if kept else 1)
TABLE
