// quotemill-scale-store: makes the store of a large fleet, as if all of it had attested once; and
// asks a daemon what such a store costs it.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "bench/scale_store/store_writer.h"
#include "storage/memory_store.h"
#include "transport/control/control_client.h"
#include "transport/socket/curve.h"

namespace quotemill::bench {
namespace {

struct Options {
  std::string folder;
  std::string policy;
  std::string server_key;
  unsigned hosts = 0;
  std::string socket;
  std::string verb;
  std::string args = "{}";
  unsigned times = 1;
};

std::string text_of(const std::string& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

int fail(const std::string& what) {
  std::cerr << "quotemill-scale-store: " << what << '\n';
  return 1;
}

int run(const Options& options) {
  const Result<Policy> policy = parse_policy(text_of(options.policy), options.policy);
  if (!policy) {
    return fail(policy.error().to_string());
  }
  std::string key = text_of(options.server_key);
  key.resize(std::min(key.size(), key.find('\n')));
  const std::optional<CurveKey> server_key = transport::from_z85(key);
  if (!server_key) {
    return fail(options.server_key + " holds no key");
  }
  const WallTime now{std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count()};
  const storage::MemoryStore nothing;
  ScaleFleet fleet(*policy, *server_key, now, nothing);
  const Result<WriteCost> cost = write_store(options.folder, options.hosts, fleet);
  if (!cost) {
    return fail(cost.error().to_string());
  }
  std::cout << R"({"hosts": )" << options.hosts << R"(, "commit_seconds": )" << cost->commit_seconds
            << R"(, "record_bytes": )" << cost->record_bytes << R"(, "written_bytes": )"
            << cost->written_bytes << "}\n";
  return 0;
}

// How long the daemon takes to answer, the median; and the last answer, if `times` is 1.
int ask(const Options& options) {
  transport::ControlClient client(options.socket);
  const transport::Json args = transport::Json::parse(options.args, nullptr, false);
  std::vector<double> took;
  transport::ControlAnswer answer;
  for (unsigned i = 0; i < options.times; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    answer = client.call(options.verb, args);
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
            .count());
    if (const auto* error = std::get_if<transport::ControlError>(&answer)) {
      return fail(error->message);
    }
  }
  std::sort(took.begin(), took.end());
  if (options.times == 1) {
    std::cout << transport::to_line(std::get<transport::Json>(answer)) << '\n';
  } else {
    std::cout << R"({"median_ms": )" << took[took.size() / 2] << R"(, "slowest_ms": )"
              << took.back() << "}\n";
  }
  return 0;
}

}  // namespace
}  // namespace quotemill::bench

int main(int argc, char** argv) {
  CLI::App app("Makes the store of a large fleet, as if all of it had attested once");
  app.require_subcommand(1);
  quotemill::bench::Options options;
  CLI::App* make = app.add_subcommand("make", "make a store");
  make->add_option("STORE", options.folder, "a folder that is not there yet")->required();
  make->add_option("--hosts", options.hosts, "how many")->required();
  make->add_option("--policy", options.policy, "the daemon's policy file")->required();
  make->add_option("--server-key", options.server_key, "the daemon's server.pub")->required();
  CLI::App* ask = app.add_subcommand("ask", "ask a daemon, and say how long it took");
  ask->add_option("SOCKET", options.socket, "its control socket")->required();
  ask->add_option("VERB", options.verb, "as in operator_verbs.h")->required();
  ask->add_option("ARGS", options.args, "JSON");
  ask->add_option("--times", options.times, "so often")->check(CLI::Range(1U, 1'000U));
  CLI11_PARSE(app, argc, argv);
  return make->parsed() ? quotemill::bench::run(options) : quotemill::bench::ask(options);
}
