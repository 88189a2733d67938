#!/usr/bin/env bash
# Builds the release and makes a Debian package of it. See tools/package.sh -h.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=tools/setup.sh
. "$root/tools/setup.sh"
script_name=tools/package.sh

help() {
  cat <<'END'
tools/package.sh [-h]

Installs what is missing (Debian 12, Ubuntu 24.04), builds the three programs as a release, and makes
build/release/package/ostler_VERSION_ARCHITECTURE.deb, for the distribution on which it runs: what the programs need is
found by looking at them.

  OSTLER_NO_INSTALL=1     install nothing, name what is missing
  OSTLER_JOBS=N           at most N jobs at a time, instead of one for each processor
  SOURCE_DATE_EPOCH=TIME  the time that the files in the package bear; without it that of the last commit

Exit codes: 0 done, 1 something failed, 2 wrong usage.
END
}

case "${1:-}" in
  '') ;;
  -h | --help) help; exit 0 ;;
  *) usage_error "unknown word '$1'; allowed: -h" ;;
esac

prepare
cd "$root"
# The same sources give the same package, also tomorrow.
if [ -z "${SOURCE_DATE_EPOCH:-}" ] && committed="$(git log -1 --format=%ct 2>/dev/null)"; then
  SOURCE_DATE_EPOCH="$committed"
fi
[ -z "${SOURCE_DATE_EPOCH:-}" ] || export SOURCE_DATE_EPOCH

# Of the folders in the package, which are for everybody on the machine that takes it.
umask 022
step "Configure release" "If the build folder is of another time: rm -r build/release" \
  cmake --preset release --log-level=WARNING
step "Build the programs" "The first error above is the one to mend." \
  cmake --build --preset release --parallel "$(jobs_max)" --target ostler ostlerd ostler-keeper
# What an earlier version left would look like the answer.
rm -rf "$root/build/release/package"
step "Make the package" "What cpack says above names the file or the tool that it misses." \
  cpack --config "$root/build/release/CPackConfig.cmake"

for package in "$root"/build/release/package/*.deb; do
  say "The package is ${package#"$root/"}. As root:"
  say "  apt-get install $package"
done
