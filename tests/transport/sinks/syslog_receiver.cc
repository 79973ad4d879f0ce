#include "tests/transport/sinks/syslog_receiver.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <thread>

#include "tests/support/free_port.h"
#include "transport/render/json.h"

namespace quotemill::testing {
namespace {

constexpr std::chrono::milliseconds kLookInterval{20};
constexpr int kLooksMax = 500;

std::string text_at(const transport::Json& line, const char* name) {
  return line.contains(name) ? line.at(name).get<std::string>() : "";
}

}  // namespace

SyslogReceiver::SyslogReceiver(const SyslogReceiverSettings& settings)
    : settings_(settings), port_(free_port()) {}

// It says nothing when it listens: the kernel does, with its own address, nobody's, and the state.
bool SyslogReceiver::is_listening() const {
  std::array<char, 64> wanted{};
  std::snprintf(wanted.data(), wanted.size(), " 0100007F:%04X 00000000:0000 %s ", port_,
                is_udp() ? "07" : "0A");
  const Bytes table = read_file(is_udp() ? "/proc/self/net/udp" : "/proc/self/net/tcp");
  return as_text(table).find(wanted.data()) != std::string_view::npos;
}

bool SyslogReceiver::start() {
  process_.emplace(prepared());
  for (int look = 0; look < kLooksMax && process_->is_running(); ++look) {
    if (is_listening()) {
      return true;
    }
    std::this_thread::sleep_for(kLookInterval);
  }
  return false;
}

void SyslogReceiver::kill() {
  process_->kill();
}

std::vector<SyslogMessage> SyslogReceiver::received_now() const {
  std::vector<SyslogMessage> messages;
  const Bytes file = read_file(received_file());
  std::istringstream lines{std::string(as_text(file))};
  for (std::string line; std::getline(lines, line);) {
    if (const std::optional<transport::Json> json = transport::parse_json(line)) {
      messages.push_back({text_at(*json, "priority"), text_at(*json, "host"),
                          text_at(*json, "program"), text_at(*json, "message_id"),
                          text_at(*json, "structured_data"), text_at(*json, "text")});
    }
  }
  return messages;
}

std::vector<SyslogMessage> SyslogReceiver::received(std::size_t count) const {
  std::vector<SyslogMessage> messages = received_now();
  for (int look = 0; look < kLooksMax && messages.size() < count; ++look) {
    std::this_thread::sleep_for(kLookInterval);
    messages = received_now();
  }
  return messages;
}

}  // namespace quotemill::testing
