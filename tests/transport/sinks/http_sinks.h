// Sinks of each kind to a receiver of a test.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/transport/sinks/http_receiver.h"
#include "transport/sinks/http_sink.h"

namespace quotemill::transport {

inline testing::HttpTestReceiver::Behaviour always(testing::HttpReply reply) {
  return [reply](const testing::HttpRequestSeen&) { return reply; };
}

// Replies in their order; the last one for ever.
inline testing::HttpTestReceiver::Behaviour in_turn(std::vector<testing::HttpReply> replies) {
  return [replies, at = std::size_t{0}](const testing::HttpRequestSeen&) mutable {
    return replies.at(std::min(at++, replies.size() - 1));
  };
}

inline HttpReceiver to(const testing::HttpTestReceiver& receiver) {
  HttpReceiver out;
  out.url = receiver.url("/in");
  out.timeout = std::chrono::milliseconds(500);
  return out;
}

inline HttpSink webhook(const testing::HttpTestReceiver& receiver, WebhookOptions options = {}) {
  return {to(receiver), make_webhook_dialect(std::move(options))};
}

inline HttpSink elastic(const testing::HttpTestReceiver& receiver) {
  return {to(receiver), make_elastic_dialect({"logs-test", "ApiKey a2V5"})};
}

inline std::string reason(const Result<std::vector<Refusal>>& done) {
  return done ? "delivered" : done.error().to_string();
}

}  // namespace quotemill::transport
