#!/usr/bin/env bash
# Builds the release and brings the example up with it. See ./run.sh -h.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tools/setup.sh
. "$root/tools/setup.sh"

help() {
  cat <<'END'
./run.sh [--build-only | --simulation] [-- ARGUMENTS...]

Installs what is missing (Debian 12, Ubuntu 24.04), builds the release into build/release, brings examples/shop up
with it (two services on this machine), and says what to do next. Run again, it finds what runs.

  --build-only   build, run nothing
  --simulation   instead of the example, a simulated fleet, with faults, told as it goes
  -- ARGUMENTS   for `ostler up`, or for ostler-simulate instead of --demo

  OSTLER_NO_INSTALL=1   install nothing, name what is missing
  OSTLER_JOBS=N         at most N jobs at a time, instead of one for each processor

Exit codes: that of the program; 1 when the build failed, 2 wrong usage.
END
}

what=example
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help; exit 0 ;;
    --build-only) what=nothing ;;
    --simulation) what=simulation ;;
    --)
      shift
      arguments=("$@")
      break
      ;;
    *) usage_error "unknown word '$1'; allowed: --build-only, --simulation, -- ARGUMENTS, -h" ;;
  esac
  shift
done

prepare
case "$what" in
  example) build release ostler ostlerd ostler-keeper ;;
  simulation) build release ostler-simulate ;;
  nothing) build release ;;
esac
programs="$root/build/release/bin"

if [ "$what" = nothing ]; then
  say "The programs are in build/release/bin."
  exit 0
fi
if [ "$what" = simulation ]; then
  [ "${#arguments[@]}" -gt 0 ] || arguments=(--demo)
  say "==> build/release/bin/ostler-simulate ${arguments[*]}"
  exec "$programs/ostler-simulate" "${arguments[@]}"
fi

cd "$root/examples/shop"
# What this example runs is in the checkout that you have just built.
"$programs/ostler" trust --yes
say "==> cd examples/shop && ostler up ${arguments[*]}"
"$programs/ostler" up "${arguments[@]}"
say "
Everything goes on when this script has ended. With PATH=$programs:\$PATH you can try:
  ostler ls              what runs, and where
  ostler logs -f         what it prints
  ostler stop, start     nothing that was made is removed
  kill -9 any of it      the daemon, the keeper, a service: nothing is lost
  ostler down            and nothing of it is left"
