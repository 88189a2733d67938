#!/usr/bin/env bash
# The longer run of the simulation: builds the release and plays every scenario that ostler-simulate lists, with the
# seeds 1 to SEEDS. One line for each; stops at the first broken promise, after its shortest story.
#
#   tools/simulate_all.sh SEEDS
#
# Exit codes: 0 every promise kept, 1 a promise is broken or the build failed, 2 wrong usage.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -ne 1 ] || ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: tools/simulate_all.sh SEEDS, such as 1000" >&2
  exit 2
fi

log=build/release/simulate_all.log
mkdir -p build/release
if ! { cmake --preset release && cmake --build --preset release --target ostler-simulate -j "${OSTLER_JOBS:-2}"; } \
  >"$log" 2>&1; then
  tail -30 "$log" >&2
  exit 1
fi

program=build/release/bin/ostler-simulate
for scenario in $("$program" --list | awk '{ print $1 }'); do
  "$program" --scenario "$scenario" --seeds "1..$1"
done
