# Shared by run.sh and test.sh: finds or installs what is needed, builds, and shows each step.
# To be sourced, after `set -euo pipefail`, with $root naming the checkout.
# shellcheck shell=bash disable=SC2154

logs="$root/build/logs"
script_name="./$(basename "$0")"

say() { printf '%s\n' "$*"; }
stop() {
  printf '\n%s: %s\n' "$script_name" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 1
}
usage_error() {
  printf '%s: %s\nSee %s -h.\n' "$script_name" "$1" "$script_name" >&2
  exit 2
}
# Seconds since the shell started, with tenths.
now() { local t="${EPOCHREALTIME/,/.}"; printf '%s' "$t"; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f s", to - from }'; }

# step "what" "what to do when it fails" command...
# On a terminal the command speaks for itself. On a pipe it is heard only when it fails, and then whole.
step() {
  local what="$1" advice="$2" from status=0 step_log
  shift 2
  from="$(now)"
  say "==> $what"
  if [ -t 1 ]; then
    "$@" || status=$?
  else
    mkdir -p "$logs"
    step_log="$logs/${what//[^a-zA-Z0-9]/-}.log"
    "$@" >"$step_log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || cat "$step_log"
  fi
  if [ "$status" -ne 0 ]; then
    stop "failed after $(since "$from"): $what" "$advice"
  fi
  say "    $(since "$from")"
}

# --- what must be installed -----------------------------------------------------------------------------------

header_is_there() {
  local path="$1" pattern="$2" folder
  for folder in /usr/local/include /usr/include /usr/include/*-linux-gnu; do
    [ -f "$folder/$path" ] || continue
    [ -z "$pattern" ] || grep -Eq "$pattern" "$folder/$path" || continue
    return 0
  done
  return 1
}

dpkg_knows() {
  local name
  for name in ${1//|/ }; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ]; then return 0; fi
  done
  return 1
}

# Prints the packages (with their alternatives) that are not there.
missing_packages() {
  local names kind rest proof pattern
  while read -r names kind rest; do
    case "$names" in '' | '#'*) continue ;; esac
    read -r proof pattern <<<"$rest" || true
    case "$kind" in
      command) command -v "$proof" >/dev/null || say "$names" ;;
      header) header_is_there "$proof" "$pattern" || say "$names" ;;
      # Where there is no dpkg nothing can be proved; what is missing shows in the build.
      package) ! command -v dpkg-query >/dev/null || dpkg_knows "$names" || say "$names" ;;
      *) stop "tools/packages.txt: '$kind' proves nothing; allowed: command, header, package" ;;
    esac
  done <"$root/tools/packages.txt"
}

# Of a|b the first that apt can install here; the first of all where apt knows neither.
installable() {
  local names="$1" name
  for name in ${names//|/ }; do
    if apt-cache show "$name" >/dev/null 2>&1; then
      say "$name"
      return
    fi
  done
  say "${names%%|*}"
}

distribution() {
  # shellcheck disable=SC1091
  (. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}") || printf 'unknown'
}

install_missing() {
  local missing as_root=() names=() name
  missing="$(missing_packages)"
  [ -n "$missing" ] || return 0

  if ! command -v apt-get >/dev/null; then
    stop "this is $(distribution), which has no apt-get; install what these Debian packages hold, then run this again:" \
      "${missing//$'\n'/ }"
  fi
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  if [ -z "${OSTLER_NO_INSTALL:-}" ]; then
    if [ "${#as_root[@]}" -gt 0 ] && ! command -v sudo >/dev/null; then
      for name in $missing; do names+=("$(installable "$name")"); done
      stop "packages are missing, and there is neither root nor sudo to install them; as root:" \
        "apt-get update && apt-get install -y ${names[*]}"
    fi
    step "Update the list of packages${as_root[0]:+ (with sudo)}" "Is the package mirror reachable? Try: ${as_root[*]} apt-get update" \
      "${as_root[@]}" apt-get update
  fi
  for name in $missing; do names+=("$(installable "$name")"); done
  if [ -n "${OSTLER_NO_INSTALL:-}" ]; then
    stop "packages are missing, and OSTLER_NO_INSTALL forbids installing them; run:" \
      "${as_root[*]}${as_root[0]:+ }apt-get update && ${as_root[*]}${as_root[0]:+ }apt-get install -y ${names[*]}"
  fi
  say "Installing Debian packages${as_root[0]:+ with sudo}: ${names[*]}"
  # --no-remove: no package of yours is taken away for ours.
  step "Install packages" "Read the message of apt-get above. OSTLER_NO_INSTALL=1 only names what is missing." \
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-remove --no-install-recommends "${names[@]}"

  missing="$(missing_packages)"
  [ -z "$missing" ] || stop "installed, but still not found:" "${missing//$'\n'/ }" "tools/packages.txt says how each is looked for."
}

prepare() {
  case "$(distribution)" in
    'debian 12'* | 'ubuntu 24.04'*) ;;
    *) say "Note: made for Debian 12 and Ubuntu 24.04; this is $(distribution)." ;;
  esac
  install_missing
}

# --- build ----------------------------------------------------------------------------------------------------

# build PRESET: into build/PRESET. OSTLER_JOBS limits the jobs.
# The preset, and what of it; everything when nothing is named.
build() {
  local preset="$1" targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  cd "$root" || stop "cannot enter $root"
  step "Configure $preset" "If the build folder is of another time: rm -r build/$preset" \
    cmake --preset "$preset" --log-level=WARNING
  step "Build $preset" "The first error above is the one to mend. Repeat with: cmake --build --preset $preset" \
    cmake --build --preset "$preset" --parallel "$(jobs_max)" "${targets[@]}"
}

jobs_max() { say "${OSTLER_JOBS:-$(nproc)}"; }
