#include "transport/socket/endpoint.h"

#include <charconv>
#include <cstddef>

namespace quotemill::transport {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kIpc = "ipc://";
constexpr unsigned kPortMax = 65535;
constexpr std::size_t kIpcSizeMax = 100;

bool is_port(std::string_view text) {
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, port);
  return problem == std::errc() && stop == end && port >= 1 && port <= kPortMax;
}

}  // namespace

bool is_tcp_endpoint(std::string_view text) {
  if (!text.starts_with(kTcp)) {
    return false;
  }
  text.remove_prefix(kTcp.size());
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port(text.substr(colon + 1))) {
    return false;
  }
  const std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.front() == '[' && host.back() == ']';
  return host.find_first_of(" ;/") == std::string_view::npos &&
         (is_bracketed || host.find(':') == std::string_view::npos);
}

bool is_loopback_endpoint(std::string_view text) {
  if (!is_tcp_endpoint(text)) {
    return false;
  }
  const std::string_view host = text.substr(kTcp.size(), text.rfind(':') - kTcp.size());
  // A name may begin with 127., too.
  const bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (is_address && host.starts_with("127."));
}

bool is_ipc_endpoint(std::string_view text) {
  return text.starts_with(kIpc) && text.size() > kIpc.size() + 1 && text[kIpc.size()] == '/' &&
         text.size() <= kIpcSizeMax;
}

}  // namespace quotemill::transport
