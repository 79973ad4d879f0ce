// ReferenceCollector: the values of one reference file, checked against each other as they come.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/baseline/reference_value.h"

namespace quotemill {

// Not for sharing between threads.
class ReferenceCollector {
 public:
  // The same value again counts once. The detail of an Error says what is wrong, and the caller
  // knows where. kMalformed: a digest of zeros, a PCR that is none, a validity that ends before it
  // begins. kMismatch: what was said before of this digest under this name is something else.
  // kTooLarge beyond limits::kReferenceValuesMax, kImaPathSizeMax or kReferenceTextSizeMax.
  Result<void> add(ReferenceValue value);

  [[nodiscard]] std::size_t size() const { return values_.size(); }

  // In the order of in_value_order(); the collector is empty afterwards.
  std::vector<ReferenceValue> take();

 private:
  std::vector<ReferenceValue> values_;
  std::unordered_map<std::string, std::uint32_t> places_;  // in values_, by all but what is told
};

}  // namespace quotemill
