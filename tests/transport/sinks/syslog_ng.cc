#include <filesystem>

#include "tests/support/unpacked.h"
#include "tests/transport/sinks/syslog_receiver.h"

namespace quotemill::testing {
namespace {

constexpr const char* kProgram = "usr/sbin/syslog-ng";
constexpr const char* kModules = "usr/lib/syslog-ng/3.38";

constexpr const char* kTemplate =
    "$(format-json --scope none priority=$PRI host=$HOST program=$PROGRAM message_id=$MSGID "
    "structured_data=$SDATA text=$MSG)\\n";

class SyslogNg final : public SyslogReceiver {
 public:
  using SyslogReceiver::SyslogReceiver;

 protected:
  [[nodiscard]] Command prepared() const override {
    const char* transport = is_tls() ? "tls" : is_udp() ? "udp" : "tcp";
    const std::string text =
        "@version: 3.38\noptions { keep-hostname(yes); log-msg-size(65536); stats-freq(0); };\n"
        "source ours { syslog(transport(\"" +
        std::string(transport) + "\") ip(\"127.0.0.1\") port(" + std::to_string(port()) + ")" +
        certificates() + "); };\nfilter audit { facility(13); };\ndestination lines { file(\"" +
        received_file() + "\" template(\"" + kTemplate +
        "\")); };\nlog { source(ours); filter(audit); destination(lines); };\n";
    write_file(folder_ / "syslog-ng.conf", as_bytes(text));
    return {{unpacked(kProgram), "--foreground", "--no-caps", "--stderr", "--cfgfile",
             folder_ / "syslog-ng.conf", "--module-path", unpacked(kModules), "--persist-file",
             folder_ / "persist", "--pidfile", folder_ / "pid", "--control", folder_ / "control"},
            {{"LD_LIBRARY_PATH", unpacked_libraries()}}};
  }

 private:
  [[nodiscard]] std::string certificates() const {
    return !is_tls()
               ? ""
               : " tls(key-file(\"" + settings_.tls->key() + "\") cert-file(\"" +
                     settings_.tls->certificate() + "\") ca-file(\"" + settings_.tls->ca() +
                     "\") peer-verify(" +
                     (settings_.demands_certificate ? "required-trusted" : "optional-untrusted") +
                     "))";
  }
};

}  // namespace

SyslogProgram syslog_ng() {
  return {"syslog_ng", [] { return std::filesystem::exists(unpacked(kProgram)); },
          [](const SyslogReceiverSettings& settings) -> std::unique_ptr<SyslogReceiver> {
            return std::make_unique<SyslogNg>(settings);
          }};
}

}  // namespace quotemill::testing
