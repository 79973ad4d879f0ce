#include "engine/pipeline/log_classes.h"

#include <algorithm>
#include <thread>
#include <unordered_map>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::size_t kStep = 16'384;        // ids that are asked for at once
constexpr std::size_t kBeginnings = 65'536;  // of ids, by their first two bytes

template <class Id>
Id id_of(const Digest& digest) {
  Id id{};
  std::copy_n(digest.view().begin(), id.size(), id.begin());
  return id;
}

}  // namespace

Result<LogClasses> LogClasses::of(std::vector<Digest> logs, const History& history,
                                  unsigned threads) {
  LogClasses out;
  std::erase_if(logs, [](const Digest& log) { return log.algorithm() != HashAlgorithm::kSha256; });
  out.ids_.reserve(logs.size());
  for (const Digest& log : logs) {
    out.ids_.push_back(id_of<Id>(log));
  }
  logs = {};  // they are large
  out.index();
  Result<std::vector<std::optional<Id>>> told = out.tell_all(history, threads);
  if (!told) {
    return told.error();
  }

  struct Hash {
    std::size_t operator()(const Id& id) const noexcept {
      return static_cast<std::size_t>(id[0]) | static_cast<std::size_t>(id[1]) << 8U |
             static_cast<std::size_t>(id[2]) << 16U | static_cast<std::size_t>(id[3]) << 24U;
    }
  };

  std::unordered_map<Id, std::uint32_t, Hash> by_telling;
  out.classes_.assign(out.ids_.size(), kNone);
  for (std::size_t place = 0; place < told->size(); ++place) {
    if (const std::optional<Id>& telling = (*told)[place]) {
      const auto number = static_cast<std::uint32_t>(by_telling.size());
      out.classes_[place] = by_telling.try_emplace(*telling, number).first->second;
    }
  }
  out.count_ = static_cast<std::uint32_t>(by_telling.size());
  return out;
}

void LogClasses::index() {
  std::sort(ids_.begin(), ids_.end());
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  begins_.reserve(kBeginnings + 1);
  for (std::uint32_t place = 0; begins_.size() < kBeginnings; ++place) {
    const std::size_t beginning =
        place < ids_.size() ? static_cast<std::size_t>(ids_[place][0]) << 8U | ids_[place][1]
                            : kBeginnings;
    while (begins_.size() <= beginning && begins_.size() < kBeginnings) {
      begins_.push_back(place);
    }
  }
  begins_.push_back(static_cast<std::uint32_t>(ids_.size()));
}

// By their place, how the logs of a range of places are told; as short as an id, which is compared
// in the place of what may be as long as a log.
Result<void> LogClasses::tell(std::size_t begin, std::size_t end, const History& history,
                              std::vector<std::optional<Id>>& told) const {
  for (; begin < end; begin += kStep) {
    const std::size_t size = std::min(kStep, end - begin);
    std::vector<Digest> asked;
    asked.reserve(size);
    for (const Id& id : std::span(ids_).subspan(begin, size)) {
      asked.push_back(*Digest::from(HashAlgorithm::kSha256, id));
    }
    const Result<void> done =
        history.boot_log_tellings(asked, [&](std::size_t place, ByteView telling) {
          told[begin + place] = id_of<Id>(hash(HashAlgorithm::kSha256, telling));
        });
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<std::vector<std::optional<LogClasses::Id>>> LogClasses::tell_all(const History& history,
                                                                        unsigned threads) const {
  std::vector<std::optional<Id>> told(ids_.size());
  std::vector<Result<void>> done(threads);
  const auto tell_part = [&](std::size_t part) {
    done[part] =
        tell(ids_.size() * part / threads, ids_.size() * (part + 1) / threads, history, told);
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t part = 1; part < threads; ++part) {
      others.emplace_back(tell_part, part);
    }
    tell_part(0);
  }
  for (const Result<void>& of_part : done) {
    if (!of_part) {
      return of_part.error();
    }
  }
  return told;
}

std::optional<std::uint32_t> LogClasses::find(const Digest& log) const {
  if (log.algorithm() != HashAlgorithm::kSha256 || ids_.empty()) {
    return std::nullopt;
  }
  const Id id = id_of<Id>(log);
  const std::size_t beginning = static_cast<std::size_t>(id[0]) << 8U | id[1];
  const auto first = ids_.begin() + begins_[beginning];
  const auto last = ids_.begin() + begins_[beginning + 1];
  const auto found = std::lower_bound(first, last, id);
  if (found == last || *found != id) {
    return std::nullopt;
  }
  const std::uint32_t number = classes_[static_cast<std::size_t>(found - ids_.begin())];
  return number == kNone ? std::nullopt : std::optional(number);
}

}  // namespace quotemill
