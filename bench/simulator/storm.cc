#include "bench/simulator/storm.h"

#include <utility>

namespace quotemill::bench {
namespace {

constexpr std::size_t kConnections = 20;  // of one host; four times what a server takes at once
constexpr std::uint64_t kOpenUs = 100'000;

}  // namespace

std::size_t Storm::raise(const transport::CurveClient& host, std::uint64_t now_us) {
  transport::SocketOptions options;
  options.curve = host;
  std::size_t opened = 0;
  for (; opened < kConnections && open_.size() < kOpenMax; ++opened) {
    Result<transport::Socket> socket = transport::Socket::create(context_, options);
    if (!socket || !socket->connect(endpoint_)) {
      break;
    }
    open_.push_back({*std::move(socket), now_us + kOpenUs});
  }
  return opened;
}

void Storm::close_due(std::uint64_t now_us) {
  while (!open_.empty() && open_.front().close_us <= now_us) {
    open_.pop_front();
  }
}

}  // namespace quotemill::bench
