#include "deploy/quotemilld/operator_identity.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/verdict/latch.h"

namespace quotemill::daemon {

namespace {

Error refuse(ErrorCode code, const HostUid& host, const std::string& why) {
  return {code, "host", 0, host.hex() + " " + why};
}

Result<HostRecord> pending_record(const RegistryView& view, const HostUid& uid) {
  const std::optional<Host> host = view.hosts.find(uid);
  if (!host) {
    return refuse(ErrorCode::kNotFound, uid, "is not known; it may have expired");
  }
  if (host->record->life_cycle != LifeCycle::kPending) {
    return refuse(ErrorCode::kConflict, uid,
                  "is not pending but " + std::string(name_of(host->record->life_cycle)));
  }
  return *host->record;
}

Result<void> check_name_is_free(const RegistryView& view, const HostRecord& record) {
  if (!is_host_name(record.name)) {
    return refuse(ErrorCode::kConfig, record.uid,
                  "cannot be called that: names are 1 to 64 of a-z 0-9 . _ -");
  }
  const std::optional<Host> holder = view.hosts.find_by_name(record.name);
  if (holder && holder->record->uid != record.uid) {
    return refuse(ErrorCode::kConflict, record.uid,
                  "cannot be called " + record.name + ": host " + holder->record->uid.hex() +
                      " is; retire that one, or choose another name with --name");
  }
  const std::optional<Host> expected = view.hosts.find_expected(record.name);
  if (expected && expected->record->ek_sha256 != record.ek_sha256) {
    return refuse(ErrorCode::kConflict, record.uid,
                  "cannot be called " + record.name +
                      ": the inventory gives that name to another TPM; choose another name with "
                      "--name, or 'quotemill inventory remove " +
                      record.name + "'");
  }
  return {};
}

Result<void> check_keys_are_free(const RegistryView& view, const HostRecord& record) {
  const std::optional<Host> same_ek = view.hosts.find_by_ek(record.ek_sha256);
  const std::optional<Host> same_ak = view.hosts.find_by_ak(record.ak_public);
  const std::optional<Host> same_key = view.hosts.find_by_key(record.curve_key);
  for (const auto& other : {same_ek, same_ak, same_key}) {
    if (other && other->record->uid != record.uid) {
      return refuse(ErrorCode::kConflict, record.uid,
                    "has a TPM or a channel key that is host " + other->record->uid.hex() +
                        "'s by now; retire that one first");
    }
  }
  return {};
}

IdentityUpdate activated(HostRecord record, const std::string& who) {
  // Neither retiring nor bringing back proves anything.
  const std::string rule =
      (record.is_imported() ? std::string(HostRecord::kImportedPrefix) : "operator:") + who;
  IdentityUpdate update;
  update.record = as_active(std::move(record), rule);
  update.reset_state = true;
  return update;
}

// The first of what is to be acknowledged that was found after that attestation; null if none was.
const Latch* latched_after(const Latches* latches, std::optional<FindingCode> code,
                           std::uint64_t seen) {
  if (latches == nullptr) {
    return nullptr;
  }
  const auto found =
      std::find_if(latches->all.begin(), latches->all.end(), [&](const Latch& latch) {
        return !latch.is_acknowledged && (!code || latch.finding.code == *code) &&
               latch.sequence > seen;
      });
  return found == latches->all.end() ? nullptr : &*found;
}

}  // namespace

HostRecord as_active(HostRecord record, const std::string& admitted_by) {
  record.life_cycle = LifeCycle::kActive;
  record.admitted_by = admitted_by;
  record.expires = {};
  record.note.clear();
  return record;
}

IdentityDecision approve_host(const HostUid& host, const std::string& name,
                              const std::string& who) {
  return [=](const RegistryView& view) -> Result<IdentityUpdate> {
    Result<HostRecord> record = pending_record(view, host);
    if (!record) {
      return record.error();
    }
    if (!name.empty()) {
      record->name = name;
    }
    if (Result<void> is_free = check_name_is_free(view, *record); !is_free) {
      return is_free.error();
    }
    return activated(*std::move(record), who);
  };
}

IdentityDecision deny_host(const HostUid& host, const std::string& who) {
  return [=](const RegistryView& view) -> Result<IdentityUpdate> {
    Result<HostRecord> record = pending_record(view, host);
    if (!record) {
      return record.error();
    }
    record->life_cycle = LifeCycle::kDenied;
    record->expires = {};
    record->note = "denied by " + who;
    IdentityUpdate update;
    update.record = *std::move(record);
    return update;
  };
}

IdentityDecision retire_host(const HostUid& host, const std::string& who) {
  return [=](const RegistryView& view) -> Result<IdentityUpdate> {
    const std::optional<Host> known = view.hosts.find(host);
    if (!known) {
      return refuse(ErrorCode::kNotFound, host, "is not known");
    }
    if (!known->record->may_attest()) {
      return refuse(ErrorCode::kConflict, host,
                    "is not active but " + std::string(name_of(known->record->life_cycle)));
    }
    IdentityUpdate update;
    update.record = *known->record;
    update.record->life_cycle = LifeCycle::kRetired;
    update.record->note = "retired by " + who;
    update.reset_state = true;  // what it proved counts no longer
    update.reasons = {
        Finding{.code = FindingCode::kIdentityRetired, .severity = Severity::kWarning}};
    return update;
  };
}

IdentityDecision restore_host(const HostUid& host, const std::string& name,
                              const std::string& who) {
  return [=](const RegistryView& view) -> Result<IdentityUpdate> {
    const std::optional<Host> known = view.hosts.find(host);
    if (!known) {
      return refuse(ErrorCode::kNotFound, host, "is not known");
    }
    const LifeCycle life_cycle = known->record->life_cycle;
    if (life_cycle != LifeCycle::kRetired && life_cycle != LifeCycle::kDenied) {
      return refuse(ErrorCode::kConflict, host,
                    "is neither retired nor denied but " + std::string(name_of(life_cycle)));
    }
    HostRecord record = *known->record;
    if (!name.empty()) {
      record.name = name;
    }
    if (Result<void> is_free = check_name_is_free(view, record); !is_free) {
      return is_free.error();
    }
    if (Result<void> are_free = check_keys_are_free(view, record); !are_free) {
      return are_free.error();
    }
    return activated(std::move(record), who);
  };
}

bool is_label(const std::string& key, const std::string& value) {
  return is_label_key(key) && value.size() <= limits::kLabelValueSizeMax &&
         printable(value) == value;
}

IdentityDecision label_host(const HostUid& host, const LabelChange& change) {
  return [=](const RegistryView& view) -> Result<IdentityUpdate> {
    const std::optional<Host> known = view.hosts.find(host);
    if (!known) {
      return refuse(ErrorCode::kNotFound, host, "is not known");
    }
    IdentityUpdate update;
    update.record = *known->record;
    std::map<std::string, std::string>& labels = update.record->labels;
    for (const std::string& key : change.remove) {
      labels.erase(key);
    }
    for (const auto& [key, value] : change.set) {
      if (!is_label(key, value)) {
        return refuse(ErrorCode::kConfig, host,
                      "cannot have the label " + escaped(key) + ": " + kLabelForm);
      }
      labels[key] = value;
    }
    if (labels.size() > limits::kLabelsMax) {
      return refuse(ErrorCode::kConfig, host,
                    "would have more than " + std::to_string(limits::kLabelsMax) + " labels");
    }
    return update;
  };
}

IdentityDecision begin_maintenance(const HostUid& host, std::int64_t for_ms,
                                   const std::string& who) {
  return [=](const RegistryView& view) -> Result<IdentityUpdate> {
    const std::optional<Host> known = view.hosts.find(host);
    if (!known || !known->record->may_attest()) {
      return refuse(known ? ErrorCode::kConflict : ErrorCode::kNotFound, host,
                    known ? "is not active but " + std::string(name_of(known->record->life_cycle))
                          : "is not known");
    }
    IdentityUpdate update;
    update.record = *known->record;
    update.record->life_cycle = LifeCycle::kMaintenance;
    update.record->expires = {view.now.wall.ms + for_ms};
    update.record->note = "maintenance by " + who;
    return update;
  };
}

IdentityDecision end_maintenance(const HostUid& host) {
  return [=](const RegistryView& view) -> Result<IdentityUpdate> {
    const std::optional<Host> known = view.hosts.find(host);
    if (!known || known->record->life_cycle != LifeCycle::kMaintenance) {
      return refuse(known ? ErrorCode::kConflict : ErrorCode::kNotFound, host,
                    known ? "is not in maintenance" : "is not known");
    }
    IdentityUpdate update;
    update.record = *known->record;
    update.record->life_cycle = LifeCycle::kActive;
    update.record->expires = {};
    update.record->note.clear();
    return update;
  };
}

IdentityDecision acknowledge_host(const HostUid& host, std::optional<FindingCode> code,
                                  std::uint64_t seen, Findings& acknowledged) {
  return [host, code, seen, &acknowledged](const RegistryView& view) -> Result<IdentityUpdate> {
    const std::optional<Host> known = view.hosts.find(host);
    if (!known) {
      return refuse(ErrorCode::kNotFound, host, "is not known");
    }
    const HostState& state = *known->state;
    if (const Latch* const unseen = latched_after(state.latches.get(), code, seen)) {
      return refuse(ErrorCode::kConflict, host,
                    "is held by " + std::string(name_of(unseen->finding.code)) +
                        " since attestation " + std::to_string(unseen->sequence) +
                        ", which came later than " + std::to_string(seen));
    }
    std::optional<Acknowledgement> done = acknowledge(state.latches.get(), code, state.verdict);
    if (!done) {
      return refuse(ErrorCode::kConflict, host,
                    code ? "is not held by " + std::string(name_of(*code))
                         : std::string("is not held by anything that latched"));
    }
    acknowledged = std::move(done->acknowledged);
    IdentityUpdate update;
    update.state = state;
    update.state->latches = std::move(done->latches);
    // No acknowledgement makes a silent host trusted.
    if (rests_on_evidence(state.state)) {
      update.state->verdict = held(state.verdict, update.state->latches.get());
      update.state->state = update.state->verdict.state;
    }
    return update;
  };
}

IdentityDecision add_token(TokenRecord& token, std::int64_t ttl_ms) {
  return [&token, ttl_ms](const RegistryView& view) -> Result<IdentityUpdate> {
    token.created = view.now.wall;
    token.expires = {view.now.wall.ms + ttl_ms};
    IdentityUpdate update;
    update.tokens = {token};
    return update;
  };
}

}  // namespace quotemill::daemon
