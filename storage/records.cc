#include "storage/records.h"

#include "engine/identity/ek_certificate.h"
#include "storage/keyspace.h"
#include "storage/record_fields.h"

namespace quotemill::storage {

std::string encode_plain(std::string_view content) {
  std::string value(1, static_cast<char>(kRecordVersion));
  value.append(content);
  return value;
}

Result<std::string_view> decode_plain(const char* what, std::string_view value,
                                      std::uint8_t version) {
  if (value.empty()) {
    return Error{ErrorCode::kStorage, what, 0, "damaged: is empty"};
  }
  const auto found = static_cast<std::uint8_t>(value.front());
  if (found != version) {
    return Error{ErrorCode::kUnsupported, what, 0,
                 "has record version " + std::to_string(found) +
                     ", written by a newer Quotemill; this one reads version " +
                     std::to_string(version)};
  }
  return value.substr(1);
}

std::string encode_image_time(WallTime time) {
  return encode_plain(encode_number(static_cast<std::uint64_t>(time.ms)));
}

Result<WallTime> decode_image_time(std::string_view value) {
  const Result<std::string_view> plain = decode_plain("image", value);
  if (!plain) {
    return plain.error();
  }
  const std::optional<std::uint64_t> ms = decode_number(*plain);
  if (!ms) {
    return Error{ErrorCode::kStorage, "image", 0, "damaged: is no time"};
  }
  return WallTime{static_cast<std::int64_t>(*ms)};
}

namespace {

void write_name(const EkCertificateName& name, pb::Host& out) {
  out.set_ek_certificate_sha256(to_text(name.sha256.view()));
  out.set_ek_certificate_not_after_ms(name.not_after.ms);
}

}  // namespace

std::string encode_host(const HostRecord& record) {
  pb::Host out;
  out.set_generation(record.generation);
  out.set_name(record.name);
  out.set_life_cycle(static_cast<std::uint32_t>(record.life_cycle));
  out.set_ek_public(to_text(record.ek_public));
  out.set_ek_sha256(record.ek_sha256);
  out.set_ak_public(to_text(record.ak_public));
  out.set_curve_key(to_text(record.curve_key));
  out.set_enrolled_ms(record.enrolled.ms);
  out.set_expires_ms(record.expires.ms);
  out.set_admitted_by(record.admitted_by);
  out.set_note(record.note);
  for (const auto& [label, value] : record.labels) {
    (*out.mutable_labels())[label] = value;
  }
  if (record.ek_certificate) {
    write_name(*record.ek_certificate, out);
  }
  return seal_record(out);
}

Result<HostRecord> decode_host(const HostUid& uid, std::string_view value) {
  const Result<pb::Host> from = open_record<pb::Host>("host record", value);
  if (!from) {
    return from.error();
  }
  if (!from->ek_certificate().empty()) {
    return Error{ErrorCode::kStorage, "host record", 0,
                 "damaged: holds its EK certificate, as stores of format 2 had it"};
  }
  FieldReader in("host record");
  HostRecord out;
  out.uid = uid;
  out.generation = from->generation();
  out.name = from->name();
  out.life_cycle = in.enumerator("life cycle", from->life_cycle(), LifeCycle::kExpected);
  out.ek_public = to_bytes(as_bytes(from->ek_public()));
  if (!from->ek_certificate_sha256().empty()) {
    EkCertificateName& named = out.ek_certificate.emplace();
    const auto sha256 = in.array<32>(from->ek_certificate_sha256());
    named.sha256 = Digest::from(HashAlgorithm::kSha256, sha256).value_or(Digest());
    named.not_after.ms = from->ek_certificate_not_after_ms();
  }
  out.ek_sha256 = from->ek_sha256();
  out.ak_public = to_bytes(as_bytes(from->ak_public()));
  out.curve_key = in.array<32>(from->curve_key());
  out.enrolled.ms = from->enrolled_ms();
  out.expires.ms = from->expires_ms();
  read_common(*from, out);
  return in.finish(std::move(out));
}

Result<std::optional<MovedHost>> without_certificate(const HostUid& uid, std::string_view value) {
  Result<pb::Host> host = open_record<pb::Host>("host record", value);
  if (!host) {
    return host.error();
  }
  if (host->ek_certificate().empty()) {
    return std::optional<MovedHost>();
  }
  MovedHost moved;
  moved.certificate.host = uid;
  moved.certificate.der = to_bytes(as_bytes(host->ek_certificate()));
  const EkCertificateName name = name_of_ek_certificate(moved.certificate.der);
  moved.certificate.sha256 = name.sha256;
  host->clear_ek_certificate();
  write_name(name, *host);
  moved.value = seal_record(*host);
  return std::optional(std::move(moved));
}

void read_common(const pb::Host& from, HostRecord& out) {
  out.admitted_by = from.admitted_by();
  out.note = from.note();
  for (const auto& [label, text] : from.labels()) {
    out.labels[label] = text;
  }
}

std::string encode_policy(const PolicyRecord& policy) {
  pb::Policy out;
  out.set_id(policy.id);
  out.set_version(policy.version);
  out.set_text(policy.text);
  out.set_applied_ms(policy.applied.ms);
  out.set_by(policy.by);
  return seal_record(out);
}

Result<PolicyRecord> decode_policy(std::uint64_t number, std::string_view value) {
  const Result<pb::Policy> from = open_record<pb::Policy>("policy record", value);
  if (!from) {
    return from.error();
  }
  return PolicyRecord{number,       from->id(),           from->version(),
                      from->text(), {from->applied_ms()}, from->by()};
}

std::string encode_audit(const AuditRecord& record) {
  pb::Audit out;
  out.set_time_ms(record.time.ms);
  out.set_who(record.act.who);
  out.set_verb(record.act.verb);
  out.set_subject(record.act.subject);
  write(record.id, *out.mutable_id());
  return seal_record(out);
}

Result<AuditRecord> decode_audit(std::uint64_t number, std::string_view value) {
  const Result<pb::Audit> from = open_record<pb::Audit>("audit record", value);
  if (!from) {
    return from.error();
  }
  FieldReader in("audit record");
  AuditRecord out{number,
                  {from->time_ms()},
                  {from->who(), from->verb(), from->subject()},
                  in.digest(from->id())};
  return in.finish(std::move(out));
}

std::string encode_token(const TokenRecord& token) {
  pb::Token out;
  out.set_uses_left(token.uses_left);
  out.set_created_ms(token.created.ms);
  out.set_expires_ms(token.expires.ms);
  return seal_record(out);
}

Result<TokenRecord> decode_token(const Digest& id, std::string_view value) {
  const Result<pb::Token> from = open_record<pb::Token>("token record", value);
  if (!from) {
    return from.error();
  }
  return TokenRecord{id, from->uses_left(), {from->created_ms()}, {from->expires_ms()}};
}

std::string encode_change(const Change& change) {
  std::string value = begun_record();
  PlainWriter out(value);
  out.number(1, change.host_sequence);
  out.bytes(2, change.host.view());
  out.bytes(3, change.host_name);
  out.bytes(4, change.ek_sha256);
  out.signed_number(5, change.time.ms);
  out.number(6, static_cast<std::uint32_t>(change.previous));
  out.number(7, static_cast<std::uint32_t>(change.current));
  write(change.reasons, 8, out);
  out.bytes(9, change.policy_id);
  out.bytes(10, change.snapshot);
  write(change.evidence, 11, out);
  out.bytes(12, change.boot_id);
  out.number(13, change.reset_count);
  out.number(14, change.restart_count);
  out.number(15, change.in_maintenance ? 1 : 0);
  out.signed_number(16, change.policy_version);
  out.bytes(17, change.rollout);
  out.number(18, change.trust_lost);
  write(change.chain_before, 19, out);
  return value;
}

Result<Change> decode_change(std::uint64_t sequence, std::string_view value) {
  const Result<pb::Change> from = open_record<pb::Change>("change record", value);
  if (!from) {
    return from.error();
  }
  FieldReader in("change record");
  Change out;
  out.sequence = sequence;
  out.host_sequence = from->host_sequence();
  out.host.bytes = in.array<16>(from->host());
  out.host_name = from->host_name();
  out.ek_sha256 = from->ek_sha256();
  out.time.ms = from->time_ms();
  out.previous = in.state(from->previous());
  out.current = in.state(from->current());
  out.reasons = in.findings(from->reasons());
  out.policy_id = from->policy_id();
  out.snapshot = in.array<32>(from->snapshot());
  out.evidence = in.digest(from->evidence());
  out.boot_id = in.array<16>(from->boot_id());
  out.reset_count = from->reset_count();
  out.restart_count = from->restart_count();
  out.in_maintenance = from->in_maintenance();
  out.policy_version = from->policy_version();
  out.rollout = from->rollout();
  out.trust_lost = from->trust_lost();
  if (from->has_chain_before()) {
    out.chain_before = in.digest(from->chain_before());
  }
  return in.finish(std::move(out));
}

}  // namespace quotemill::storage
