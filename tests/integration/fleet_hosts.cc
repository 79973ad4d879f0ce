#include <array>
#include <fstream>

#include <openssl/pem.h>

#include "bench/fleet/measure.h"
#include "bench/fleet/plain_replay.h"
#include "engine/base/text.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"
#include "engine/tpm/public_area.h"
#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/integration/fleet.h"
#include "transport/socket/curve.h"

namespace quotemill::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

constexpr std::int64_t kYearMs = 365 * kDayMs;

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, as_bytes(text));
}

WallTime now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

Certificate ca_certificate(const SigningKey& key) {
  CertificateSpec spec;
  spec.common_name = "Quotemill test EK CA";
  spec.ca = true;
  spec.not_before = {now().ms - kDayMs};
  spec.not_after = {now().ms + kYearMs};
  return self_signed(spec, key);
}

std::string private_pem(const SigningKey& key) {
  BIO* const out = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(out, key.handle(), nullptr, nullptr, 0, nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  return pem;
}

// As /proc/sys/kernel/random/boot_id shows one.
std::string fresh_boot_id() {
  std::string text = to_hex(*random_bytes(16));
  for (const std::size_t at : {8U, 13U, 18U, 23U}) {
    text.insert(at, "-");
  }
  return text + "\n";
}

std::uint64_t seed_of(const std::string& name) {
  std::uint64_t seed = 0;
  for (const char c : name) {
    seed = seed * 131 + static_cast<std::uint8_t>(c);
  }
  return seed;
}

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

}  // namespace

bool have_swtpm() {
  // The library's own lines beside our errors only confuse; it reads this once.
  ::setenv("TSS2_LOG", "all+none", 0);
  return have_program("swtpm") && have_program("swtpm_setup") && have_program("swtpm_localca") &&
         have_program("tpm2_shutdown");
}

TpmMaker::TpmMaker() : key_(SigningKey::generate(KeyKind::kEcP256)), root_(ca_certificate(key_)) {
  const std::string folder = folder_.path().string();
  // The tool makes an RSA-3072 CA if it finds none, which takes seconds.
  write_text(folder_ / "signkey.pem", private_pem(key_));
  write_text(folder_ / "issuercert.pem", root_pem());
  write_text(folder_ / "setup.conf", "create_certs_tool = /usr/bin/env\n");
  write_text(folder_ / "localca.conf",
             "statedir = " + folder + "\nsigningkey = " + folder + "/signkey.pem\nissuercert = " +
                 folder + "/issuercert.pem\ncertserial = " + folder + "/certserial\n");
  write_text(folder_ / "localca.options",
             "--platform-manufacturer Quotemill\n--platform-version 1.0\n"
             "--platform-model SimBoard\n");
  const Finished where = run({{"sh", "-c", "command -v swtpm_localca"}});
  const std::string tool = where.output.substr(0, where.output.find('\n'));
  write_text(folder_ / "setup.conf", "create_certs_tool = " + tool +
                                         "\ncreate_certs_tool_config = " + folder +
                                         "/localca.conf\ncreate_certs_tool_options = " + folder +
                                         "/localca.options\nactive_pcr_banks = sha1,sha256\n");
}

AssertionResult TpmMaker::make(const std::filesystem::path& state) const {
  const Finished made = run({{"swtpm_setup", "--tpm2", "--tpmstate", state.string(), "--config",
                              (folder_ / "setup.conf").string(), "--create-ek-cert", "--pcr-banks",
                              "sha1,sha256", "--vmid", "test", "--overwrite"}},
                            kPatience);
  return made.ok() ? AssertionSuccess() : AssertionFailure() << "swtpm_setup: " << made.output;
}

SimHost::SimHost(std::string name) : name_(std::move(name)) {
  boot.host_seed = seed_of(name_);
  std::filesystem::create_directory(folder_ / "tpm");
}

std::string SimHost::tcti() const {
  return "swtpm:path=" + (folder_ / "tpm.sock").string();
}

AssertionResult SimHost::make_tpm(const TpmMaker& maker) {
  return maker.make(folder_ / "tpm");
}

AssertionResult SimHost::start_tpm() {
  const std::string socket = (folder_ / "tpm.sock").string();
  std::filesystem::remove(socket);
  std::filesystem::remove(socket + ".ctrl");
  // tpm2-tss looks for the control socket at the path of the server's, with ".ctrl" behind it.
  tpm_.emplace(
      Command{{"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + (folder_ / "tpm").string(),
               "--server", "type=unixio,path=" + socket, "--ctrl",
               "type=unixio,path=" + socket + ".ctrl", "--flags", "not-need-init,startup-clear"}});
  const bool answers = eventually([this] { return !tpm_->is_running() || open_tpm().has_value(); });
  return answers && tpm_->is_running() ? AssertionSuccess()
                                       : AssertionFailure() << "swtpm: " << tpm_->output();
}

bench::EsxiBootLog SimHost::booted() const {
  if (esxi) {
    return bench::write_esxi_boot_log(*esxi);
  }
  const Bytes log = bench::write_boot_log(boot);
  return {log, log};
}

AssertionResult SimHost::measure_boot() {
  const bench::EsxiBootLog log = booted();
  Result<agent::TpmDevice> tpm = open_tpm();
  if (!tpm) {
    return AssertionFailure() << tpm.error().to_string();
  }
  if (const Result<void> measured = bench::measure(*tpm, log.measured); !measured) {
    return AssertionFailure() << measured.error().to_string();
  }
  write_file(boot_log_path(), log.log);
  std::filesystem::remove(runtime_list_path());
  return AssertionSuccess();
}

AssertionResult SimHost::run_files(const Files& files) {
  constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;
  std::vector<Bytes> entries;
  if (!std::filesystem::exists(runtime_list_path())) {
    const PcrBank pcrs = bench::plain_replay(read_file(boot_log_path()), {kBank, 0x3FF});
    entries.push_back(ng_data(pcrs.composite(kBank).view(), "boot_aggregate"));
  }
  for (const auto& [path, content] : files) {
    entries.push_back(ng_data(hash(kBank, as_bytes(content)).view(), path));
  }
  Result<agent::TpmDevice> tpm = open_tpm();
  if (!tpm) {
    return AssertionFailure() << tpm.error().to_string();
  }
  std::ofstream list(runtime_list_path(), std::ios::binary | std::ios::app);
  for (const Bytes& data : entries) {
    list << as_text(measured_entry("ima-ng", data)) << std::flush;
    const Result<void> extended = tpm->extend(
        kImaPcr, {hash(HashAlgorithm::kSha1, data), hash(HashAlgorithm::kSha256, data)});
    if (!extended) {
      return AssertionFailure() << extended.error().to_string();
    }
  }
  return AssertionSuccess();
}

AssertionResult SimHost::power_on() {
  if (AssertionResult started = start_tpm(); !started) {
    return started;
  }
  write_text(boot_id_path(), fresh_boot_id());
  return measure_boot();
}

void SimHost::stop_tpm() {
  if (!tpm_) {
    return;
  }
  // As Linux does on the way down: the TPM's clock is saved, and stays "safe".
  run({{"tpm2_shutdown", "--clear"}, {{"TPM2TOOLS_TCTI", tcti()}}});
  tpm_->stop();
  tpm_.reset();
}

void SimHost::power_off() {
  stop_agent();
  stop_tpm();
}

AssertionResult SimHost::power_cycle() {
  const bool had_agent = agent_.has_value();
  power_off();
  AssertionResult on = power_on();
  if (on && had_agent) {
    launch_agent();
  }
  return on;
}

AssertionResult SimHost::reset_tpm() {
  const bool had_agent = agent_.has_value();
  stop_agent();
  stop_tpm();
  AssertionResult started = start_tpm();
  AssertionResult measured = started ? measure_boot() : started;
  if (measured && had_agent) {
    launch_agent();
  }
  return measured;
}

void SimHost::start_agent(const TestDaemon& daemon, const std::string& token,
                          const std::optional<transport::ServerAddress>& gateway) {
  write_text(folder_ / "token", token + "\n");
  const std::string key = transport::to_z85(daemon.attest().server_key);
  const std::string attest = gateway ? "gateways = [" + in_quotes(gateway->endpoint) +
                                           "]\ngateway_keys = ['" +
                                           transport::to_z85(*gateway->gateway_key) + "']"
                                     : "attest = [" + in_quotes(daemon.attest().endpoint) + "]";
  write_text(
      folder_ / "agent.toml",
      "[host]\nname = " + in_quotes(name_) + "\n" +
          (token.empty() ? "" : "token_file = " + in_quotes((folder_ / "token").string()) + "\n") +
          "state_folder = " + in_quotes(agent_state().string()) + "\n[server]\n" + attest +
          "\nenrol = [" + in_quotes(daemon.enrol().endpoint) + "]\nkeys = ['" + key + "'" +
          "]\n[tpm]\ntcti = " + in_quotes(tcti()) + "\nek = " + in_quotes(name_of(ek_kind)) +
          "\nak = " + in_quotes(name_of(ak_kind)) + "\n[boot]\nlog = " +
          in_quotes(boot_log_path().string()) + "\nid = " + in_quotes(boot_id_path().string()) +
          "\n[ima]\nlist = " + in_quotes(runtime_list_path().string()) +
          "\n[timing]\nretry_min = \"50ms\"\nretry_max = \"1s\"\nanswer_timeout = \"2s\"\n");
  launch_agent();
}

void SimHost::launch_agent() {
  earlier_agent_log_ = agent_log();
  agent_.reset();
  agent_.emplace(
      Command{{QUOTEMILL_BIN_DIR "/quotemill-agent", "--config", (folder_ / "agent.toml").string()},
              {{"TSS2_LOG", "all+none"}}});
}

void SimHost::stop_agent() {
  if (agent_) {
    agent_->stop();
    earlier_agent_log_ += agent_->output();
    agent_.reset();
  }
}

std::string SimHost::agent_log() const {
  return agent_ ? earlier_agent_log_ + agent_->output() : earlier_agent_log_;
}

std::string SimHost::ek_sha256() {
  Result<agent::TpmDevice> tpm = open_tpm();
  if (!tpm) {
    return {};
  }
  const Result<agent::TpmKey> ek = tpm->endorsement_key(ek_kind);
  const Result<PublicArea> area =
      ek ? decode_tpmt_public(ek->public_area()) : Result<PublicArea>(ek.error());
  return area ? area->key_sha256_hex() : std::string();
}

AssertionResult join(SimHost& host, TestDaemon& daemon) {
  host.start_agent(daemon, daemon.new_token(1));
  AssertionResult trusted = daemon.becomes(host.name(), "trusted");
  return trusted ? trusted : trusted << "\nits agent's log:\n" << host.agent_log();
}

}  // namespace quotemill::testing
