#include "transport/server/enrolment_service.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/random.h"
#include "engine/verdict/enrolment_messages.h"

namespace quotemill::transport {
namespace {

// Client keys whose rate is remembered.
constexpr std::size_t kRateKeysMax = 8'192;
// EK certificates are no secret, so anybody can open conversations in a host's name. More than one
// is allowed for each EK, so that this does not lock out the host itself; the oldest goes first.
constexpr std::size_t kOpenPerEkMax = 4;

std::string_view key_text(const CurveKey& key) {
  return as_text(key);
}

// Our own trouble, of which a client learns no more than that it is not his.
bool is_internal(ErrorCode code) {
  switch (code) {
    case ErrorCode::kStorage:
    case ErrorCode::kIo:
    case ErrorCode::kConfig:
    case ErrorCode::kCrypto:
    case ErrorCode::kTpm:
    case ErrorCode::kInternal:
      return true;
    default:
      return false;
  }
}

bool asks_for_a_new_beginning(const Error& error) {
  return error.code == ErrorCode::kExpired && std::string_view(error.context).starts_with("enrol.");
}

// What the decision rests on, looked up on the commit thread; keeps the records alive.
class Lookup {
 public:
  Lookup(const ProvenIdentity& identity, const EkList& eks, const RegistryView& view)
      : same_ek_(view.hosts.find_by_ek(identity.ek_sha256())),
        name_holder_(view.hosts.find_by_name(name_asked_for(identity, same_ek_))),
        key_holder_(view.hosts.find_by_key(identity.curve_key())) {
    context_.same_ek = record(same_ek_);
    context_.name_holder = record(name_holder_);
    context_.key_holder = record(key_holder_);
    context_.listed_name = eks.name_of(identity.ek_sha256());
    const std::optional<Host> expected = view.hosts.find_expected(identity.name());
    context_.name_is_reserved = eks.is_reserved(identity.name(), identity.ek_sha256()) ||
                                (expected && expected->record->ek_sha256 != identity.ek_sha256());
    context_.pending_count = view.hosts.pending_count();
    context_.now = view.now.wall;
    const auto token =
        identity.token() ? view.tokens.find(identity.token()->hex()) : view.tokens.end();
    if (token != view.tokens.end()) {
      context_.token = {token->first, token->second.uses_left, token->second.expires};
    }
  }

  AdmissionContext& context() { return context_; }

  // Notes whose turn it is with the EK.
  void note_claim(const ProvenIdentity& identity, EkClaims& claims) {
    const HostRecord* const stored = context_.same_ek;
    if (stored != nullptr && stored->may_attest() && !stored->is_imported()) {
      context_.shared_with = claims.renew(identity.ek_sha256(), stored->curve_key,
                                          identity.curve_key(), identity.name());
    }
  }

 private:
  static std::string name_asked_for(const ProvenIdentity& identity,
                                    const std::optional<Host>& same_ek) {
    const bool is_expected = same_ek && same_ek->record->life_cycle == LifeCycle::kExpected;
    return is_expected ? same_ek->record->name : std::string(identity.name());
  }

  static const HostRecord* record(const std::optional<Host>& host) {
    return host ? host->record.get() : nullptr;
  }

  std::optional<Host> same_ek_;
  std::optional<Host> name_holder_;
  std::optional<Host> key_holder_;
  AdmissionContext context_;
};

Finding identity_changed(const Admission& admission) {
  Finding finding;
  finding.code = FindingCode::kIdentityChanged;
  finding.severity = Severity::kWarning;
  finding.seen_number = admission.record.generation;
  finding.expected_number = admission.record.generation - 1;
  return finding;
}

EnrolmentAudit refusal_of(const Error& error, const std::string& name,
                          const std::string& ek_sha256) {
  EnrolmentAudit audit{
      "refused", name, ek_sha256, {}, 0, error.to_string(), std::string(name_of(error.code))};
  if (const EnrolmentMessage* const message = enrolment_message_of(error)) {
    audit.why = message->cause;
    audit.remedy = message->remedy;
    audit.vsphere = message->vsphere;
  }
  return audit;
}

IdentityUpdate update_of(const Admission& admission, const ProvenIdentity& identity,
                         const RegistryView& view) {
  IdentityUpdate update;
  if (!admission.is_write_needed) {
    return update;
  }
  update.record = admission.record;
  if (const auto& named = admission.record.ek_certificate) {
    update.ek_certificates.push_back(
        {admission.record.uid, named->sha256, to_bytes(identity.ek_certificate())});
  }
  update.reset_state = admission.reset_state;
  if (admission.kind == AdmissionKind::kRenewed) {
    update.reasons.push_back(identity_changed(admission));
  }
  if (admission.kind == AdmissionKind::kShared) {
    update.reasons.push_back(identity_changed(admission));
    update.reasons.back().severity = Severity::kFail;
    update.reasons.back().subject = admission.record.note;
  }
  if (admission.spent) {
    TokenRecord token = view.tokens.at(admission.spent->id);
    token.uses_left = admission.spent->uses_left;
    update.tokens.push_back(token);
  }
  // Who waits is nobody yet.
  if (admission.kind != AdmissionKind::kPending) {
    update.audit =
        AuditAct{admission.record.admitted_by, "enrol." + std::string(name_of(admission.kind)),
                 admission.record.uid.hex()};
  }
  return update;
}

}  // namespace

std::size_t EnrolmentService::KeyHash::operator()(const CurveKey& key) const noexcept {
  // A peer must hold the private half of its key: it cannot choose many that collide.
  std::size_t value = 0;
  std::memcpy(&value, key.data(), sizeof value);
  return value;
}

EnrolmentService::EnrolmentService(Registrar& registrar, EnrolmentServiceConfig config,
                                   std::function<void(const EnrolmentAudit&)> audit)
    : registrar_(registrar),
      config_(std::move(config)),
      audit_(std::move(audit)),
      enrols_(config_.enrols, kRateKeysMax) {
  use(std::make_shared<const AdmissionInputs>());
}

void EnrolmentService::use(std::shared_ptr<const AdmissionInputs> inputs) {
  auto rules = std::make_shared<EnrolmentRules>();
  rules->roots = inputs->roots;
  rules->pinned_eks = inputs->eks.eks();
  const std::lock_guard lock(mutex_);
  inputs_ = std::move(inputs);
  rules_ = std::move(rules);
}

MessageBody EnrolmentService::handle(const CurveKey& client, const MessageBody& message,
                                     Moment now) {
  Result<MessageBody> reply = Error{ErrorCode::kMalformed, "not a message of enrolment"};
  if (const auto* enrol = std::get_if<EnrolMessage>(&message)) {
    reply = begin(client, *enrol, now);
  } else if (const auto* proof = std::get_if<ProofMessage>(&message)) {
    reply = finish(client, *proof, now);
  } else {
    ++counters_.refused;
    return ErrorMessage{reply.error().code, reply.error().context, {}};
  }
  return reply ? std::move(*reply) : refused(reply.error());
}

Result<MessageBody> EnrolmentService::begin(const CurveKey& client, const EnrolMessage& message,
                                            Moment now) {
  if (const Result<void> allowed = may_begin(client, now); !allowed) {
    return allowed.error();
  }
  const Result<Bytes> secret = random_bytes(kEnrolmentSecretSize);
  if (!secret) {
    return secret.error();
  }
  std::shared_ptr<const EnrolmentRules> rules;
  {
    const std::lock_guard lock(mutex_);
    rules = rules_;
  }
  Result<OpenEnrolment> open = begin_enrolment(
      {message.name, message.ek_certificate, message.ek_public, message.ak_public, message.token},
      *rules, {config_.server_key, client}, *secret, now);
  if (!open) {
    report(refusal_of(open.error(), escaped(message.name, limits::kHostNameSizeMax), {}));
    return open.error();
  }
  CredentialMessage credential{open->credential.id_object, open->credential.encrypted_secret,
                               config_.server_key,
                               static_cast<std::uint32_t>(kEnrolmentLifetimeMs)};
  if (const Result<void> kept = keep_open(client, std::move(*open), now); !kept) {
    return kept.error();
  }
  ++counters_.begun;
  return MessageBody(std::move(credential));
}

Result<void> EnrolmentService::may_begin(const CurveKey& client, Moment now) {
  const std::lock_guard lock(mutex_);
  if (!enrols_.allow(key_text(client), now.boot.ms)) {
    return Error{ErrorCode::kBusy, "enrol.rate"};
  }
  return {};
}

Result<void> EnrolmentService::keep_open(const CurveKey& client, OpenEnrolment open, Moment now) {
  const std::lock_guard lock(mutex_);
  open_.erase(client);
  auto oldest = open_.end();
  std::size_t same_ek = 0;
  for (auto it = open_.begin(); it != open_.end(); ++it) {
    if (it->second.ek_sha256 == open.ek_sha256) {
      ++same_ek;
      oldest = oldest == open_.end() || it->second.deadline < oldest->second.deadline ? it : oldest;
    }
  }
  if (same_ek >= kOpenPerEkMax) {
    open_.erase(oldest);
  }
  if (open_.size() >= limits::kEnrolmentsOpenMax) {
    std::erase_if(open_, [now](const auto& entry) { return entry.second.deadline < now.boot; });
  }
  if (open_.size() >= limits::kEnrolmentsOpenMax) {
    return Error{ErrorCode::kBusy, "enrol.open"};
  }
  open_.emplace(client, std::move(open));
  return {};
}

std::optional<OpenEnrolment> EnrolmentService::take_open(const CurveKey& client) {
  const std::lock_guard lock(mutex_);
  auto node = open_.extract(client);
  return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
}

Result<MessageBody> EnrolmentService::finish(const CurveKey& client, const ProofMessage& message,
                                             Moment now) {
  std::optional<OpenEnrolment> open = take_open(client);
  if (!open) {
    return Error{ErrorCode::kExpired, "enrol.open", 0, "no enrolment is open; begin again"};
  }
  const std::string name = open->name;
  const std::string ek_sha256 = open->ek_sha256;
  const Result<ProvenIdentity> identity = finish_enrolment(
      std::move(*open), {message.hmac, message.attest, message.signature}, now.boot);
  const Result<Admission> admission =
      identity ? admit(*identity) : Result<Admission>(identity.error());
  if (!admission) {
    report(refusal_of(admission.error(), name, ek_sha256));
    return admission.error();
  }
  return enrolled(*admission);
}

Result<Admission> EnrolmentService::admit(const ProvenIdentity& identity) {
  const Result<Bytes> random = random_bytes(std::tuple_size_v<decltype(HostUid::bytes)>);
  if (!random) {
    return random.error();
  }
  std::shared_ptr<const AdmissionInputs> inputs;
  {
    const std::lock_guard lock(mutex_);
    inputs = inputs_;
  }
  std::optional<Admission> admission;
  const auto decide = [&](const RegistryView& view) -> Result<IdentityUpdate> {
    Lookup lookup(identity, inputs->eks, view);
    lookup.note_claim(identity, claims_);
    lookup.context().pending_lifetime_ms = config_.pending_lifetime_ms;
    lookup.context().fresh_uid = HostUid::from(*random).value_or(HostUid{});
    Result<Admission> decided = decide_admission(identity, lookup.context());
    if (!decided) {
      return decided.error();
    }
    admission = *std::move(decided);
    return update_of(*admission, identity, view);
  };
  const Result<std::shared_ptr<const HostRecord>> changed = registrar_.change(decide);
  if (!changed) {
    return changed.error();
  }
  if (!admission) {
    return Error{ErrorCode::kInternal, "registrar"};
  }
  return *std::move(admission);
}

MessageBody EnrolmentService::enrolled(const Admission& admission) {
  const HostRecord& record = admission.record;
  const bool pending = record.life_cycle == LifeCycle::kPending;
  ++(pending ? counters_.pending : counters_.admitted);
  report({std::string(name_of(admission.kind)), record.name, record.ek_sha256, record.uid.hex(),
          record.generation, pending ? record.note : record.admitted_by});
  EnrolledMessage reply;
  reply.uid = record.uid;
  reply.generation = record.generation;
  if (pending) {
    reply.status = EnrolStatus::kPending;
    reply.retry_after_ms = config_.pending_retry_ms;
    reply.message = record.note;
  } else {
    reply.status = EnrolStatus::kAdmitted;
    reply.attest_endpoint = config_.attest_endpoint;
    reply.server_key = config_.attest_key;
  }
  return reply;
}

MessageBody EnrolmentService::refused(const Error& error) {
  if (error.code == ErrorCode::kBusy) {
    ++counters_.busy;
    const bool too_many_wait = std::string_view(error.context) == "admission.pending";
    return BusyMessage{too_many_wait ? config_.pending_retry_ms : config_.busy_retry_ms};
  }
  ++counters_.refused;
  if (is_internal(error.code)) {
    return ErrorMessage{ErrorCode::kInternal, "internal error", {}};
  }
  if (asks_for_a_new_beginning(error)) {
    return ErrorMessage{ErrorCode::kExpired, error.to_string(), {}};
  }
  EnrolledMessage reply;
  reply.status = EnrolStatus::kDenied;
  reply.message = error.to_string();
  return reply;
}

void EnrolmentService::report(const EnrolmentAudit& audit) const {
  if (audit_) {
    audit_(audit);
  }
}

Result<void> EnrolmentService::forget_expired_hosts() {
  const auto decide = [](const RegistryView& view) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    for (const Host& host : view.hosts.pending()) {
      if (has_expired(*host.record, view.now.wall)) {
        update.removed.push_back(host.record->uid);
      }
    }
    return update;
  };
  const Result<std::shared_ptr<const HostRecord>> changed = registrar_.change(decide);
  return changed ? Result<void>() : Result<void>(changed.error());
}

std::size_t EnrolmentService::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace quotemill::transport
