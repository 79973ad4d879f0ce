#include "deploy/common/endpoint_start.h"

#include "transport/files/private_file.h"

namespace quotemill::program {

Result<transport::CurveKeyPair> load_channel_keys(const std::string& folder,
                                                  const std::string& name) {
  if (const Result<void> prepared = transport::prepare_private_folder(folder, "state.folder");
      !prepared) {
    return prepared.error();
  }
  Result<transport::CurveKeyPair> keys =
      transport::load_or_create_key_file(folder + "/" + name + ".key");
  if (!keys) {
    return keys;
  }
  const std::string public_text = transport::to_z85(keys->public_key) + "\n";
  if (const Result<void> written =
          transport::replace_private_file(folder + "/" + name + ".pub", as_bytes(public_text));
      !written) {
    return written.error();
  }
  return keys;
}

transport::LogSink log_sink(const Log& log) {
  return [&log](transport::LogLevel level, std::string_view host, std::string_view text) {
    const auto at = level == transport::LogLevel::kInfo      ? LogLevel::kInfo
                    : level == transport::LogLevel::kWarning ? LogLevel::kWarn
                                                             : LogLevel::kError;
    if (host.empty()) {
      log.write(at, text);
    } else {
      log.write(at, text, {{"host", std::string(host)}});
    }
  };
}

}  // namespace quotemill::program
