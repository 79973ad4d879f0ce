#include "transport/control/control_error.h"

#include <utility>

#include "engine/base/text.h"

namespace quotemill::transport {

ControlError control_error(const Error& error, std::string hint) {
  return {error.code, error.to_string(), std::move(hint)};
}

ControlError control_error_of_detail(const Error& error) {
  std::string text = error.detail.empty() ? error.to_string() : error.detail;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
    text.replace(at, 1, "; ");
  }
  return {error.code, printable(text), {}};
}

}  // namespace quotemill::transport
