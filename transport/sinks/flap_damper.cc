#include "transport/sinks/flap_damper.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "transport/sinks/limits.h"

namespace quotemill::transport {

std::vector<FlapDamper::Word> FlapDamper::words_of(const Change& change) {
  std::vector<Word> words;
  for (const Finding& reason : change.reasons) {
    words.push_back({change.current, change.in_maintenance, reason.code});
  }
  if (words.empty()) {
    words.push_back({change.current, change.in_maintenance, std::nullopt});
  }
  return words;
}

bool FlapDamper::take(const Change& change, BootTime now) {
  if (window_ms_ == 0) {
    return true;
  }
  if (!is_open_) {
    is_open_ = true;
    index_ = change.time.ms / window_ms_;
    first_ = change.sequence;
    counted_ = now;
  }
  if (hosts_.size() >= limits::kSinkFlapHostsMax && hosts_.count(change.host) == 0) {
    return true;
  }
  Host& host = hosts_[change.host];
  std::vector<Word> words = words_of(change);
  bool is_new = false;
  for (const Word& word : words) {
    if (std::find(host.told.begin(), host.told.end(), word) == host.told.end()) {
      is_new = true;
      if (host.told.size() < limits::kSinkFlapWordsMax) {
        host.told.push_back(word);
      }
    }
  }
  if (is_new) {
    host.last_told = std::move(words);
    host.last_held.reset();
  } else {
    host.last_held = std::make_shared<const Change>(change);
    host.first_held = host.held == 0 ? change.sequence : host.first_held;
    ++host.held;
  }
  return is_new;
}

bool FlapDamper::is_over(Moment now, bool is_all) const {
  const std::int64_t settle = limits::kSinkGroupSettleMs;
  const bool is_over_by_wall = is_all && now.wall.ms >= (index_ + 1) * window_ms_ + settle;
  return is_open_ && (is_over_by_wall || now.boot.ms - counted_.ms >= window_ms_ + settle);
}

void FlapDamper::end() {
  const WallTime end{(index_ + 1) * window_ms_};
  for (const auto& [uid, host] : hosts_) {
    if (host.last_held != nullptr) {
      ended_.push_back({*host.last_held, words_of(*host.last_held) == host.last_told, host.held,
                        host.first_held, end});
    }
  }
  std::sort(ended_.begin(), ended_.end(), [](const HeldChanges& a, const HeldChanges& b) {
    return a.last.sequence < b.last.sequence;
  });
  hosts_.clear();
  is_open_ = false;
}

void FlapDamper::forget(std::size_t told) {
  ended_.erase(ended_.begin(), ended_.begin() + static_cast<std::ptrdiff_t>(told));
}

Notice notice_of(std::string_view stream_id, const HeldChanges& held) {
  const std::string count = std::to_string(held.count);
  const std::string state(name_of(held.last.current));
  Notice notice;
  notice.kind = NoticeKind::kFlapping;
  notice.id = std::string(stream_id) + ":flapping:" + std::to_string(held.first) + "-" +
              std::to_string(held.last.sequence);
  notice.time = held.told;
  notice.level =
      held.last.current == TrustState::kFailed ? NoticeLevel::kError : NoticeLevel::kWarning;
  notice.code = "host.flapping";
  notice.host = held.last.host.hex();
  notice.sentence = "Host " + printable(held.last.host_name) + " changed to and fro: " + count +
                    " more changes, the last one to " + state;
  notice.fields = {{"name", printable(held.last.host_name)},
                   {"changes", count},
                   {"state", state},
                   {"first_change", std::to_string(held.first)},
                   {"last_change", std::to_string(held.last.sequence)}};
  return notice;
}

}  // namespace quotemill::transport
