#!/usr/bin/env bash
# Builds the preset `fuzz` and runs each target for some time, from the seeds in fuzz/corpus and all that earlier runs
# found worth keeping. One line for each target.
#
#   fuzz/run.sh [SECONDS [TARGET...]]     by default 60 seconds for every target that has seeds
#
# New inputs are kept in build/fuzz/corpus, what breaks a promise in build/fuzz/findings. Ends with 1 when something
# was found, 2 on wrong usage.
set -euo pipefail
cd "$(dirname "$0")/.."

all=()
for seeds in fuzz/corpus/*/; do all+=("$(basename "$seeds")"); done
seconds=${1:-60}
[ $# -eq 0 ] || shift
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
  echo "'$seconds' is no number of seconds; usage: fuzz/run.sh [SECONDS [TARGET...]]" >&2
  exit 2
fi
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")
for target in "${targets[@]}"; do
  if [[ " ${all[*]} " != *" $target "* ]]; then
    echo "there is no target '$target'; allowed: ${all[*]}" >&2
    exit 2
  fi
done

build=build/fuzz
mkdir -p "$build/findings"
log=$build/build.log
if ! { cmake --preset fuzz && cmake --build --preset fuzz --target "${targets[@]/%/_fuzz}" -j "${OSTLER_JOBS:-2}"; } \
  >"$log" 2>&1; then
  tail -30 "$log" >&2
  exit 1
fi

# What targets write goes into memory where there is any, and away with us however they end.
TMPDIR=$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" ostler-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# Seeds that exist already for another purpose.
seeds_elsewhere() {
  case "$1" in
    records) echo src/records/golden ;;
    scenario) echo simulation/scenarios ;;
  esac
}

# One target, and one line about it. Ends with 1 when something was found.
run_target() {
  local target=$1 kept=$build/corpus/$1 log=$build/$1.log result found=0 executions finding
  mkdir -p "$kept"
  # What libFuzzer finds goes into the first folder; it only reads the others.
  # shellcheck disable=SC2046  # One word for each folder.
  if "$build/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/findings/$target-" "$kept" "fuzz/corpus/$target" $(seeds_elsewhere "$target") \
    >"$log" 2>&1; then
    result='nothing found'
  else
    found=1
    finding=$(sed -n "s,.*Test unit written to ,,p" "$log" | tail -1)
    result="FOUND: $finding, told in $log"
    # What is needed to see it again elsewhere: where a run of CI ends, its files are gone.
    {
      grep -a -m 12 -e 'broken promise' -e 'ERROR:' -e 'runtime error' -e '^ *#[0-9]* 0x.*ostler' "$log" || true
      [ ! -f "$finding" ] || { echo 'the input, in base64:' && base64 "$finding" | head -c 20000; }
    } >&2
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  [ -n "$executions" ] || executions=$(sed -n 's/^#\([0-9]*\).*/\1/p' "$log" | tail -1)
  printf '%-10s %10s executions  %s\n' "$target" "${executions:-0}" "$result"
  return "$found"
}

# As many at once as there are processors; each uses one.
status=0
running=0
for target in "${targets[@]}"; do
  if [ "$running" -ge "${OSTLER_JOBS:-2}" ]; then
    wait -n || status=1
    running=$((running - 1))
  fi
  run_target "$target" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || status=1
  running=$((running - 1))
done
exit "$status"
