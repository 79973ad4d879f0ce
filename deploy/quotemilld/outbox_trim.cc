#include "deploy/quotemilld/outbox_trim.h"

#include <algorithm>
#include <string>

namespace quotemill::daemon {
namespace {

// The sequence from which on the newest `count` changes are.
std::uint64_t newest_from(const StoreStatus& store, std::uint64_t count) {
  return store.last_change < count ? 1 : store.last_change - count + 1;
}

std::optional<std::uint64_t> slowest_of(const SinkFan& sinks) {
  std::optional<std::uint64_t> slowest;
  for (const auto& sink : sinks.runners()) {
    const std::uint64_t kept = sink->counters().kept.load(std::memory_order_relaxed);
    slowest = std::min(slowest.value_or(kept), kept);
  }
  return slowest;
}

}  // namespace

std::optional<OutboxCut> cut_of(const Config::Outbox& settings, const StoreStatus& store,
                                std::optional<std::uint64_t> slowest) {
  OutboxCut cut;
  cut.keep_from = newest_from(store, settings.keep);
  if (slowest) {
    cut.keep_from = std::min(cut.keep_from, *slowest);
  }
  if (settings.keep_max != 0) {
    cut.keep_from = std::max(cut.keep_from, newest_from(store, settings.keep_max));
  }
  if (store.first_change == 0 || cut.keep_from <= store.first_change) {
    return std::nullopt;
  }
  if (slowest && *slowest < cut.keep_from) {
    cut.undelivered_from = std::max(*slowest, store.first_change);
  }
  return cut;
}

Result<void> trim_outbox(const Config::Outbox& settings, const History& history, Outbox& outbox,
                         const SinkFan& sinks, const program::Log& log) {
  const Result<StoreStatus> store = history.status();
  if (!store) {
    return store.error();
  }
  const std::optional<OutboxCut> cut = cut_of(settings, *store, slowest_of(sinks));
  if (!cut) {
    return {};
  }
  if (cut->undelivered_from != 0) {
    log.error("the outbox is full: changes go that a sink does not have",
              {{"first", std::to_string(cut->undelivered_from)},
               {"last", std::to_string(cut->keep_from - 1)}});
  }
  return outbox.drop_changes(cut->keep_from);
}

}  // namespace quotemill::daemon
