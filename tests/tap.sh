# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# tap.sh - for tests in bash that speak TAP: source it, check things, end with done_testing.
#
#   ok NAME CMD ARG...      passes if the command succeeds
#   fails NAME CMD ARG...   passes if it fails
#   is NAME GOT WANTED      passes if they are equal
#   like NAME GOT REGEX     passes if the extended regular expression matches
#   skip NAME REASON        says that a case cannot be run here
#   note TEXT               a comment, in the log
#   bail REASON             ends the whole test
#
# ok and fails leave the command's output (stdout and stderr) in $output. A script that ends before
# done_testing has no plan, and so fails as a whole; under 'set -Ee' the line at fault is named.

tap_count=0
tap_failed=0
# shellcheck disable=SC2034 # for the scripts
output=
trap 'note "$0:$LINENO: status $? of: $BASH_COMMAND" >&2' ERR

note() {
  local text=$*
  echo "# ${text//$'\n'/$'\n'# }"
}

bail() {
  echo "Bail out! $*"
  exit 1
}

tap_result() { # STATUS NAME: 0 is a pass
  tap_count=$((tap_count + 1))
  if [ "$1" = 0 ]; then
    echo "ok $tap_count - $2"
  else
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $2"
  fi
}

tap_run() { # sets output and tap_status
  tap_status=0
  output=$("$@" 2>&1) || tap_status=$?
}

ok() {
  local name=$1
  shift
  tap_run "$@"
  tap_result "$tap_status" "$name"
  [ "$tap_status" = 0 ] || note "$(printf '%s\n' "status $tap_status of: $*" "$output")"
}

fails() {
  local name=$1
  shift
  tap_run "$@"
  tap_result "$((tap_status == 0))" "$name"
  [ "$tap_status" != 0 ] || note "$(printf '%s\n' "succeeded: $*" "$output")"
}

is() {
  local same=1
  [ "$2" != "$3" ] || same=0
  tap_result "$same" "$1"
  [ "$same" = 0 ] || note "$(printf '%s\n' "got:" "$2" "wanted:" "$3")"
}

like() {
  local match=1
  [[ ! $2 =~ $3 ]] || match=0
  tap_result "$match" "$1"
  [ "$match" = 0 ] || note "$(printf '%s\n' "got:" "$2" "wanted a match of:" "$3")"
}

skip() {
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1 # SKIP $2"
}

done_testing() {
  echo "1..$tap_count"
  exit "$((tap_failed > 0))"
}
