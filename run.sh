#!/usr/bin/env bash
# Builds the release and runs what there is to see today: the simulation. See ./run.sh -h.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tools/setup.sh
. "$root/tools/setup.sh"

help() {
  cat <<'END'
./run.sh [--build-only] [-- ARGUMENTS...]

Installs what is missing (Debian 12, Ubuntu 24.04), builds the release into build/release, and runs
build/release/bin/ostler-simulate --demo: a simulated fleet, with faults, told as it goes.

  --build-only   build, run nothing
  -- ARGUMENTS   give these to ostler-simulate instead of --demo

  OSTLER_NO_INSTALL=1   install nothing, name what is missing
  OSTLER_JOBS=N         at most N jobs at a time, instead of one for each processor

Exit codes: that of the program; 1 when the build failed, 2 wrong usage.
END
}

build_only=no
arguments=(--demo)
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help; exit 0 ;;
    --build-only) build_only=yes ;;
    --)
      shift
      arguments=("$@")
      break
      ;;
    *) usage_error "unknown word '$1'; allowed: --build-only, -- ARGUMENTS, -h" ;;
  esac
  shift
done

prepare
build release
if [ "$build_only" = yes ]; then
  say "The programs are in build/release/bin."
  exit 0
fi

program="$root/build/release/bin/ostler-simulate"
[ -x "$program" ] || stop "the build made no $program" "Is the target ostler-simulate part of the default build?"
say "==> build/release/bin/ostler-simulate${arguments[*]:+ ${arguments[*]}}"
exec "$program" "${arguments[@]}"
