#include "engine/baseline/reference_collector.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill {
namespace {

Error refused(ErrorCode code, std::string detail) {
  return {code, "reference value", 0, std::move(detail)};
}

Result<void> check(const ReferenceValue& value) {
  if (value.digest.is_filled_with(0)) {
    return refused(ErrorCode::kMalformed, "a digest of zeros is no reference");
  }
  if (value.pcr && *value.pcr >= limits::kPcrCount) {
    return refused(ErrorCode::kMalformed, "there is no PCR " + std::to_string(*value.pcr));
  }
  if (value.kind == ReferenceKind::kPcr && !value.pcr) {
    return refused(ErrorCode::kMalformed, "the value of a PCR needs the PCR's number");
  }
  if (value.valid_until.ms != 0 && value.valid_until <= value.valid_from) {
    return refused(ErrorCode::kMalformed, "its validity ends before it begins");
  }
  const bool is_long = value.name.size() > limits::kImaPathSizeMax ||
                       value.version.size() > limits::kReferenceTextSizeMax ||
                       value.vendor.size() > limits::kReferenceTextSizeMax ||
                       value.source.size() > limits::kReferenceTextSizeMax;
  return is_long ? Result<void>(refused(ErrorCode::kTooLarge, "a text of it is too long"))
                 : Result<void>();
}

std::string key_of(const ReferenceValue& value) {
  std::string key(as_text(value.digest.view()));
  key.push_back(static_cast<char>(value.digest.algorithm()));
  key.push_back(static_cast<char>(value.kind));
  key.push_back(static_cast<char>(value.pcr.value_or(limits::kPcrCount)));
  return key + value.name;
}

}  // namespace

Result<void> ReferenceCollector::add(ReferenceValue value) {
  if (Result<void> checked = check(value); !checked) {
    return checked;
  }
  const auto [place, is_new] =
      places_.emplace(key_of(value), static_cast<std::uint32_t>(values_.size()));
  if (!is_new) {
    return values_[place->second] == value
               ? Result<void>()
               : refused(ErrorCode::kMismatch,
                         "contradicts what was said before: " + describe(values_[place->second]) +
                             " has this digest, with another version, vendor, source or validity");
  }
  if (values_.size() == limits::kReferenceValuesMax) {
    return refused(
        ErrorCode::kTooLarge,
        "more than " + std::to_string(limits::kReferenceValuesMax) + " values: split the file");
  }
  values_.push_back(std::move(value));
  return {};
}

std::vector<ReferenceValue> ReferenceCollector::take() {
  places_.clear();
  std::sort(values_.begin(), values_.end(), in_value_order);
  return std::exchange(values_, {});
}

}  // namespace quotemill
