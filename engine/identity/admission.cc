#include "engine/identity/admission.h"

#include <utility>

#include "engine/base/limits.h"
#include "engine/identity/ek_certificate.h"

namespace quotemill {
namespace {

constexpr std::size_t kTokenIdShown = 16;
constexpr std::string_view kSharedNote = "two machines use this EK in turn";

bool same_keys(const HostRecord& record, const ProvenIdentity& identity) {
  return equal(record.ak_public, identity.ak_public()) && record.curve_key == identity.curve_key();
}

Result<void> check_not_refused(const ProvenIdentity& identity, const AdmissionContext& context) {
  if (context.same_ek != nullptr && context.same_ek->life_cycle == LifeCycle::kDenied) {
    return Error{ErrorCode::kDenied, "admission.denied"};
  }
  if (context.same_ek != nullptr && context.same_ek->life_cycle == LifeCycle::kRetired) {
    return Error{ErrorCode::kDenied, "admission.retired"};
  }
  // Two TPMs behind one channel key: a cloned disk. Whoever came first keeps it.
  if (context.key_holder != nullptr && context.key_holder->ek_sha256 != identity.ek_sha256()) {
    return Error{ErrorCode::kConflict, "admission.curve_key"};
  }
  return {};
}

bool is_held_by_another(const AdmissionContext& context) {
  return context.name_holder != nullptr &&
         (context.same_ek == nullptr || context.name_holder->uid != context.same_ek->uid);
}

// The record with the identity just proven in it; life cycle and admission are the caller's.
HostRecord proven_record(const ProvenIdentity& identity, const AdmissionContext& context) {
  HostRecord record;
  if (context.same_ek != nullptr) {
    record = *context.same_ek;
    record.generation += same_keys(record, identity) ? 0U : 1U;
  } else {
    record.uid = context.fresh_uid;
    record.enrolled = context.now;
  }
  record.name = identity.name();
  record.ek_public = to_bytes(identity.ek_public());
  record.ek_certificate.reset();
  if (!identity.ek_certificate().empty()) {
    record.ek_certificate = name_of_ek_certificate(identity.ek_certificate());
  }
  record.ek_sha256 = identity.ek_sha256();
  record.ak_public = to_bytes(identity.ak_public());
  record.curve_key = identity.curve_key();
  return record;
}

// The TPM of an imported host proved what its operator had only said. That operator's word bound
// the EK to the name, as a list of EKs does; what was known on word alone is known anew.
Admission prove_imported(const ProvenIdentity& identity, const AdmissionContext& context) {
  const HostRecord& stored = *context.same_ek;
  Admission admission{.kind = AdmissionKind::kAdmitted,
                      .record = proven_record(identity, context),
                      .reset_state = true,
                      .spent = {}};
  admission.record.name = stored.name;
  admission.record.enrolled = context.now;
  admission.record.admitted_by =
      "operator:" + stored.admitted_by.substr(HostRecord::kImportedPrefix.size());
  return admission;
}

// A host that is active or in maintenance came again. Its name is the operator's to give: what the
// host calls itself is ignored, so that one that was admitted under another name finds its way too.
Admission decide_enrolled(const ProvenIdentity& identity, const AdmissionContext& context) {
  const HostRecord& stored = *context.same_ek;
  if (stored.is_imported()) {
    return prove_imported(identity, context);
  }
  const bool renamed = stored.name != identity.name() && context.listed_name == identity.name() &&
                       !is_held_by_another(context);
  const bool renewed = !same_keys(stored, identity);
  if (!renewed && !renamed) {
    return {
        .kind = AdmissionKind::kUnchanged, .record = stored, .is_write_needed = false, .spent = {}};
  }
  Admission admission{.kind = renewed ? AdmissionKind::kRenewed : AdmissionKind::kRenamed,
                      .record = proven_record(identity, context),
                      .reset_state = renewed,
                      .spent = {}};
  if (!renamed) {
    admission.record.name = stored.name;
  }
  if (renewed) {
    admission.record.enrolled = context.now;
  }
  return admission;
}

Result<Admission> wait_for_operator(const ProvenIdentity& identity, const AdmissionContext& context,
                                    std::string note) {
  const HostRecord* const stored = context.same_ek;
  const bool waits = stored != nullptr && stored->life_cycle == LifeCycle::kPending &&
                     !has_expired(*stored, context.now);
  if (stored == nullptr && context.pending_count >= limits::kPendingHostsMax) {
    return Error{ErrorCode::kBusy, "admission.pending"};
  }
  Admission admission{
      .kind = AdmissionKind::kPending, .record = proven_record(identity, context), .spent = {}};
  admission.record.life_cycle = LifeCycle::kPending;
  admission.record.note = std::move(note);
  // The wait is counted from the first time: whoever asks every minute does not wait for ever, and
  // asking again writes nothing.
  if (!waits) {
    admission.record.enrolled = context.now;
    admission.record.expires = {context.now.ms + context.pending_lifetime_ms};
  }
  admission.is_write_needed = !waits || !same_keys(*stored, identity) ||
                              stored->name != admission.record.name ||
                              stored->note != admission.record.note;
  return admission;
}

Result<Admission> admit(const ProvenIdentity& identity, const AdmissionContext& context,
                        std::string rule) {
  Admission admission{.kind = AdmissionKind::kAdmitted,
                      .record = proven_record(identity, context),
                      .reset_state = true,
                      .spent = {}};
  admission.record.life_cycle = LifeCycle::kActive;
  admission.record.enrolled = context.now;
  admission.record.expires = {};
  admission.record.note.clear();
  admission.record.admitted_by = std::move(rule);
  return admission;
}

Result<Admission> admit_by_token(const ProvenIdentity& identity, const AdmissionContext& context) {
  if (!context.token || context.token->uses_left == 0) {
    return Error{ErrorCode::kDenied, "admission.token", 0,
                 context.token ? "the token was used before" : "no such token"};
  }
  AdmissionToken token = *context.token;
  if (token.expires <= context.now) {
    return Error{ErrorCode::kExpired, "admission.token", 0, "the token has expired"};
  }
  Result<Admission> admission =
      admit(identity, context, "token:" + token.id.substr(0, kTokenIdShown));
  --token.uses_left;
  admission->spent = std::move(token);
  return admission;
}

// Its operator said beforehand what this EK is called and labelled; what the host calls itself does
// not matter.
Result<Admission> admit_expected(const ProvenIdentity& identity, const AdmissionContext& context) {
  const HostRecord& expected = *context.same_ek;
  if (is_held_by_another(context)) {
    return wait_for_operator(identity, context,
                             "name is bound to another EK than the inventory says");
  }
  Result<Admission> admission = admit(identity, context, expected.admitted_by);
  admission->record.name = expected.name;
  return admission;
}

// A host that is new, or still pending.
Result<Admission> decide_newcomer(const ProvenIdentity& identity, const AdmissionContext& context) {
  if (is_held_by_another(context)) {
    return wait_for_operator(identity, context, "name is bound to another EK");
  }
  if (context.listed_name == identity.name()) {
    return admit(identity, context, "ek_list");
  }
  if (context.listed_name) {
    return wait_for_operator(identity, context,
                             "the EK list names this TPM " + *context.listed_name);
  }
  if (context.name_is_reserved) {
    return wait_for_operator(identity, context,
                             "the EK list or the inventory gives this name to another EK");
  }
  if (identity.token()) {
    return admit_by_token(identity, context);
  }
  return wait_for_operator(identity, context, "no rule admits this EK");
}

// Which of the two is the host, no rule can tell: neither attests, whatever token it shows.
Result<Admission> hold_shared(const ProvenIdentity& identity, const AdmissionContext& context) {
  const HostRecord& stored = *context.same_ek;
  if (is_held_as_shared(stored)) {
    return Admission{
        .kind = AdmissionKind::kShared, .record = stored, .is_write_needed = false, .spent = {}};
  }
  const std::string other = context.shared_with->empty() ? "another" : *context.shared_with;
  Result<Admission> admission = wait_for_operator(
      identity, context,
      std::string(kSharedNote) + ": " + std::string(identity.name()) + " and " + other);
  if (admission) {
    admission->kind = AdmissionKind::kShared;
    admission->record.name = stored.name;
    admission->reset_state = true;
  }
  return admission;
}

}  // namespace

bool is_held_as_shared(const HostRecord& record) {
  return record.life_cycle == LifeCycle::kPending && record.note.starts_with(kSharedNote);
}

std::string_view name_of(AdmissionKind kind) {
  switch (kind) {
    case AdmissionKind::kAdmitted:
      return "admitted";
    case AdmissionKind::kRenewed:
      return "renewed";
    case AdmissionKind::kRenamed:
      return "renamed";
    case AdmissionKind::kUnchanged:
      return "unchanged";
    case AdmissionKind::kPending:
      return "pending";
    case AdmissionKind::kShared:
      return "shared";
  }
  return "unknown";
}

Result<Admission> decide_admission(const ProvenIdentity& identity,
                                   const AdmissionContext& context) {
  if (const Result<void> refused = check_not_refused(identity, context); !refused) {
    return refused.error();
  }
  if (context.same_ek != nullptr && (context.shared_with || is_held_as_shared(*context.same_ek))) {
    return hold_shared(identity, context);
  }
  if (context.same_ek != nullptr && context.same_ek->may_attest()) {
    return decide_enrolled(identity, context);
  }
  if (context.same_ek != nullptr && context.same_ek->life_cycle == LifeCycle::kExpected) {
    return admit_expected(identity, context);
  }
  return decide_newcomer(identity, context);
}

bool has_expired(const HostRecord& record, WallTime now) {
  return record.life_cycle == LifeCycle::kPending && record.expires <= now &&
         !is_held_as_shared(record);
}

}  // namespace quotemill
