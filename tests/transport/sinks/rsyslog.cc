#include "tests/transport/sinks/rsyslog.h"

#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

#include <arpa/inet.h>

#include "tests/support/free_port.h"
#include "transport/render/json.h"

namespace quotemill::testing {
namespace {

constexpr const char* kProgram = "/usr/sbin/rsyslogd";
constexpr std::chrono::milliseconds kLookInterval{20};
constexpr int kLooksMax = 500;

// One line of JSON for each message.
constexpr const char* kTemplate = R"(
template(name="parts" type="list" option.jsonf="on") {
  property(outname="priority" name="pri" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="program" name="app-name" format="jsonf")
  property(outname="message_id" name="msgid" format="jsonf")
  property(outname="structured_data" name="structured-data" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}
)";

std::string text_at(const transport::Json& line, const char* name) {
  return line.contains(name) ? line.at(name).get<std::string>() : "";
}

}  // namespace

Rsyslog::Rsyslog(RsyslogSettings settings) : settings_(std::move(settings)), port_(free_port()) {
  write_settings();
}

bool Rsyslog::is_here() {
  return std::filesystem::exists(kProgram);
}

void Rsyslog::write_settings() const {
  const std::string text =
      "global(workDirectory=\"" + folder_.path().string() + "\" " + settings_.global +
      " maxMessageSize=\"64k\")\nmodule(load=\"" + settings_.input + "\" " +
      settings_.module_settings + ")\n" + "input(type=\"" + settings_.input +
      "\" address=\"127.0.0.1\" port=\"" + std::to_string(port_) + "\")\n" + kTemplate +
      "if $syslogfacility == 13 then action(type=\"omfile\" template=\"parts\" file=\"" +
      (folder_ / "received").string() + "\")\n";
  write_file(folder_ / "rsyslog.conf", as_bytes(text));
}

bool Rsyslog::start() {
  process_.emplace(Command{
      {kProgram, "-n", "-C", "-f", folder_ / "rsyslog.conf", "-i", folder_ / "rsyslog.pid"}});
  // It says nothing when it listens: the kernel does.
  char wanted[16];
  std::snprintf(wanted, sizeof wanted, ":%04X ", port_);
  const std::string table =
      settings_.input == "imudp" ? "/proc/self/net/udp" : "/proc/self/net/tcp";
  for (int look = 0; look < kLooksMax && process_->is_running(); ++look) {
    if (as_text(read_file(table)).find(wanted) != std::string_view::npos) {
      return true;
    }
    std::this_thread::sleep_for(kLookInterval);
  }
  return false;
}

void Rsyslog::kill() {
  process_->kill();
}

std::vector<SyslogMessage> Rsyslog::received(std::size_t count) const {
  std::vector<SyslogMessage> messages;
  for (int look = 0; look < kLooksMax && messages.size() < count; ++look) {
    messages.clear();
    const Bytes file = read_file(folder_ / "received");
    std::istringstream lines{std::string(as_text(file))};
    for (std::string line; std::getline(lines, line);) {
      if (const std::optional<transport::Json> json = transport::parse_json(line)) {
        messages.push_back({text_at(*json, "priority"), text_at(*json, "host"),
                            text_at(*json, "program"), text_at(*json, "message_id"),
                            text_at(*json, "structured_data"), text_at(*json, "text")});
      }
    }
    std::this_thread::sleep_for(kLookInterval);
  }
  return messages;
}

}  // namespace quotemill::testing
