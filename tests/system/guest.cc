#include "tests/system/guest.h"

#include <utility>

#include <sys/stat.h>

#include "transport/socket/curve.h"

namespace quotemill::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

namespace fs = std::filesystem;

const fs::path kFirmware = "/usr/share/OVMF";
constexpr const char* kCode = "OVMF_CODE_4M.ms.fd";
constexpr const char* kHost = "10.0.2.2";  // this machine, as QEMU's user network shows it
constexpr std::uintmax_t kAgentDiskSize = 1 << 20;
constexpr std::uintmax_t kEvidenceDiskSize = 4 << 20;
constexpr const char* kPowerPipe = "power";  // QEMU wants two, ".in" and ".out"
constexpr std::size_t kConsoleShown = 4'000;

const char* variables_of(Firmware firmware) {
  return firmware == Firmware::kSecureBoot ? "OVMF_VARS_4M.ms.fd" : "OVMF_VARS_4M.fd";
}

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

// An address on this machine's loopback, as the guest reaches it.
std::string seen_by_guest(const std::string& endpoint) {
  return "tcp://" + std::string(kHost) + endpoint.substr(endpoint.rfind(':'));
}

std::string agent_settings(const std::string& name, const TestDaemon& daemon) {
  return "[host]\nname = " + in_quotes(name) +
         "\ntoken_file = \"/run/agent/token\"\nstate_folder = \"/run/agent/state\"\n[server]\n"
         "attest = [" +
         in_quotes(seen_by_guest(daemon.attest().endpoint)) + "]\nenrol = [" +
         in_quotes(seen_by_guest(daemon.enrol().endpoint)) + "]\nkeys = [" +
         in_quotes(transport::to_z85(daemon.attest().server_key)) +
         "]\n[timing]\nretry_max = \"2s\"\n";
}

}  // namespace

bool have_qemu() {
  return have_swtpm() && have_program("qemu-system-x86_64") && fs::exists(kFirmware / kCode);
}

Guest::Guest(std::string name) : name_(std::move(name)) {
  fs::create_directory(folder_ / "tpm");
  for (const char* direction : {".in", ".out"}) {
    const fs::path pipe = folder_ / (std::string(kPowerPipe) + direction);
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0) << pipe;
  }
}

AssertionResult Guest::make_tpm(const TpmMaker& maker) {
  return maker.make(folder_ / "tpm");
}

AssertionResult Guest::configure(const TestDaemon& daemon, const std::string& token) {
  const fs::path agent = folder_ / "agent";
  fs::create_directory(agent);
  write_file(agent / "agent.toml", as_bytes(agent_settings(name_, daemon)));
  write_file(agent / "token", as_bytes(token + "\n"));
  const fs::path disk = folder_ / "agent.img";
  const Finished packed = run({{"tar", "-c", "-f", disk.string(), "-C", agent.string(), "."}});
  if (!packed.ok()) {
    return AssertionFailure() << packed.output;
  }
  fs::resize_file(disk, kAgentDiskSize);
  return AssertionSuccess();
}

AssertionResult Guest::start_tpm() {
  const std::string socket = (folder_ / "tpm.sock").string();
  fs::remove(socket);
  tpm_.emplace(
      Command{{"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + (folder_ / "tpm").string(),
               "--ctrl", "type=unixio,path=" + socket}});
  const bool listens = eventually([&] { return !tpm_->is_running() || fs::exists(socket); });
  return listens && tpm_->is_running() ? AssertionSuccess()
                                       : AssertionFailure() << "swtpm: " << tpm_->output();
}

std::vector<std::string> Guest::machine_arguments(const fs::path& disk) const {
  std::vector<std::string> arguments{
      "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
      "-monitor", "none", "-serial", "stdio", "-machine", "q35,smm=on", "-accel",
      "tcg,thread=multi", "-cpu", "max", "-m", "512",
      // The firmware may write its variables from system management mode alone.
      "-global", "driver=cfi.pflash01,property=secure,value=on", "-global",
      "ICH9-LPC.disable_s3=1"};
  const auto add = [&arguments](const std::string& option, const std::string& value) {
    arguments.push_back(option);
    arguments.push_back(value);
  };
  add("-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + (kFirmware / kCode).string());
  add("-drive", "if=pflash,unit=1,format=raw,file=" + (folder_ / "variables.fd").string());
  add("-drive", "if=none,id=boot,format=raw,readonly=on,file=" + disk.string());
  add("-device", "virtio-blk-pci,drive=boot,bootindex=1");
  add("-drive", "if=none,id=agent,format=raw,file=" + (folder_ / "agent.img").string());
  add("-device", "virtio-blk-pci,drive=agent");
  add("-drive", "if=none,id=evidence,format=raw,file=" + (folder_ / "evidence.img").string());
  add("-device", "virtio-blk-pci,drive=evidence");
  add("-netdev", "user,id=net");
  add("-device", "virtio-net-pci,netdev=net,romfile=");  // an option ROM would be in PCR 2
  add("-chardev", "socket,id=tpm,path=" + (folder_ / "tpm.sock").string());
  add("-tpmdev", "emulator,id=tpm,chardev=tpm");
  add("-device", "tpm-tis,tpmdev=tpm");
  add("-chardev", "pipe,id=power,path=" + (folder_ / kPowerPipe).string());
  add("-serial", "chardev:power");
  return arguments;
}

// What is new in each boot: the firmware's variables, and an empty disk for evidence.
void Guest::make_disks(Firmware firmware) const {
  fs::copy_file(kFirmware / variables_of(firmware), folder_ / "variables.fd",
                fs::copy_options::overwrite_existing);
  write_file(folder_ / "evidence.img", {});
  fs::resize_file(folder_ / "evidence.img", kEvidenceDiskSize);
}

AssertionResult Guest::power_on(const fs::path& disk, Firmware firmware) {
  if (AssertionResult started = start_tpm(); !started) {
    return started;
  }
  make_disks(firmware);
  machine_.emplace(Command{machine_arguments(disk)});
  return machine_->is_running() ? AssertionSuccess()
                                : AssertionFailure() << "QEMU: " << machine_->output();
}

void Guest::power_off() {
  if (machine_ && machine_->is_running()) {
    write_file(folder_ / (std::string(kPowerPipe) + ".in"), as_bytes("off\n"));
    machine_->wait_for(kPatience);
  }
  machine_.reset();
  if (tpm_) {
    tpm_->stop();
    tpm_.reset();
  }
}

AssertionResult Guest::says(const std::string& text) {
  const bool said = eventually(
      [&] {
        return console().find(text) != std::string::npos || !machine_ || !machine_->is_running();
      },
      kBootLimit);
  const std::string shown = console();
  if (said && shown.find(text) != std::string::npos) {
    return AssertionSuccess();
  }
  return AssertionFailure() << name_ << " does not say \"" << text << "\" but\n"
                            << shown.substr(shown.size() - std::min(shown.size(), kConsoleShown));
}

fs::path Guest::evidence() const {
  const fs::path folder = folder_ / "evidence";
  fs::remove_all(folder);
  fs::create_directory(folder);
  run({{"tar", "-x", "-f", (folder_ / "evidence.img").string(), "-C", folder.string()}});
  return folder;
}

}  // namespace quotemill::testing
