#include <algorithm>
#include <csignal>
#include <thread>

#include "engine/base/text.h"
#include "tests/integration/fleet.h"
#include "tests/support/free_port.h"
#include "transport/socket/curve.h"

namespace quotemill::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;
using transport::ControlAnswer;
using transport::ControlError;
using transport::Json;

constexpr std::size_t kLogShown = 4'000;

std::string free_endpoint() {
  return "tcp://127.0.0.1:" + std::to_string(free_port());
}

std::string tail_of(const std::string& log) {
  return log.size() <= kLogShown ? log : "…" + log.substr(log.size() - kLogShown);
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, as_bytes(text));
}

std::string text_at(const Json& value, const char* name) {
  const auto found = value.is_object() ? value.find(name) : value.end();
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

TestDaemon::TestDaemon(const DaemonSettings& settings)
    : settings_(settings),
      attest_(free_endpoint()),
      enrol_(free_endpoint()),
      metrics_("127.0.0.1:" + std::to_string(free_port())) {
  write_settings();
}

void TestDaemon::write_settings() {
  std::filesystem::create_directory(folder_ / "roots.d");
  for (std::size_t i = 0; i < settings_.roots.size(); ++i) {
    write_text(folder_ / ("roots.d/root-" + std::to_string(i) + ".pem"), settings_.roots[i]);
  }
  write_text(folder_ / "ek.list", settings_.ek_list);
  const std::string folder = folder_.path().string();
  write_text(folder_ / "policy.toml",
             "[policy]\nid = \"test\"\n[freshness]\nattest_every = \"" + settings_.attest_every +
                 "\"\nstale_after = \"" + settings_.stale_after + "\"\n" + settings_.freshness +
                 "\n[identity]\n" + settings_.identity + "\n[boot]\nno_baseline = \"" +
                 settings_.no_baseline + "\"\n" + settings_.rules);
  write_text(config_path(),
             "[listen]\nattest = \"" + attest_ + "\"\nenrol = \"" + enrol_ + "\"\ncontrol = \"" +
                 control_path() + "\"\nchanges = \"" + changes_endpoint() +
                 "\"\n[state]\nfolder = \"" + folder + "/state\"\n[trust]\nroots = \"" + folder +
                 "/roots.d\"\nek_list = \"" + folder + "/ek.list\"\n[policy]\nfile = \"" + folder +
                 "/policy.toml\"\n[pipeline]\n" + settings_.pipeline + "\n[enrolment]\n" +
                 settings_.enrolment + "\n[metrics]\nlisten = \"" + metrics_ +
                 "\"\n[sinks]\nfolder = \"" + folder + "/sinks.d\"\n[gateways]\nfolder = \"" +
                 folder + "/gateways.d\"\n");
  std::filesystem::create_directory(folder_ / "sinks.d");
  if (!settings_.sink.empty()) {
    std::string sink = settings_.sink;
    sink.replace(sink.find("FOLDER"), 6, folder);
    write_text(folder_ / "sinks.d/test.toml", sink);
  }
}

void TestDaemon::list_gateway(const std::string& name, const CurveKey& key,
                              const std::string& hosts) {
  std::filesystem::create_directory(folder_ / "gateways.d");
  write_text(folder_ / ("gateways.d/" + name + ".toml"),
             "[gateway]\nkey = '" + transport::to_z85(key) + "'\nhosts = ['" + hosts + "']\n");
}

std::string TestDaemon::changes_endpoint() const {
  return "ipc://" + (folder_ / "run/changes.sock").string();
}

std::string TestDaemon::control_path() const {
  return (folder_ / "run/control.sock").string();
}

AssertionResult TestDaemon::start() {
  earlier_log_ = log();
  std::filesystem::create_directory(folder_ / "run");
  std::filesystem::permissions(folder_ / "run", std::filesystem::perms(0750));
  control_ = std::make_unique<transport::ControlClient>(control_path(), 5'000);
  process_.reset();
  process_.emplace(Command{{QUOTEMILL_BIN_DIR "/quotemilld", "--config", config_path().string()},
                           settings_.environment});
  const bool is_up = eventually(
      [this] { return !process_->is_running() || std::holds_alternative<Json>(ask("status")); });
  if (!is_up || !process_->is_running()) {
    return AssertionFailure() << "quotemilld did not start:\n" << tail_of(log());
  }
  const Bytes public_key = read_file(folder_ / "state/server.pub");
  const auto key = transport::from_z85(as_text(public_key).substr(0, 40));
  if (!key) {
    return AssertionFailure() << "server.pub is no key";
  }
  key_ = *key;
  return AssertionSuccess();
}

int TestDaemon::stop() {
  return process_->stop(kPatience);
}

void TestDaemon::kill9() {
  process_->kill();
}

std::string TestDaemon::log() const {
  return process_ ? earlier_log_ + process_->output() : earlier_log_;
}

bool TestDaemon::has_logged(std::string_view text) const {
  return log().find(text) != std::string::npos;
}

ControlAnswer TestDaemon::ask(const std::string& verb, Json args, int wait_ms) {
  return control_->call(verb, std::move(args), wait_ms);
}

Json TestDaemon::get(const std::string& verb, Json args) {
  ControlAnswer answer = ask(verb, std::move(args));
  if (const auto* error = std::get_if<ControlError>(&answer)) {
    ADD_FAILURE() << verb << ": " << error->message << "\n" << tail_of(log());
    return nullptr;
  }
  return std::get<Json>(std::move(answer));
}

Json TestDaemon::host(const std::string& name) {
  ControlAnswer answer = ask("host", {{"host", name}});
  return std::holds_alternative<Json>(answer) ? std::get<Json>(std::move(answer)) : Json();
}

std::string TestDaemon::state_of(const std::string& name) {
  return text_at(host(name), "state");
}

std::uint64_t TestDaemon::sequence_of(const std::string& name) {
  const Json shown = host(name);
  return shown.is_null() ? 0 : shown["evidence"]["seq"].get<std::uint64_t>();
}

std::uint64_t TestDaemon::counter(const std::string& group, const std::string& part,
                                  const std::string& name) {
  const Json status = get("status");
  const Json::json_pointer place("/" + group + "/" + part + "/" + name);
  if (!status.contains(place)) {
    ADD_FAILURE() << "status has no " << place.to_string();
    return 0;
  }
  return status.at(place).get<std::uint64_t>();
}

AssertionResult TestDaemon::becomes(const std::string& name, const std::string& state,
                                    std::chrono::milliseconds limit) {
  if (eventually([&] { return state_of(name) == state; }, limit)) {
    return AssertionSuccess();
  }
  return AssertionFailure() << name << " is not " << state << " but " << host(name).dump(1)
                            << "\nthe daemon's log:\n"
                            << tail_of(log());
}

AssertionResult TestDaemon::logs(std::string_view text) {
  if (eventually([&] { return has_logged(text); })) {
    return AssertionSuccess();
  }
  return AssertionFailure() << "\"" << text << "\" is not in the daemon's log:\n" << tail_of(log());
}

AssertionResult TestDaemon::attests_again(const std::string& name, std::uint64_t times) {
  const std::uint64_t now = sequence_of(name);
  if (eventually([&] { return sequence_of(name) >= now + times; })) {
    return AssertionSuccess();
  }
  return AssertionFailure() << name << " went from attestation " << now << " to "
                            << sequence_of(name) << " only\nthe daemon's log:\n"
                            << tail_of(log());
}

AssertionResult TestDaemon::emits(const std::string& name, const std::string& state,
                                  std::uint64_t from, Json* change) {
  Json found;
  const bool is_there = eventually([&] {
    const Json page = get("changes", {{"from", from}, {"limit", 500}});
    for (const Json& one : page["changes"]) {
      if (one["host"]["name"] == name && one["new"] == state) {
        found = one;
      }
    }
    return !found.is_null();
  });
  if (change != nullptr) {
    *change = found;
  }
  return is_there ? AssertionSuccess()
                  : AssertionFailure() << "no change of " << name << " to " << state << " in "
                                       << get("changes").dump(1);
}

Finished TestDaemon::cli(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {QUOTEMILL_BIN_DIR "/quotemill", "--socket", control_path()});
  return run({std::move(arguments)}, kPatience);
}

std::string TestDaemon::new_token(unsigned uses) {
  const Json token = get("token.create", {{"count", uses}, {"operator", "test"}});
  return text_at(token, "token");
}

std::vector<std::string> finding_codes(const Json& findings) {
  std::vector<std::string> codes;
  for (const Json& finding : findings) {
    codes.push_back(text_at(finding, "code"));
  }
  return codes;
}

bool has_finding(const Json& host, std::string_view code) {
  return host.is_object() && !finding(host["findings"], code).is_null();
}

Json finding(const Json& findings, std::string_view code) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [code](const Json& one) { return text_at(one, "code") == code; });
  return found == findings.end() ? Json() : *found;
}

}  // namespace quotemill::testing
