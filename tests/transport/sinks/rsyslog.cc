#include <filesystem>

#include "tests/transport/sinks/syslog_receiver.h"

namespace quotemill::testing {
namespace {

constexpr const char* kProgram = "/usr/sbin/rsyslogd";

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

class Rsyslog final : public SyslogReceiver {
 public:
  // `driver` is what speaks TLS: "ossl" or "gtls".
  Rsyslog(const SyslogReceiverSettings& settings, const char* driver)
      : SyslogReceiver(settings), driver_(driver) {}

 protected:
  [[nodiscard]] Command prepared() const override {
    const std::string input = is_udp() ? "imudp" : "imtcp";
    const std::string text =
        "global(workDirectory=\"" + folder_.path().string() + "\" " + certificates() +
        " maxMessageSize=\"64k\")\nmodule(load=\"" + input + "\" " + driver() + ")\ninput(type=\"" +
        input + "\" address=\"127.0.0.1\" port=\"" + std::to_string(port()) + "\")\n" + kTemplate +
        "if $syslogfacility == 13 then action(type=\"omfile\" template=\"parts\" file=\"" +
        received_file() + "\")\n";
    write_file(folder_ / "rsyslog.conf", as_bytes(text));
    return {{kProgram, "-n", "-C", "-f", folder_ / "rsyslog.conf", "-i", folder_ / "rsyslog.pid"}};
  }

 private:
  [[nodiscard]] std::string certificates() const {
    return !is_tls() ? ""
                     : "defaultNetstreamDriverCAFile=\"" + settings_.tls->ca() +
                           "\" defaultNetstreamDriverCertFile=\"" + settings_.tls->certificate() +
                           "\" defaultNetstreamDriverKeyFile=\"" + settings_.tls->key() + "\"";
  }

  [[nodiscard]] std::string driver() const {
    return !is_tls() ? ""
                     : "streamDriver.name=\"" + std::string(driver_) +
                           "\" streamDriver.mode=\"1\" streamDriver.authMode=\"" +
                           (settings_.demands_certificate ? "x509/certvalid" : "anon") + "\"";
  }

  const char* driver_;
};

bool is_here() {
  return std::filesystem::exists(kProgram);
}

}  // namespace

SyslogProgram rsyslog_with_openssl() {
  return {"rsyslog_ossl", is_here,
          [](const SyslogReceiverSettings& settings) -> std::unique_ptr<SyslogReceiver> {
            return std::make_unique<Rsyslog>(settings, "ossl");
          }};
}

SyslogProgram rsyslog_with_gnutls() {
  return {"rsyslog_gtls", is_here,
          [](const SyslogReceiverSettings& settings) -> std::unique_ptr<SyslogReceiver> {
            return std::make_unique<Rsyslog>(settings, "gtls");
          }};
}

}  // namespace quotemill::testing
