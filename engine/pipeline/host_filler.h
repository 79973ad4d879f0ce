// HostFiller: puts stored hosts into a HostTable at start-up, a million of them within seconds.
//
// A row goes from the store's bytes into its packed form (packed_state.h) without a record or a
// state being built; the table's lock is taken once for many.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/packed_record.h"
#include "engine/pipeline/packed_state.h"
#include "engine/ports/host_rows.h"

namespace quotemill {

struct PackedHost;

// One thread's; several may fill one table.
class HostFiller {
 public:
  // Borrows the table.
  explicit HostFiller(HostTable& table) : table_(table) {}

  // False, and nothing is done, if it does not pack: the whole host is to be put then.
  bool put(const HostRow& row);
  void put(HostRecord record, std::optional<HostState> state);
  // What was put so far is in the table from then on.
  void finish();

 private:
  // What the table's pools have for a value that rows share.
  template <class From, class To>
  class Known {
   public:
    template <class Share>
    std::shared_ptr<const To> of(const std::shared_ptr<const From>& value, Share&& share) {
      if (const auto found = known_.find(value.get()); found != known_.end()) {
        return found->second.second;
      }
      if (known_.size() == kKnownMax) {
        known_.clear();
      }
      // With the value itself, so that no other one is where it was.
      return known_.emplace(value.get(), std::pair(value, share(*value))).first->second.second;
    }

   private:
    std::unordered_map<const From*,
                       std::pair<std::shared_ptr<const From>, std::shared_ptr<const To>>>
        known_;
  };

  static constexpr std::size_t kAtOnce = 256;      // bound: hosts put under one lock
  static constexpr std::size_t kKnownMax = 4'096;  // bound: others are looked for in the pools

  std::shared_ptr<const std::string> receipt_end(std::string_view text);

  HostTable& table_;
  // One of them is empty: hosts come to the table in the order in which they are put.
  std::vector<std::shared_ptr<const PackedHost>> packed_;
  std::vector<StoredHost> whole_;
  Known<HostRecord, PackedRecord::SharedCommon::element_type> commons_;
  Known<Verdict, Verdict> verdicts_;
  Known<BootProof, BootProof> proofs_;
  Known<FactsRecord, FactsRecord> facts_;
  std::unordered_map<std::string_view, std::shared_ptr<const std::string>> receipt_ends_;
};

}  // namespace quotemill
