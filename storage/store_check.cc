#include "storage/store_check.h"

#include <functional>
#include <optional>
#include <unordered_set>
#include <utility>

#include "engine/base/limits.h"
#include "storage/boot_log_rows.h"
#include "storage/certificate_rows.h"
#include "storage/database.h"
#include "storage/journal_record.h"
#include "storage/records.h"

namespace quotemill::storage {
namespace {

class StoreCheck {
 public:
  explicit StoreCheck(const Database& database) : database_(database), at_(database.moment()) {}

  StoreReport run() && {
    if (const rocksdb::Status status = database_.verify_checksums(); !status.ok()) {
      problem("files", status.ToString());
    }
    check_hosts();
    check_states();
    check_history();
    check_revisions();
    check_identities();
    check_certificates();
    check_boot_logs();
    check_baselines();
    check_numbered(Family::kPolicies, report_.policies, 1,
                   [](auto number, auto value) { return reason(decode_policy(number, value)); });
    check_numbered(Family::kChanges, report_.changes, std::nullopt,
                   [](auto number, auto value) { return reason(decode_change(number, value)); });
    check_rollouts();
    check_audit();
    check_journal();
    check_images();
    return std::move(report_);
  }

 private:
  // A row, and that of its cohort behind it.
  void check_rollouts() {
    std::uint64_t rows = 0;
    std::optional<std::uint64_t> without_cohort;
    each(Family::kRollouts, rows, [&](std::string_view key, std::string_view value) {
      const std::optional<std::uint64_t> number = sequence_of(key);
      if (number) {
        const bool lacks_one = std::exchange(without_cohort, number).has_value();
        const std::string wrong = reason(decode_rollout(*number, nullptr, value));
        return lacks_one ? std::string("the rollout before has no cohort") : wrong;
      }
      const auto of = std::exchange(without_cohort, std::nullopt);
      return of && key == cohort_key(*of) ? reason(decode_cohort(value))
                                          : std::string("is no rollout's");
    });
    if (without_cohort) {
      problem("rollouts", "the last one has no cohort");
    }
  }

  // What is wrong with a row; empty if it is as it should be.
  using Check = std::function<std::string(std::string_view key, std::string_view value)>;

  template <class T>
  static std::string reason(const Result<T>& read) {
    return read ? std::string() : read.error().to_string();
  }

  void problem(const std::string& where, const std::string& what) {
    if (++report_.problems_found <= limits::kStoreProblemsMax) {
      report_.problems.push_back(where + ": " + what);
    }
  }

  void each(Family family, std::uint64_t& rows, const Check& check) {
    const std::string name(name_of(family));
    Database::Cursor cursor = database_.scan(family, {}, {}, Reading::kOnce, &at_);
    for (cursor.to_first(); cursor.valid(); cursor.next()) {
      ++rows;
      if (const std::string wrong = check(cursor.key(), cursor.value()); !wrong.empty()) {
        problem(name + " " + to_hex(as_bytes(cursor.key())), wrong);
      }
    }
    if (!cursor.status().ok()) {
      problem(name, cursor.status().ToString());
    }
  }

  // Numbers in the keys follow each other, from `first` on if it is given.
  void check_numbered(
      Family family, std::uint64_t& rows, std::optional<std::uint64_t> first,
      const std::function<std::string(std::uint64_t number, std::string_view value)>& check) {
    each(family, rows, [&](std::string_view key, std::string_view value) {
      const std::optional<std::uint64_t> number = sequence_of(key);
      if (!number) {
        return std::string("a key of another shape");
      }
      const std::uint64_t expected = first.value_or(*number);
      first = *number + 1;
      return *number == expected ? check(*number, value)
                                 : "follows " + std::to_string(expected - 1);
    });
  }

  void check_hosts() {
    each(Family::kHosts, report_.hosts, [this](std::string_view key, std::string_view value) {
      const std::optional<HostUid> uid = host_of(key);
      if (!uid) {
        return std::string("a key of another shape");
      }
      hosts_.insert(*uid);
      return host_problem(*uid, decode_host(*uid, value));
    });
  }

  void check_states() {
    std::uint64_t rows = 0;
    each(Family::kStates, rows, [this](std::string_view key, std::string_view value) {
      const std::optional<HostUid> uid = host_of(key);
      if (!uid || hosts_.count(*uid) == 0) {
        return std::string("the state of a host that is not there");
      }
      const Result<HostState> state = decode_state(*uid, value);
      if (!state) {
        return reason(state);
      }
      return state->proof ? log_problem(state->proof->log) : std::string();
    });
  }

  void check_history() {
    std::optional<HostUid> host;
    std::uint64_t last = 0;
    each(Family::kHistory, report_.appraisals, [&](std::string_view key, std::string_view value) {
      const std::optional<HostUid> uid = host_of(key);
      const std::optional<std::uint64_t> first = sequence_of(key);
      if (!uid || !first) {
        return std::string("a key of another shape");
      }
      const Result<HistoryEntry> entry = decode_appraisal(*uid, *first, value);
      if (!entry) {
        return reason(entry);
      }
      const bool overlaps = host == uid && *first <= last;
      host = uid;
      last = entry->sequence;
      if (overlaps) {
        return std::string("overlaps the appraisals before it");
      }
      return entry->boot_log.is_filled_with(0) ? std::string() : log_problem(entry->boot_log);
    });
  }

  void check_revisions() {
    std::uint64_t rows = 0;
    each(Family::kRevisions, rows, [](std::string_view key, std::string_view value) {
      const std::optional<HostUid> uid = host_of(key);
      const std::optional<RevisionPlace> place = revision_of(key);
      return uid && place ? reason(decode_revision(*uid, place->sequence, place->time, value))
                          : std::string("a key of another shape");
    });
  }

  void check_identities() {
    std::uint64_t rows = 0;
    each(Family::kIdentities, rows, [this](std::string_view key, std::string_view value) {
      const std::optional<HostUid> uid = host_of(key);
      const std::optional<std::uint64_t> generation = sequence_of(key);
      const Result<HostRecord> record =
          uid && generation ? decode_host(*uid, value)
                            : Result<HostRecord>(Error{ErrorCode::kStorage, "identity", 0,
                                                       "damaged: a key of another shape"});
      return record && record->generation != *generation
                 ? std::string("is of another generation than its key says")
                 : host_problem(uid.value_or(HostUid{}), record);
    });
  }

  // What is wrong with the record, or with the certificate that it names.
  std::string host_problem(const HostUid& uid, const Result<HostRecord>& record) {
    if (!record || !record->ek_certificate) {
      return reason(record);
    }
    return reason(read_certificate_row(database_, uid, record->ek_certificate->sha256, &at_));
  }

  void check_certificates() {
    std::uint64_t rows = 0;
    each(Family::kCertificates, rows, [this](std::string_view key, std::string_view) {
      const std::optional<HostUid> uid = host_of(key);
      const std::optional<Digest> sha256 = certificate_of(key);
      return uid && sha256 ? reason(read_certificate_row(database_, *uid, *sha256, &at_))
                           : std::string("a key of another shape");
    });
  }

  // Each log is read once, however many rows rest on it.
  std::string log_problem(const Digest& id) {
    if (!logs_read_.insert(id.hex()).second) {
      return {};
    }
    return reason(read_boot_log_row(database_, id, &at_));
  }

  void check_boot_logs() {
    each(Family::kBlobs, report_.boot_logs, [this](std::string_view key, std::string_view) {
      const std::optional<Digest> id = digest_of(key);
      return id ? log_problem(*id) : std::string("a key of another shape");
    });
  }

  void check_baselines() {
    each(Family::kBaselines, report_.baselines,
         [](std::string_view, std::string_view value) { return reason(decode_baseline(value)); });
  }

  void check_audit() {
    AuditHead head;
    check_numbered(Family::kAudit, report_.acts, 1,
                   [&](std::uint64_t number, std::string_view value) {
                     const Result<AuditRecord> act = decode_audit(number, value);
                     if (!act) {
                       return reason(act);
                     }
                     const bool is_next = follows(head, *act);
                     head = {act->number, act->id};
                     return std::string(is_next ? "" : "the chain is broken: it was changed");
                   });
  }

  void check_journal() {
    std::uint64_t rows = 0;
    each(Family::kJournal, rows, [](std::string_view key, std::string_view value) {
      const std::optional<std::uint64_t> number = sequence_of(key);
      return number ? reason(decode_journal_record(*number, value))
                    : std::string("a key of another shape");
    });
  }

  void check_images() {
    std::uint64_t rows = 0;
    each(Family::kImages, rows, [](std::string_view key, std::string_view value) {
      return digest_of(key) ? reason(decode_image_time(value))
                            : std::string("a key of another shape");
    });
  }

  const Database& database_;
  const StoreMoment at_;
  StoreReport report_;
  std::unordered_set<HostUid> hosts_;
  std::unordered_set<std::string> logs_read_;
};

}  // namespace

StoreReport check_store(const Database& database) {
  return StoreCheck(database).run();
}

}  // namespace quotemill::storage
