// StoreContract: a store of either kind, and what is asked about its one host.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/storage/both_stores.h"
#include "tests/storage/sample_records.h"

namespace quotemill::testing {

inline std::string spans_of(const std::vector<HistoryEntry>& entries) {
  std::string out;
  for (const HistoryEntry& entry : entries) {
    out += out.empty() ? "" : " ";
    out += entry.run ? std::to_string(entry.first_sequence()) + "-" : "";
    out += std::to_string(entry.sequence);
  }
  return out;
}

template <class Maker>
class StoreContract : public ::testing::Test {
 protected:
  Maker maker_{0};

  auto& store() { return *maker_; }

  void commit(const CommitBatch& batch) {
    const Result<void> done = store().commit(batch);
    ASSERT_TRUE(done) << done.error().to_string();
  }

  // The one state that is stored.
  HostState state() {
    HostState out;
    EXPECT_TRUE(store().for_each_host([&](const HostRecord&, const std::optional<HostState>& one) {
      out = one.value_or(HostState());
    }));
    return out;
  }

  // "5 2-4 1": the history of host 1, runs with their first and last sequence.
  std::string spans(std::uint64_t before = 0, std::size_t limit = 100) {
    return spans_of(*store().history(sample_uid(1), before, limit));
  }
};

}  // namespace quotemill::testing
