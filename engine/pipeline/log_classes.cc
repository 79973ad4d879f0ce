#include "engine/pipeline/log_classes.h"

#include <algorithm>
#include <unordered_map>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::size_t kStep = 16'384;  // ids that are asked for at once

template <class Id>
Id id_of(const Digest& digest) {
  Id id{};
  std::copy_n(digest.view().begin(), id.size(), id.begin());
  return id;
}

}  // namespace

Result<LogClasses> LogClasses::of(std::vector<Digest> logs, const History& history) {
  LogClasses out;
  std::erase_if(logs, [](const Digest& log) { return log.algorithm() != HashAlgorithm::kSha256; });
  out.ids_.reserve(logs.size());
  for (const Digest& log : logs) {
    out.ids_.push_back(id_of<Id>(log));
  }
  logs = {};  // they are large
  std::sort(out.ids_.begin(), out.ids_.end());
  out.ids_.erase(std::unique(out.ids_.begin(), out.ids_.end()), out.ids_.end());
  out.classes_.assign(out.ids_.size(), kNone);

  struct Hash {
    std::size_t operator()(const Id& id) const noexcept {
      return static_cast<std::size_t>(id[0]) | static_cast<std::size_t>(id[1]) << 8U |
             static_cast<std::size_t>(id[2]) << 16U | static_cast<std::size_t>(id[3]) << 24U;
    }
  };

  std::unordered_map<Id, std::uint32_t, Hash> by_telling;
  for (std::size_t begin = 0; begin < out.ids_.size(); begin += kStep) {
    const std::size_t size = std::min(kStep, out.ids_.size() - begin);
    std::vector<Digest> asked;
    asked.reserve(size);
    for (const Id& id : std::span(out.ids_).subspan(begin, size)) {
      asked.push_back(*Digest::from(HashAlgorithm::kSha256, id));
    }
    const Result<void> told =
        history.boot_log_tellings(asked, [&](std::size_t place, ByteView telling) {
          const Id key = id_of<Id>(hash(HashAlgorithm::kSha256, telling));
          const auto number = static_cast<std::uint32_t>(by_telling.size());
          out.classes_[begin + place] = by_telling.try_emplace(key, number).first->second;
        });
    if (!told) {
      return told.error();
    }
  }
  out.count_ = static_cast<std::uint32_t>(by_telling.size());
  return out;
}

std::optional<std::uint32_t> LogClasses::find(const Digest& log) const {
  if (log.algorithm() != HashAlgorithm::kSha256) {
    return std::nullopt;
  }
  const Id id = id_of<Id>(log);
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (found == ids_.end() || *found != id) {
    return std::nullopt;
  }
  const std::uint32_t number = classes_[static_cast<std::size_t>(found - ids_.begin())];
  return number == kNone ? std::nullopt : std::optional(number);
}

}  // namespace quotemill
