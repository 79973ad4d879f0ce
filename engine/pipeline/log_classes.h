// LogClasses: which stored boot logs are told alike, and are therefore equal, before any is read.
// Of a fleet of one image nearly all are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/ports/history.h"

namespace quotemill {

// Immutable once made: any thread. Some 36 bytes a log.
class LogClasses {
 public:
  // Knows no log: each is looked at for itself.
  LogClasses() = default;

  // Of logs by their ids, in any order, each any number of times. Asks the history by that many
  // threads, which are as nice as the caller.
  static Result<LogClasses> of(std::vector<Digest> logs, const History& history,
                               unsigned threads = 1);

  // Equal classes are equal logs; nullopt if the log is not known.
  [[nodiscard]] std::optional<std::uint32_t> find(const Digest& log) const;

  // Classes are 0 to count() - 1.
  [[nodiscard]] std::uint32_t count() const { return count_; }

 private:
  using Id = std::array<std::uint8_t, 32>;

  static constexpr std::uint32_t kNone = UINT32_MAX;

  void index();
  Result<void> tell(std::size_t begin, std::size_t end, const History& history,
                    std::vector<std::optional<Id>>& told) const;
  Result<std::vector<std::optional<Id>>> tell_all(const History& history, unsigned threads) const;

  std::vector<Id> ids_;  // ascending
  // Where ids of each first two bytes begin, and behind the last of them: ids are hashes, so that a
  // few are left to look through.
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> classes_;
  std::uint32_t count_ = 0;
};

}  // namespace quotemill
