#include "deploy/quotemilld/operator_import.h"

#include <set>
#include <utility>

#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/limits.h"
#include "engine/crypto/random.h"
#include "transport/control/control_error.h"
#include "transport/control/import_line.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlOutcome;
using transport::Json;

namespace {

std::string called(const HostRecord& record) {
  return "host " + record.name + " (" + record.uid.hex() + ", " +
         std::string(name_of(record.life_cycle)) + ")";
}

std::string remedy_for(const HostRecord& holder) {
  switch (holder.life_cycle) {
    case LifeCycle::kRetired:
    case LifeCycle::kDenied:
      return "bring it back with 'quotemill restore " + holder.uid.hex() + "', or drop this line";
    case LifeCycle::kPending:
      return "its TPM has proven itself: 'quotemill pending approve " + holder.uid.hex() +
             "', and drop this line";
    case LifeCycle::kExpected:
      return "its TPM is waited for: drop this line, or 'quotemill inventory remove " +
             holder.name + "' first";
    case LifeCycle::kActive:
    case LifeCycle::kMaintenance:
      break;
  }
  return "enrolled hosts are never replaced: drop this line, or 'quotemill retire " +
         holder.uid.hex() + "' first";
}

// What no two hosts may share, of the hosts that are there and of the batch itself.
class Importing {
 public:
  Importing(const HostTable& hosts, ImportReport& report) : hosts_(hosts), report_(report) {}

  void add(ImportCandidate& candidate, IdentityUpdate& update) {
    const HostRecord& record = candidate.record;
    if (is_there(candidate)) {
      ++report_.unchanged;
    } else if (is_free(candidate) && is_single(candidate)) {
      update.added.push_back(record);
      if (record.ek_certificate) {
        update.ek_certificates.push_back(
            {record.uid, record.ek_certificate->sha256, std::move(candidate.ek_certificate)});
      }
    }
  }

 private:
  // The very host of this line: nothing of it would be new.
  [[nodiscard]] bool is_there(const ImportCandidate& candidate) const {
    const HostRecord& record = candidate.record;
    const std::optional<Host> named = hosts_.find_by_name(record.name);
    return named && named->record->curve_key == record.curve_key &&
           equal(named->record->ak_public, record.ak_public) &&
           (record.ek_sha256.empty() || named->record->ek_sha256 == record.ek_sha256) &&
           (!candidate.has_uid || named->record->uid == record.uid);
  }

  bool is_free(const ImportCandidate& candidate) {
    const HostRecord& record = candidate.record;
    const std::pair<const char*, std::optional<Host>> holders[] = {
        {"name", hosts_.find_by_name(record.name)},
        {"name", hosts_.find_expected(record.name)},
        {"ak_public", hosts_.find_by_ak(record.ak_public)},
        {"curve_key", hosts_.find_by_key(record.curve_key)},
        {"EK", hosts_.find_by_ek(record.ek_sha256)},
        {"uid", hosts_.find(record.uid)}};
    for (const auto& [what, holder] : holders) {
      if (holder) {
        report_.mistakes.push_back({candidate.index,
                                    std::string(what) + " is " + called(*holder->record) + "'s",
                                    remedy_for(*holder->record)});
        return false;
      }
    }
    return true;
  }

  bool is_single(const ImportCandidate& candidate) {
    const HostRecord& record = candidate.record;
    const std::pair<const char*, std::string> values[] = {{"name", record.name},
                                                          {"ak_public", to_hex(record.ak_public)},
                                                          {"curve_key", to_hex(record.curve_key)},
                                                          {"EK", record.ek_sha256},
                                                          {"uid", record.uid.hex()}};
    bool is_single = true;
    for (const auto& [what, value] : values) {
      if (!value.empty() && !seen_.insert(what + (" " + value)).second) {
        report_.mistakes.push_back({candidate.index,
                                    std::string(what) + " is that of an earlier line",
                                    "each host has its own: keep one of the two lines"});
        is_single = false;
      }
    }
    return is_single;
  }

  const HostTable& hosts_;
  ImportReport& report_;
  std::set<std::string> seen_;
};

// The lines that are hosts; the others are mistakes.
Result<std::vector<ImportCandidate>> read_lines(const Json& lines, const std::string& who,
                                                WallTime now, ImportReport& report) {
  std::vector<ImportCandidate> candidates;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    const Result<Bytes> random = random_bytes(std::tuple_size_v<decltype(HostUid::bytes)>);
    if (!random) {
      return random.error();
    }
    const Result<ImportedIdentity> identity = transport::read_import(lines[index]);
    Result<ImportedRecord> imported =
        identity
            ? imported_record(*identity, {who, HostUid::from(*random).value_or(HostUid{}), now})
            : Result<ImportedRecord>(identity.error());
    if (imported) {
      candidates.push_back({index, std::move(imported->record), std::move(imported->ek_certificate),
                            identity->uid.has_value()});
    } else {
      report.mistakes.push_back({index, imported.error().to_string(), {}});
    }
  }
  return candidates;
}

Json render(const ImportReport& report) {
  Json mistakes = Json::array();
  for (const ImportMistake& mistake : report.mistakes) {
    mistakes.push_back({{"index", mistake.index}, {"what", mistake.what}, {"hint", mistake.hint}});
  }
  return {{"imported", report.imported},
          {"unchanged", report.unchanged},
          {"mistakes", std::move(mistakes)}};
}

}  // namespace

IdentityDecision import_hosts(std::vector<ImportCandidate> candidates, bool is_check,
                              ImportReport& report) {
  return [candidates = std::move(candidates), is_check,
          &report](const RegistryView& view) mutable -> Result<IdentityUpdate> {
    Importing importing(view.hosts, report);
    IdentityUpdate update;
    for (ImportCandidate& candidate : candidates) {
      importing.add(candidate, update);
    }
    if (is_check || !report.mistakes.empty()) {
      return IdentityUpdate{};
    }
    report.imported = update.added.size();
    return update;
  };
}

ControlOutcome OperatorVerbs::hosts_import(OperatorArgs& args, Call call) {
  const Json* lines = args.list("hosts", limits::kImportHostsMax);
  const bool is_check = args.flag("check");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  ImportReport report;
  Result<std::vector<ImportCandidate>> candidates =
      read_lines(*lines, who, parts_.clock.now().wall, report);
  if (!candidates) {
    return control_error(candidates.error());
  }
  IdentityDecision import = import_hosts(*std::move(candidates), is_check, report);
  const auto subject = [&report] { return std::to_string(report.imported) + " hosts"; };
  const Result<std::shared_ptr<const HostRecord>> done =
      parts_.registrar.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
        Result<IdentityUpdate> update = import(view);
        if (update && !update->added.empty()) {
          update->audit = AuditAct{who, "hosts.import", subject()};
        }
        return update;
      });
  if (!is_check) {
    audit(call, "hosts.import", who, subject(), done ? nullptr : &done.error());
  }
  if (!done) {
    return control_error(done.error());
  }
  return render(report);
}

}  // namespace quotemill::daemon
