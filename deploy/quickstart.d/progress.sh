# shellcheck shell=bash
# What people see while a long script runs. Sourced by deploy/quickstart.
#
#   step TITLE                     begins a step
#   note TEXT...                   says something within it
#   run_logged LOG COMMAND...      runs COMMAND with its output in LOG, showing the last line on a
#                                  terminal and now and then elsewhere; on failure shows the end of
#                                  LOG and where it is. COMMAND is a program, not a function
#   stop_logged                    ends what run_logged still runs, with all its children; for the
#                                  EXIT trap
#   wait_until SECONDS WHAT COMMAND...   repeats COMMAND until it succeeds; fails after SECONDS
#   fail TEXT...                   ends the script with a reason

# shellcheck disable=SC2034  # green is for who sources this
if [[ -t 1 ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m' clear_line=$'\r\e[K'
else
  bold='' dim='' red='' green='' plain='' clear_line=''
fi

step() {
  printf '\n%s== %s%s  %s(%ds)%s\n' "$bold" "$*" "$plain" "$dim" "$SECONDS" "$plain"
}

note() {
  printf '   %s\n' "$*"
}

fail() {
  printf '%sFailed: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

last_line() {
  tail -n 1 "$1" 2>/dev/null | tr -d '\r' | cut -c 1-100
}

logged_pid=''

stop_logged() {
  [[ -n $logged_pid ]] || return 0
  kill -- "-$logged_pid" 2>/dev/null || true
}

run_logged() {
  local log="$1" status=0 shown=$SECONDS
  shift
  # In a process group of its own, for stop_logged: children of a script's background jobs would
  # outlive an interrupt.
  setsid "$@" >>"$log" 2>&1 </dev/null &
  logged_pid=$!
  while kill -0 "$logged_pid" 2>/dev/null; do
    if [[ -n $clear_line ]]; then
      printf '%s   %s%s%s' "$clear_line" "$dim" "$(last_line "$log")" "$plain"
    elif ((SECONDS - shown >= 15)); then
      note "$(last_line "$log")"
      shown=$SECONDS
    fi
    sleep 0.2
  done
  wait "$logged_pid" || status=$?
  logged_pid=''
  printf '%s' "$clear_line"
  if ((status != 0)); then
    tail -n 30 "$log" >&2
    fail "\"$1\" ended with $status; its log is $log"
  fi
}

wait_until() {
  local seconds="$1" what="$2" deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@"; do
    if ((SECONDS >= deadline)); then
      fail "$what did not happen within $seconds s"
    fi
    sleep 0.2
  done
}
