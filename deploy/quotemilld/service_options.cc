#include "deploy/quotemilld/service_options.h"

#include "deploy/common/text_file.h"
#include "engine/base/limits.h"

namespace quotemill::daemon {

std::string configured_policy_text(const Config& config) {
  if (config.policy_file.empty()) {
    return {};
  }
  const Result<std::string> text =
      program::read_text_file(config.policy_file, limits::kPolicySizeMax);
  return text ? *text : std::string();
}

storage::StoreOptions store_options(const Config& config) {
  const Config::History& history = config.history;
  storage::StoreOptions options;
  options.path = config.state.store;
  options.appraisals_per_host = static_cast<std::uint64_t>(history.appraisals_per_host);
  options.history_ages = {history.trusted_ms, history.warning_ms, history.failed_ms};
  options.history_counts = {static_cast<std::uint64_t>(history.trusted_count),
                            static_cast<std::uint64_t>(history.warning_count),
                            static_cast<std::uint64_t>(history.failed_count)};
  return options;
}

}  // namespace quotemill::daemon
