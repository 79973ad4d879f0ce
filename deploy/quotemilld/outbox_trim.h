// What is kept of the outbox, and what is not.
#pragma once

#include <cstdint>
#include <optional>

#include "deploy/common/log.h"
#include "deploy/quotemilld/config.h"
#include "deploy/quotemilld/sink_fan.h"
#include "engine/ports/history.h"
#include "engine/ports/outbox.h"

namespace quotemill::daemon {

struct OutboxCut {
  std::uint64_t keep_from = 0;         // the first change that stays
  std::uint64_t undelivered_from = 0;  // of those that go: the first that a sink lacks; 0: none
};

// What is to go, if anything is: what all sinks have and nobody is promised; beyond the bound, what
// the slowest sink lacks, too. `slowest` is the lowest cursor; nullopt without sinks.
std::optional<OutboxCut> cut_of(const Config::Outbox& settings, const StoreStatus& store,
                                std::optional<std::uint64_t> slowest);

// Does it, and says in the log what a sink will never get. The sink says so itself, as well.
Result<void> trim_outbox(const Config::Outbox& settings, const History& history, Outbox& outbox,
                         const SinkFan& sinks, const program::Log& log);

}  // namespace quotemill::daemon
