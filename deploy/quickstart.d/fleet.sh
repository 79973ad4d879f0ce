# shellcheck shell=bash
# The programs of a small fleet in one folder: quotemilld, one quotemill-agent per simulated host,
# and the command line. Sourced by deploy/quickstart after progress.sh and simhost.sh.
#
# Set before use:
#   FLEET_DIR    an empty folder; SIM_DIR may be the same
#   FLEET_BIN    where the programs are
#
# The one place that knows the programs' command lines and settings.

fleet_log() { printf '%s/logs/%s.log\n' "${FLEET_DIR:?}" "$1"; }
fleet_socket() { printf '%s/run/control.sock\n' "${FLEET_DIR:?}"; }

quotemill() { "${FLEET_BIN:?}/quotemill" --socket "$(fleet_socket)" "$@"; }

# A TCP port on loopback that nobody listens on.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%d\n' "$port"
      return 0
    fi
  done
  return 1
}

# fleet_start NAME COMMAND...: runs COMMAND in the background, its output in its log. What was
# started is listed in pids, one "ID NAME" a line; the id is used again by nobody while it runs.
fleet_start() {
  local name="$1"
  shift
  setsid "$@" >>"$(fleet_log "$name")" 2>&1 </dev/null &
  printf '%d %s\n' "$!" "$name" >>"$FLEET_DIR/pids"
}

fleet_is_running() {
  local pid
  pid="$(awk -v name="$1" '$2 == name { pid = $1 } END { print pid }' "$FLEET_DIR/pids")"
  [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null
}

# fleet_stop NAME: ends the newest program of that name; waits for it, ten seconds at most.
fleet_stop() {
  local pid
  pid="$(awk -v name="$1" '$2 == name { pid = $1 } END { print pid }' "$FLEET_DIR/pids")"
  sed -i "/ $1\$/d" "$FLEET_DIR/pids"
  [[ -n $pid ]] || return 0
  kill "$pid" 2>/dev/null || return 0
  for _ in {1..200}; do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.05
  done
  kill -KILL "$pid" 2>/dev/null || true
}

fleet_stop_all() {
  local name
  [[ -f $FLEET_DIR/pids ]] || return 0
  for name in $(awk '{ print $2 }' "$FLEET_DIR/pids" | tac); do
    fleet_stop "$name"
  done
}

# The daemon with its store, on free ports of loopback; its roots are the simulated EK CA's.
fleet_daemon_start() {
  FLEET_ATTEST="tcp://127.0.0.1:$(free_port)"
  FLEET_ENROL="tcp://127.0.0.1:$(free_port)"
  mkdir -p "$FLEET_DIR/logs" "$FLEET_DIR/run" "$FLEET_DIR/agents"
  chmod 0750 "$FLEET_DIR/run"
  sim_trusted_roots "$FLEET_DIR/roots.d"
  cat >"$FLEET_DIR/policy.toml" <<CONF
[policy]
id = "quickstart"
version = 1

[freshness]
attest_every = "2s"
stale_after = "30s"

[boot]
baselines = ["golden"]
no_baseline = "info"
CONF
  cat >"$FLEET_DIR/quotemill.toml" <<CONF
[listen]
attest = "$FLEET_ATTEST"
enrol = "$FLEET_ENROL"
control = "$(fleet_socket)"
changes = "ipc://$FLEET_DIR/run/changes.sock"

[state]
folder = "$FLEET_DIR/state"

[trust]
roots = "$FLEET_DIR/roots.d"

[metrics]
listen = ""

[policy]
file = "$FLEET_DIR/policy.toml"
CONF
  fleet_start quotemilld "$FLEET_BIN/quotemilld" --config "$FLEET_DIR/quotemill.toml"
}

# fleet_esxi_policy RULES: the policy of the hosts called esx-*: an approved image, started and
# signed by what the lines of that file list.
fleet_esxi_policy() {
  cat >"$FLEET_DIR/esxi.toml" <<CONF
[policy]
id = "quickstart-esxi"
version = 1
priority = 10

[match]
names = ["esx-*"]

[freshness]
attest_every = "2s"
stale_after = "30s"

[quote]
pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14]

[boot]
baselines = ["esx-firmware"]
compare = [0, 4]
no_baseline = "info"

[esxi]
image = "fail"
$(<"$1")
CONF
  quotemill --quiet policy apply "$FLEET_DIR/esxi.toml" --yes >/dev/null
}

fleet_daemon_answers() {
  fleet_is_running quotemilld || fail "quotemilld ended; its log is $(fleet_log quotemilld)"
  quotemill status >/dev/null 2>&1
}

# fleet_token COUNT: an enrolment token for so many hosts, in a file of our own.
fleet_token() {
  (umask 077 && quotemill --quiet token create --count "$1" --ttl 1h >"$FLEET_DIR/token")
}

fleet_agent_start() {
  local name="$1" folder="$FLEET_DIR/agents/$1"
  mkdir -p "$folder"
  chmod 0700 "$folder"
  cat >"$folder/agent.toml" <<CONF
[host]
name = "$name"
token_file = "$FLEET_DIR/token"
state_folder = "$folder/state"

[server]
attest = ["$FLEET_ATTEST"]
enrol = ["$FLEET_ENROL"]
keys = ["$(<"$FLEET_DIR/state/server.pub")"]

[tpm]
tcti = "$(sim_tcti "$name")"

[boot]
log = "$(sim_boot_log "$name")"
id = "$(sim_boot_id "$name")"
CONF
  fleet_start "agent-$name" "$FLEET_BIN/quotemill-agent" --config "$folder/agent.toml"
}

fleet_agent_stop() { fleet_stop "agent-$1"; }

# Names and states, one host a line. quotemill's exit code tells of failed hosts, which is not what
# a script that only looks wants to end with.
fleet_states() { quotemill --quiet hosts 2>/dev/null | awk '{ print $1, $2 }' || true; }

# fleet_all_are STATE COUNT
fleet_all_are() { (($(fleet_states | grep -c " $1\$") == $2)); }

# fleet_host_is HOST STATE
fleet_host_is() { fleet_states | grep -qx "$1 $2"; }

# fleet_all_judged_since TIME COUNT: whether so many hosts were seen after TIME ("date -u +%FT%TZ").
# A state alone may be that of a verdict from before a baseline or policy changed.
fleet_all_judged_since() {
  (($(quotemill --quiet hosts 2>/dev/null | awk -v time="$1" '$4 > time' | wc -l) == $2))
}

# As people see them, with colours on a terminal.
fleet_table() { quotemill hosts || true; }
fleet_host() { quotemill host "$1" || true; }

# The stream of changes, written to a file from now on.
fleet_watch_start() {
  fleet_start watch "$FLEET_BIN/quotemill" --socket "$(fleet_socket)" watch
}

# fleet_change HOST STATE: the newest change of a host to a state, as it left on the stream: one
# line of JSON. Fails if there is none yet.
fleet_change() {
  grep -F "\"name\":\"$1\"" "$(fleet_log watch)" | grep -F "\"new\":\"$2\"" | tail -n 1 | grep .
}

fleet_has_change() { fleet_change "$@" >/dev/null 2>&1; }
