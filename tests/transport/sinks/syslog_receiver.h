// A real syslog daemon as a child, with a folder and settings of its own, on a port of loopback.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"
#include "tests/transport/sinks/tls_files.h"
#include "transport/sinks/syslog_sink.h"

namespace quotemill::testing {

// What the daemon made of one message.
struct SyslogMessage {
  std::string priority;
  std::string host;
  std::string program;
  std::string message_id;
  std::string structured_data;
  std::string text;
};

struct SyslogReceiverSettings {
  transport::SyslogTransport transport = transport::SyslogTransport::kTcp;
  const TlsFiles* tls = nullptr;     // of kTls
  bool demands_certificate = false;  // of whoever connects, signed by the CA of `tls`
};

class SyslogReceiver {
 public:
  explicit SyslogReceiver(const SyslogReceiverSettings& settings);
  virtual ~SyslogReceiver() = default;
  SyslogReceiver(const SyslogReceiver&) = delete;
  SyslogReceiver& operator=(const SyslogReceiver&) = delete;

  // Starts it, or starts it again on the same port; returns when it listens.
  bool start();
  // Without a goodbye.
  void kill();

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // All that it has written so far.
  [[nodiscard]] std::vector<SyslogMessage> received_now() const;
  // The same; waits until there are `count` of them, or some seconds.
  [[nodiscard]] std::vector<SyslogMessage> received(std::size_t count) const;

  // Its own words.
  [[nodiscard]] std::string output() const { return process_ ? process_->output() : ""; }

 protected:
  // Writes its settings, and tells how it is started.
  [[nodiscard]] virtual Command prepared() const = 0;

  [[nodiscard]] bool is_tls() const {
    return settings_.transport == transport::SyslogTransport::kTls;
  }

  [[nodiscard]] bool is_udp() const {
    return settings_.transport == transport::SyslogTransport::kUdp;
  }

  // Where it is to write a line of JSON for each message of facility 13, by SyslogMessage's names.
  [[nodiscard]] std::string received_file() const { return folder_ / "received"; }

  const SyslogReceiverSettings settings_;
  const TempFolder folder_;

 private:
  [[nodiscard]] bool is_listening() const;

  const std::uint16_t port_;
  std::optional<Process> process_;
};

// One of the daemons.
struct SyslogProgram {
  const char* name = "";
  bool (*is_here)() = nullptr;  // a test without it says GTEST_SKIP()
  std::unique_ptr<SyslogReceiver> (*make)(const SyslogReceiverSettings& settings) = nullptr;
};

// rsyslog speaks TLS by OpenSSL or by GnuTLS.
SyslogProgram rsyslog_with_openssl();
SyslogProgram rsyslog_with_gnutls();
// As deploy/install-packages --tests unpacked it.
SyslogProgram syslog_ng();

}  // namespace quotemill::testing
