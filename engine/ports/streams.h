// Where in a store's streams somebody is: which stream a change or an act is of, and where one
// ends. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/ports/outbox.h"

namespace quotemill {

// Where a stream ends: what is from there on is no part of it.
struct StreamEnd {
  std::uint64_t change = 1;  // the first that is not in it
  std::uint64_t act = 1;
  bool is_known = true;  // the store had that stream
};

// `streams` are the store's (Outbox::streams()); `now` is the end of the last one. Whoever was in a
// stream that the store never had has nothing of this store's: its end is where the first begins.
inline StreamEnd end_of(const std::vector<StreamBegin>& streams, const std::string& id,
                        StreamEnd now) {
  const auto found = std::find_if(streams.begin(), streams.end(),
                                  [&id](const StreamBegin& stream) { return stream.id == id; });
  if (found == streams.end()) {
    return {streams.front().change, streams.front().act, false};
  }
  const auto next = found + 1;
  return next == streams.end()
             ? now
             : StreamEnd{std::min(next->change, now.change), std::min(next->act, now.act)};
}

// Of a change, by its sequence (`begin` is &StreamBegin::change), or of an act, by its number.
inline const std::string& stream_of(const std::vector<StreamBegin>& streams,
                                    std::uint64_t StreamBegin::*begin, std::uint64_t number) {
  const auto later =
      std::find_if(streams.begin() + 1, streams.end(),
                   [&](const StreamBegin& stream) { return stream.*begin > number; });
  return (later - 1)->id;
}

}  // namespace quotemill
