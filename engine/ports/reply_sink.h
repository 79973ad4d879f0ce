// ReplySink: how the answers to submitted evidence get back to the hosts. Implemented by
// transport's evidence server.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

enum class ReplyKind : std::uint8_t {
  kReceipt,   // judged and durable: `body` is the encoded receipt
  kNeedLog,   // the quote holds; logs are needed to judge it (`need`)
  kError,     // could not be judged (`error`); the host's state is as before
  kUnproven,  // a gateway brought it, and nothing proves it the host's (`error`); likewise
};

// Which logs a quote needs to be judged.
struct LogNeed {
  bool boot_log = false;
  // The runtime list, from this byte on.
  std::optional<std::uint64_t> runtime_from;

  [[nodiscard]] bool any() const { return boot_log || runtime_from.has_value(); }
};

struct Reply {
  HostUid host;
  std::uint32_t generation = 0;
  std::uint64_t sequence = 0;  // of the challenge that was answered
  ReplyKind kind = ReplyKind::kError;
  Bytes body;
  Error error;
  LogNeed need;
};

class ReplySink {
 public:
  ReplySink() = default;
  ReplySink(const ReplySink&) = delete;
  ReplySink& operator=(const ReplySink&) = delete;
  virtual ~ReplySink() = default;

  // Every submission accepted by the Inbox gets exactly one Reply. Called from the commit thread;
  // must not block.
  virtual void deliver(std::vector<Reply> replies) = 0;
};

}  // namespace quotemill
