# shellcheck shell=bash
# Simulated hosts: each a swtpm with an EK certificate of its own and a realistic boot measured
# into its PCRs. Sourced by deploy/quickstart and by tests; needs bash, swtpm, swtpm-tools and
# quotemill-boot. Runs as root or as a normal user; writes below one folder only.
#
# Set before use:
#   SIM_DIR    an empty folder, whose path is short (unix sockets lie below it)
#   SIM_BOOT   the program quotemill-boot
#
#   sim_ca_create              the EK CA's configuration (the CA itself is made with the first TPM)
#   sim_create NAME...         manufactures hosts, two at a time
#   sim_power_on NAME [ARG..]  starts the TPM and boots; ARGs go to quotemill-boot
#   sim_power_off NAME         stops the TPM; its state stays
#   sim_reboot NAME [ARG...]   off and on: resetCount goes up, PCRs start anew, a new boot id
#   sim_image_database N FILE  writes the imgdb.tgz of ESXi image N, as its hosts boot with it
#   sim_image_rules N FILE     writes what a policy lists for ESXi image N
#   sim_each COMMAND NAME...   runs COMMAND NAME for every name, two at a time
#   sim_trusted_roots DIR      copies the certificates of the EK CA there
#   sim_tcti NAME, sim_boot_log NAME, sim_boot_id NAME, sim_log NAME   print a host's names
#
# Every function returns non-zero on failure; what went wrong is in the file sim_log prints.

sim_dir() { printf '%s/hosts/%s\n' "${SIM_DIR:?}" "$1"; }
sim_tcti() { printf 'swtpm:path=%s/tpm.sock\n' "$(sim_dir "$1")"; }
sim_boot_log() { printf '%s/boot_log.bin\n' "$(sim_dir "$1")"; }
sim_boot_id() { printf '%s/boot_id\n' "$(sim_dir "$1")"; }
sim_log() { printf '%s/simhost.log\n' "$(sim_dir "$1")"; }

# The number in a name ("host-03" is 3), which is what makes a host's boot its own.
sim_seed() {
  local digits="${1//[!0-9]/}"
  printf '%d\n' "$((10#${digits:-0}))"
}

sim_ca_create() {
  local ca="${SIM_DIR:?}/ca"
  mkdir -p "$ca/state" "$SIM_DIR/hosts"
  chmod 0700 "$ca" "$ca/state"
  cat >"$ca/setup.conf" <<CONF
create_certs_tool = $(command -v swtpm_localca)
create_certs_tool_config = $ca/localca.conf
create_certs_tool_options = $ca/localca.options
active_pcr_banks = sha1,sha256
CONF
  cat >"$ca/localca.conf" <<CONF
statedir = $ca/state
signingkey = $ca/state/signkey.pem
issuercert = $ca/state/issuercert.pem
certserial = $ca/state/certserial
CONF
  cat >"$ca/localca.options" <<CONF
--platform-manufacturer Quotemill
--platform-version 1.0
--platform-model SimBoard
CONF
}

# One TPM: swtpm_setup makes its RSA-2048 and ECC P-384 EKs and writes both certificates to NV.
sim_manufacture() {
  local name="$1" dir
  dir="$(sim_dir "$name")"
  mkdir -p "$dir/tpm"
  chmod 0700 "$dir" "$dir/tpm"
  swtpm_setup --tpm2 --tpmstate "$dir/tpm" --config "$SIM_DIR/ca/setup.conf" --create-ek-cert \
    --pcr-banks sha1,sha256 --vmid "$name" --overwrite >"$(sim_log "$name")" 2>&1
}

sim_create() {
  # The first one alone: it makes the CA.
  if [[ ! -f "$SIM_DIR/ca/state/issuercert.pem" ]]; then
    sim_manufacture "$1" || return 1
    shift
  fi
  sim_each sim_manufacture "$@"
}

sim_each() {
  local command="$1" name ended failed=0
  local -A running=()
  shift
  for name in "$@"; do
    if ((${#running[@]} == 2)); then
      wait -n -p ended "${!running[@]}" || failed=1
      unset "running[$ended]"
    fi
    "$command" "$name" &
    running[$!]="$name"
  done
  for ended in "${!running[@]}"; do
    wait "$ended" || failed=1
  done
  return "$failed"
}

sim_tpm_start() {
  local name="$1" dir attempt
  dir="$(sim_dir "$name")"
  # A socket's path ends at 107 characters, and tpm2-tss puts .ctrl behind ours.
  if ((${#dir} > 90)); then
    echo "sim_tpm_start: $dir is too long for unix sockets; set TMPDIR to a shorter folder" >&2
    return 1
  fi
  rm -f "$dir/tpm.sock" "$dir/tpm.sock.ctrl" "$dir/tpm.pid"
  swtpm socket --tpm2 --tpmstate "dir=$dir/tpm" \
    --server "type=unixio,path=$dir/tpm.sock" --ctrl "type=unixio,path=$dir/tpm.sock.ctrl" \
    --flags startup-clear --pid "file=$dir/tpm.pid" --log "file=$dir/swtpm.log,level=1" \
    --daemon >>"$(sim_log "$name")" 2>&1 || return 1
  for ((attempt = 0; attempt < 100; ++attempt)); do
    if [[ -S "$dir/tpm.sock" && -S "$dir/tpm.sock.ctrl" && -s "$dir/tpm.pid" ]]; then
      return 0
    fi
    sleep 0.05
  done
  echo "swtpm made no sockets within 5 s" >>"$(sim_log "$name")"
  return 1
}

sim_power_on() {
  local name="$1"
  shift
  sim_tpm_start "$name" || return 1
  "${SIM_BOOT:?}" --tcti "$(sim_tcti "$name")" --log "$(sim_boot_log "$name")" \
    --boot-id "$(sim_boot_id "$name")" --host-seed "$(sim_seed "$name")" "$@" \
    >>"$(sim_log "$name")" 2>&1
}

# sim_image_rules NUMBER FILE: the lines of a policy's [esxi] that say what starts that image, and
# who signed it. Of a real one they are VMware's, and those that "quotemill host" shows.
sim_image_rules() {
  "${SIM_BOOT:?}" --no-tpm --log "$2.log" --esxi "$1" --esxi-rules "$2" && rm -f "$2.log"
}

sim_image_database() {
  local tar="$2.tar"
  "${SIM_BOOT:?}" --no-tpm --log "$2.log" --esxi "$1" --image-database "$tar" || return 1
  gzip -n -c "$tar" >"$2" && rm -f "$tar" "$2.log"
}

# The id of the host's swtpm if it runs; the command line is compared, because ids are used again.
sim_tpm_pid() {
  local dir pid
  dir="$(sim_dir "$1")"
  [[ -s "$dir/tpm.pid" ]] || return 1
  pid="$(<"$dir/tpm.pid")"
  [[ -r "/proc/$pid/cmdline" ]] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "dir=$dir/tpm " || return 1
  printf '%s\n' "$pid"
}

sim_power_off() {
  local pid attempt
  pid="$(sim_tpm_pid "$1")" || return 0
  # As Linux does on the way down; without it the TPM's clock falls back and is not "safe". Nothing
  # else may be connected: swtpm serves one client at a time.
  if command -v tpm2_shutdown >/dev/null; then
    TPM2TOOLS_TCTI="$(sim_tcti "$1")" timeout 2 tpm2_shutdown --clear >/dev/null 2>&1 || true
  fi
  kill "$pid" 2>/dev/null || return 0
  for ((attempt = 0; attempt < 100; ++attempt)); do
    if ! sim_tpm_pid "$1" >/dev/null; then
      return 0
    fi
    sleep 0.02
  done
  kill -KILL "$pid" 2>/dev/null || true
}

sim_reboot() {
  sim_power_off "$1"
  sim_power_on "$@"
}

sim_trusted_roots() {
  mkdir -p "$1"
  cp "${SIM_DIR:?}/ca/state/swtpm-localca-rootca-cert.pem" "$1/simulated-root-ca.pem"
  cp "$SIM_DIR/ca/state/issuercert.pem" "$1/simulated-ek-ca.pem"
}
