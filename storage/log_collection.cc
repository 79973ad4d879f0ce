#include "storage/log_collection.h"

#include <utility>

#include "storage/boot_log_rows.h"
#include "storage/database.h"
#include "storage/records.h"
#include "storage/rocks_status.h"

namespace quotemill::storage {

void LogCollection::begin() {
  const std::lock_guard lock(mutex_);
  is_looking_ = true;
  used_.clear();
  unused_.clear();
}

void LogCollection::found(std::vector<Digest> unused) {
  const std::lock_guard lock(mutex_);
  unused_ = std::move(unused);
  is_looking_ = !unused_.empty();
}

void LogCollection::used(const Digest& id) {
  const std::lock_guard lock(mutex_);
  if (is_looking_) {
    used_.insert(id);
  }
}

std::vector<Digest> LogCollection::take(std::size_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<Digest> taken;
  while (!unused_.empty() && taken.size() < count) {
    if (used_.count(unused_.back()) == 0) {
      taken.push_back(unused_.back());
    }
    unused_.pop_back();
    is_looking_ = !unused_.empty();
  }
  return taken;
}

namespace {

class Marking {
 public:
  Marking(const Database& database, const std::function<void(const HistoryEntry&)>& on_appraisal)
      : database_(database),
        on_appraisal_(on_appraisal),
        // Made first: what is written afterwards is not even looked at.
        logs_(database.scan(Family::kBlobs, {}, {})) {}

  Result<std::vector<Digest>> run() {
    for (const auto step : {&Marking::mark_states, &Marking::mark_history, &Marking::mark_baselines,
                            &Marking::mark_bases}) {
      if (Result<void> done = (this->*step)(); !done) {
        return done.error();
      }
    }
    return unmarked();
  }

 private:
  template <class Visit>
  Result<void> each(Family family, Visit visit) {
    Database::Cursor rows = database_.scan(family, {}, {});
    for (rows.to_first(); rows.valid(); rows.next()) {
      if (Result<void> done = visit(rows.key(), rows.value()); !done) {
        return done;
      }
    }
    return rows.status().ok() ? Result<void>() : error_of("collection", rows.status());
  }

  Result<void> mark_states() {
    return each(Family::kStates, [this](std::string_view key, std::string_view value) {
      const Result<HostState> state = decode_state(host_of(key).value_or(HostUid()), value);
      if (!state) {
        return Result<void>(state.error());
      }
      if (state->proof) {
        needed_.insert(state->proof->log);
      }
      return Result<void>();
    });
  }

  Result<void> mark_history() {
    return each(Family::kHistory, [this](std::string_view key, std::string_view value) {
      const Result<HistoryEntry> entry =
          decode_appraisal(host_of(key).value_or(HostUid()), sequence_of(key).value_or(0), value);
      if (!entry) {
        return Result<void>(entry.error());
      }
      on_appraisal_(*entry);
      needed_.insert(entry->boot_log);
      return Result<void>();
    });
  }

  Result<void> mark_baselines() {
    return each(Family::kBaselines, [this](std::string_view, std::string_view value) {
      const Result<Baseline> baseline = decode_baseline(value);
      if (!baseline) {
        return Result<void>(baseline.error());
      }
      if (baseline->file) {
        needed_.insert(baseline->file->id);
      }
      return Result<void>();
    });
  }

  Result<void> mark_bases() {
    std::set<Digest> bases;
    for (const Digest& id : needed_) {
      const Result<std::optional<Digest>> base = base_of_boot_log_row(database_, id);
      if (!base && base.error().code != ErrorCode::kNotFound) {
        return base.error();
      }
      if (base && base->has_value()) {
        bases.insert(**base);
      }
    }
    needed_.merge(bases);
    return {};
  }

  Result<std::vector<Digest>> unmarked() {
    std::vector<Digest> unused;
    for (logs_.to_first(); logs_.valid(); logs_.next()) {
      const std::optional<Digest> id = digest_of(logs_.key());
      if (id && needed_.count(*id) == 0) {
        unused.push_back(*id);
      }
    }
    return logs_.status().ok() ? Result<std::vector<Digest>>(std::move(unused))
                               : error_of("collection", logs_.status());
  }

  const Database& database_;
  const std::function<void(const HistoryEntry&)>& on_appraisal_;
  Database::Cursor logs_;
  std::set<Digest> needed_;
};

}  // namespace

Result<std::vector<Digest>> find_unused_logs(
    const Database& database, const std::function<void(const HistoryEntry&)>& on_appraisal) {
  return Marking(database, on_appraisal).run();
}

}  // namespace quotemill::storage
