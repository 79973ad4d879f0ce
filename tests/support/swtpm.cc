#include "tests/support/swtpm.h"

#include <chrono>
#include <thread>

namespace quotemill::testing {
namespace {

constexpr int kStartAttempts = 200;
constexpr std::chrono::milliseconds kStartInterval{50};

// tpm2-tss looks for the control socket at the path of the server's, with ".ctrl" behind it.
std::string socket_in(const TempFolder& folder, std::string_view name) {
  return (folder / name).string();
}

}  // namespace

std::unique_ptr<Swtpm> Swtpm::start() {
  if (!have_program("swtpm") || !have_program("tpm2_getrandom")) {
    return nullptr;
  }
  std::unique_ptr<Swtpm> swtpm(new Swtpm);
  return swtpm->launch() ? std::move(swtpm) : nullptr;
}

bool Swtpm::launch() {
  process_.emplace(
      Command{{"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state_.path().string(),
               "--server", "type=unixio,path=" + socket_in(state_, "server"), "--ctrl",
               "type=unixio,path=" + socket_in(state_, "server.ctrl"), "--flags",
               "not-need-init,startup-clear"}});
  for (int attempt = 0; attempt < kStartAttempts && process_->is_running(); ++attempt) {
    if (tool({"tpm2_getrandom", "--hex", "4"}).ok()) {
      return true;
    }
    std::this_thread::sleep_for(kStartInterval);
  }
  return false;
}

std::string Swtpm::tcti() const {
  return "swtpm:path=" + socket_in(state_, "server");
}

Finished Swtpm::tool(std::vector<std::string> arguments) const {
  return run({std::move(arguments), {{"TPM2TOOLS_TCTI", tcti()}}, files_.path()});
}

bool Swtpm::power_cycle() {
  process_->stop();
  return launch();
}

}  // namespace quotemill::testing
