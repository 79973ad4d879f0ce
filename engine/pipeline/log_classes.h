// LogClasses: which stored boot logs are told alike, and are therefore equal, before any is read.
// Of a fleet of one image nearly all are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/pipeline/host_table.h"
#include "engine/ports/history.h"

namespace quotemill {

// Immutable once made: any thread. Some 36 bytes a log.
class LogClasses {
 public:
  // Knows no log: each is looked at for itself.
  LogClasses() = default;

  // Of logs by their ids, in any order, each any number of times.
  static Result<LogClasses> of(std::vector<Digest> logs, const History& history);

  // Equal classes are equal logs; nullopt if the log is not known.
  [[nodiscard]] std::optional<std::uint32_t> find(const Digest& log) const;

  // Classes are 0 to count() - 1.
  [[nodiscard]] std::uint32_t count() const { return count_; }

 private:
  using Id = std::array<std::uint8_t, 32>;

  static constexpr std::uint32_t kNone = UINT32_MAX;

  std::vector<Id> ids_;  // ascending
  std::vector<std::uint32_t> classes_;
  std::uint32_t count_ = 0;
};

}  // namespace quotemill
