#!/bin/sh
# Builds the release preset and measures the whole keeper beside the least that can do the same: latency, memory, logs,
# wake-ups and size. Needs strace. TMPDIR says where keepers live; it should be on the file system they will use.
#
#   bench/run_keeper.sh [IDLE_SECONDS]
set -eu
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
cmake --build --preset release --target keeper_bench -j "${JOBS:-2}" >/dev/null
bench=build/release/bin/keeper_bench
for round in 1 2 3; do
  echo "latency, round $round:"
  $bench latency
done
$bench memory
$bench logs
$bench idle "${1:-10}"
stat -c 'ostler-keeper: %s bytes' build/release/bin/ostler-keeper
