#!/usr/bin/env bash
# Which branches of a folder its tests reach: builds the preset `coverage`, runs the tests whose names begin as given,
# and prints one line for each folder below, with tests and base left out.
#
#   tools/coverage.sh [FOLDER [TESTS]]     by default src/lifecycle and lifecycle_
#
# Ends with 1 when fewer than 95 of 100 branches of the whole folder are reached.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-src/lifecycle}
tests=${2:-lifecycle_}
least=95
build=build/coverage

cmake --preset coverage >/dev/null
targets=$(ninja -C "$build" -t targets all | sed -n "s,^bin/\(${tests}[a-z_]*\): .*,\1,p")
[ -n "$targets" ] || { echo "no test program begins with $tests" >&2; exit 2; }
# shellcheck disable=SC2086  # One word for each program.
cmake --build --preset coverage --target $targets -j "${OSTLER_JOBS:-2}" >/dev/null

rm -f "$build"/*.profraw
objects=()
for program in $targets; do
  LLVM_PROFILE_FILE="$build/$program.profraw" "$build/bin/$program" >"$build/$program.log" || {
    tail -20 "$build/$program.log" >&2
    exit 1
  }
  [ ${#objects[@]} -eq 0 ] || objects+=(-object)
  objects+=("$build/bin/$program")
done
llvm-profdata-19 merge -sparse "$build"/*.profraw -o "$build/coverage.profdata"

# The JSON summary names each file with the counts of its lines and branches.
llvm-cov-19 export "${objects[@]}" -summary-only -instr-profile "$build/coverage.profdata" \
  -ignore-filename-regex '_test\.cpp$|/test/' |
  python3 -B -c '
import json, os, sys

folder, least = sys.argv[1], float(sys.argv[2])
sums = {}
for each in json.load(sys.stdin)["data"][0]["files"]:
    # Objects name their sources from the root of the checkout, or from the folder they were built in.
    path = os.path.normpath(each["filename"].replace("../../", "", 1))
    path = os.path.relpath(path)
    if not path.startswith(folder + "/"):
        continue
    for name in (os.path.dirname(path), folder):
        lines, branches = (each["summary"][kind] for kind in ("lines", "branches"))
        row = sums.setdefault(name, [0, 0, 0, 0])
        for i, count in enumerate((lines["covered"], lines["count"], branches["covered"], branches["count"])):
            row[i] += count

def percent(covered, count):
    return 100.0 * covered / count if count else 100.0

print("%-28s %17s %22s" % ("folder", "lines", "branches"))
for name, (l, lines, b, branches) in sorted(sums.items()):
    print("%-28s %6d/%-6d %6.2f%% %6d/%-6d %6.2f%%" % (name, l, lines, percent(l, lines), b, branches, percent(b, branches)))
sys.exit(percent(*sums[folder][2:]) < least)
' "$folder" "$least"
