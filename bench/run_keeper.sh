#!/bin/sh
# Builds the release preset and measures the whole keeper beside the least that can do the same: latency, memory, logs,
# wake-ups and size. Needs strace. TMPDIR says where keepers live; it should be on the file system they will use. On a
# machine with other work OSTLER_BENCH_LATENCY_WITH="chrt -f 5" keeps that work out of the latencies, alike for both
# sides; how fast lines are captured is only worth reading on a quiet one.
#
#   bench/run_keeper.sh [IDLE_SECONDS]
set -eu
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
cmake --build --preset release --target keeper_bench -j "${JOBS:-2}" >/dev/null
bench=build/release/bin/keeper_bench
for round in 1 2 3; do
  echo "latency, round $round:"
  ${OSTLER_BENCH_LATENCY_WITH:-} $bench latency
done
$bench memory
$bench logs
$bench idle "${1:-10}"
stat -c 'ostler-keeper: %s bytes' build/release/bin/ostler-keeper
