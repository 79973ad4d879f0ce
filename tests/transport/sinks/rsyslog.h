// A real rsyslogd as a child, with a folder and settings of its own, on a port of loopback.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::testing {

// What rsyslog made of one message.
struct SyslogMessage {
  std::string priority;
  std::string host;
  std::string program;
  std::string message_id;
  std::string structured_data;
  std::string text;
};

struct RsyslogSettings {
  std::string input;            // "imudp", "imtcp"
  std::string module_settings;  // of the input's module
  std::string global;           // settings of global()
};

class Rsyslog {
 public:
  explicit Rsyslog(RsyslogSettings settings);

  // Whether rsyslogd is on this machine; a test without it says GTEST_SKIP().
  static bool is_here();

  // Starts it, or starts it again on the same port; returns when it listens.
  bool start();
  // Without a goodbye.
  void kill();

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // All that it has written so far; waits until there are `count` of them, or some seconds.
  [[nodiscard]] std::vector<SyslogMessage> received(std::size_t count) const;

  // Its own words.
  [[nodiscard]] std::string output() const { return process_ ? process_->output() : ""; }

 private:
  void write_settings() const;

  const RsyslogSettings settings_;
  TempFolder folder_;
  const std::uint16_t port_;
  std::optional<Process> process_;
};

}  // namespace quotemill::testing
