// The order in which a commit adds rows: that of their keys, in which RocksDB finds each one's
// place from the one before instead of from the beginning.
//
// Pure: any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"

namespace quotemill::storage {

// Places in `rows`, by what the bytes id_of(row) begin with; what has the same id stays as it is.
// REQUIRES: they are at least eight
template <class Rows, class IdOf>
std::vector<std::size_t> in_key_order(const Rows& rows, IdOf id_of) {
  std::vector<std::pair<std::uint64_t, std::size_t>> sorted;
  sorted.reserve(rows.size());
  for (const auto& row : rows) {
    std::uint64_t begin = 0;
    const ByteView id = id_of(row);
    for (std::size_t i = 0; i < sizeof begin; ++i) {
      begin = begin << 8U | id[i];
    }
    sorted.emplace_back(begin, sorted.size());
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> places;
  places.reserve(sorted.size());
  for (const auto& [begin, place] : sorted) {
    places.push_back(place);
  }
  return places;
}

}  // namespace quotemill::storage
