// HostRowReader: the rows of a host in the store -> HostRow, without a value being built for what
// rows before had as well.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/ports/host_rows.h"

namespace quotemill::storage {

// Values by the bytes that they are stored as.
template <class Value>
class ReadValues {
 public:
  // Null if they are none: `decode` returns a shared_ptr, null for bytes that it cannot read.
  template <class Decode>
  std::shared_ptr<const Value> of(std::string_view bytes, Decode&& decode) {
    if (const auto found = values_.find(bytes); found != values_.end()) {
      return found->second;
    }
    std::shared_ptr<const Value> value = decode(bytes);
    if (value) {
      if (values_.size() == kValuesMax) {
        values_.clear();
      }
      values_.emplace(bytes, value);
    }
    return value;
  }

 private:
  static constexpr std::size_t kValuesMax = 2'048;  // bound: some kB each; more are read again

  struct Hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view bytes) const {
      return std::hash<std::string_view>{}(bytes);
    }
  };

  std::unordered_map<std::string, std::shared_ptr<const Value>, Hash, std::equal_to<>> values_;
};

// One thread's.
class HostRowReader {
 public:
  // Null if the rows are not of the plainest form, or damaged: decode_host() and decode_state()
  // tell. Valid until the next call, and as long as `host` and `state`.
  const HostRow* read(const HostUid& uid, std::string_view host, std::string_view state);

 private:
  bool read_host(std::string_view message);
  bool read_state(std::string_view message);
  bool read_verdict(std::string_view message);
  bool read_proof(std::string_view message);

  HostRow row_;
  std::string proof_bytes_;  // kept for its room
  ReadValues<HostRecord> commons_;
  ReadValues<Verdict> verdicts_;
  ReadValues<BootProof> proofs_;
  ReadValues<FactsRecord> facts_;
};

}  // namespace quotemill::storage
