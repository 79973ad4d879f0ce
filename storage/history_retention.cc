#include "storage/history_retention.h"

#include <string>
#include <utility>

#include "records.pb.h"
#include "storage/keyspace.h"
#include "storage/records.h"

namespace quotemill::storage {
namespace {

std::optional<RetainedRow> read_revision(std::uint64_t sequence, WallTime time,
                                         std::string_view value) {
  const Result<VerdictRevision> revision = decode_revision({}, sequence, time, value);
  return revision ? std::optional(RetainedRow{sequence, sequence, revision->verdict.state, time})
                  : std::nullopt;
}

class PlanFilter final : public rocksdb::CompactionFilter {
 public:
  explicit PlanFilter(std::shared_ptr<const RetentionPlan> plan) : plan_(std::move(plan)) {}

  [[nodiscard]] const char* Name() const override { return "quotemill.history_filter"; }

  bool Filter(int /*level*/, const rocksdb::Slice& key, const rocksdb::Slice& row,
              std::string* /*new_value*/, bool* /*value_changed*/) const override {
    return is_over(*plan_, key.ToStringView(), row.ToStringView());
  }

 private:
  const std::shared_ptr<const RetentionPlan> plan_;
};

}  // namespace

// The end of a run decides for all of it.
std::optional<RetainedRow> retained_row(std::uint64_t first_sequence, std::string_view value) {
  if (value.empty()) {
    return std::nullopt;
  }
  const auto version = static_cast<std::uint8_t>(value.front());
  const int size = static_cast<int>(value.size()) - 1;
  const char* const body = value.substr(1).data();
  pb::Run run;
  if (version == kRecordVersion) {
    if (!run.mutable_last()->ParseFromArray(body, size)) {
      return std::nullopt;
    }
    run.set_last_sequence(first_sequence);
  } else if (version != kRunRecordVersion || !run.ParseFromArray(body, size)) {
    return std::nullopt;
  }
  const std::uint32_t state = run.last().verdict().state();
  const std::optional<TrustState> known =
      state <= UINT8_MAX ? trust_state(static_cast<std::uint8_t>(state)) : std::nullopt;
  if (!known) {
    return std::nullopt;
  }
  return RetainedRow{first_sequence, run.last_sequence(), *known, {run.last().time_ms()}};
}

std::unique_ptr<rocksdb::CompactionFilter> HistoryRetention::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& /*context*/) {
  const std::lock_guard lock(mutex_);
  return plan_ ? std::make_unique<PlanFilter>(plan_) : nullptr;
}

void HistoryRetention::adopt(RetentionPlan plan) {
  auto next = std::make_shared<const RetentionPlan>(std::move(plan));
  const std::lock_guard lock(mutex_);
  plan_ = std::move(next);
}

bool is_over(const RetentionPlan& plan, std::string_view key, std::string_view value) {
  const std::optional<HostUid> host = host_of(key);
  if (const std::optional<RevisionPlace> place = revision_of(key)) {
    const std::optional<RetainedRow> row = read_revision(place->sequence, place->time, value);
    return host && row && is_over_revision(plan, *host, *row);
  }
  const std::optional<std::uint64_t> first = sequence_of(key);
  const std::optional<RetainedRow> row = first ? retained_row(*first, value) : std::nullopt;
  return host && row && is_over(plan, *host, *row);
}

}  // namespace quotemill::storage
