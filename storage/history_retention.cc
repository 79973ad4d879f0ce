#include "storage/history_retention.h"

#include "engine/base/limits.h"
#include "engine/verdict/verdict.h"
#include "records.pb.h"
#include "storage/records.h"

namespace quotemill::storage {
namespace {

// The end of a run decides for all of it.
bool read_last(std::string_view row, pb::Appraisal& out) {
  if (row.empty()) {
    return false;
  }
  const auto version = static_cast<std::uint8_t>(row.front());
  const int size = static_cast<int>(row.size()) - 1;
  const char* const body = row.substr(1).data();
  if (version == kRecordVersion) {
    return out.ParseFromArray(body, size);
  }
  pb::Run run;
  if (version != kRunRecordVersion || !run.ParseFromArray(body, size)) {
    return false;
  }
  out = std::move(*run.mutable_last());
  return true;
}

std::int64_t age_kept(std::uint32_t state, const HistoryAges& ages) {
  switch (static_cast<TrustState>(state)) {
    case TrustState::kTrusted:
      return ages.trusted_ms;
    case TrustState::kWarning:
      return ages.warning_ms;
    case TrustState::kFailed:
      return ages.failed_ms;
    case TrustState::kStale:
    case TrustState::kUnknown:
      break;
  }
  return 0;  // no appraisal comes to those
}

class AgeFilter final : public rocksdb::CompactionFilter {
 public:
  AgeFilter(const HistoryAges& ages, WallTime now) : ages_(ages), now_(now) {}

  [[nodiscard]] const char* Name() const override { return "quotemill.history_filter"; }

  bool Filter(int /*level*/, const rocksdb::Slice& /*key*/, const rocksdb::Slice& row,
              std::string* /*new_value*/, bool* /*value_changed*/) const override {
    return is_over(row.ToStringView(), ages_, now_);
  }

 private:
  const HistoryAges ages_;
  const WallTime now_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> HistoryRetention::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& /*context*/) {
  const WallTime moment = now();
  return moment.ms == 0 ? nullptr : std::make_unique<AgeFilter>(ages_, moment);
}

bool is_over(std::string_view row, const HistoryAges& ages, WallTime now) {
  pb::Appraisal last;
  if (!read_last(row, last)) {
    return false;  // a check of the store shall find it
  }
  const std::int64_t kept_ms = age_kept(last.verdict().state(), ages);
  return kept_ms > 0 && last.time_ms() < now.ms - kept_ms;
}

}  // namespace quotemill::storage
