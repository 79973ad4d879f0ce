// ChangeSink: where durable changes go. Implemented by transport's publisher.
#pragma once

#include <span>
#include <string_view>

#include "engine/verdict/change.h"

namespace quotemill {

class ChangeSink {
 public:
  ChangeSink() = default;
  ChangeSink(const ChangeSink&) = delete;
  ChangeSink& operator=(const ChangeSink&) = delete;
  virtual ~ChangeSink() = default;

  // In sequence order, from the commit thread, after they are durable. Must not block: whoever
  // misses one reads it from the outbox.
  virtual void publish(std::string_view stream_id, std::span<const Change> changes) = 0;
};

}  // namespace quotemill
