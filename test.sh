#!/usr/bin/env bash
# Builds everything and runs the tests. See ./test.sh -h.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tools/setup.sh
. "$root/tools/setup.sh"

help() {
  cat <<'END'
./test.sh [unit|sim|real|all] [-k NAME] [--preset dev|asan|tsan|release]

Installs what is missing (Debian 12, Ubuntu 24.04), builds, runs the tests.

  unit      pure and quick: the machines, the formats, the checks of the tree
  sim       the simulation: a whole fleet with faults, by seed
  real      real processes, files and engines
  all       the three together (also without a word)

  -k NAME   only tests whose name matches NAME (a regular expression of ctest)
  --preset  which build: dev (also without it), asan, tsan, release

  OSTLER_NO_INSTALL=1   install nothing, name what is missing
  OSTLER_JOBS=N         at most N jobs at a time, instead of one for each processor
  OSTLER_ACCEPT=1       renew the golden files instead of comparing them

Exit codes: 0 all passed, 1 something failed, 2 wrong usage.
END
}

which=''
name=''
preset=dev
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help; exit 0 ;;
    unit | sim | real | all)
      [ -z "$which" ] || usage_error "'$1' after '$which': one word says which tests"
      which="$1"
      ;;
    -k)
      [ $# -ge 2 ] || usage_error "-k needs a name"
      name="$2"
      shift
      ;;
    --preset | --preset=*)
      if [ "$1" = --preset ]; then
        [ $# -ge 2 ] || usage_error "--preset needs a name"
        preset="$2"
        shift
      else
        preset="${1#--preset=}"
      fi
      case "$preset" in
        dev | asan | tsan | release) ;;
        *) usage_error "unknown preset '$preset'; allowed: dev, asan, tsan, release" ;;
      esac
      ;;
    *) usage_error "unknown word '$1'; allowed: unit, sim, real, all, -k NAME, --preset NAME, -h" ;;
  esac
  shift
done
which="${which:-all}"

started="$(now)"
prepare
build "$preset"

selection=()
[ "$which" = all ] || selection+=(-L "^$which\$")
[ -z "$name" ] || selection+=(-R "$name")
# Progress on one line where somebody watches.
[ ! -t 1 ] || selection+=(--progress)

mkdir -p "$logs"
report="$logs/test-$preset.xml"
rm -f "$report"
say "==> Test $which, preset $preset${name:+, name $name}"
status=0
run_ctest() {
  ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error --output-junit "$report" \
    -j "$(jobs_max)" "${selection[@]}"
}
if [ -t 1 ]; then
  run_ctest || status=$?
else
  log="$logs/test-$preset.log"
  run_ctest >"$log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    # The closing lines: from the count of the tests on.
    sed -n '/% tests passed/,$p' "$log"
  else
    # All that the failing tests said, without the names of those that passed.
    grep -vE '^ +Start +[0-9]+: |   Passed +[0-9.]+ sec *$' "$log"
  fi
fi
[ ! -f "$report" ] || python3 -B "$root/tools/skipped.py" "$report"

if [ "$status" -ne 0 ]; then
  stop "tests failed after $(since "$started")" \
    "One alone: ./test.sh -k NAME --preset $preset   Everything that was said: build/$preset/Testing/Temporary/LastTest.log"
fi
say "Everything that was run passed, in $(since "$started")."
