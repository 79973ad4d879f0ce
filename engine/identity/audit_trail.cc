#include "engine/identity/audit_trail.h"

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

Digest id_of(const Digest& previous, const AuditRecord& record) {
  ByteWriter out;
  out.bytes(as_bytes("quotemill/1/audit")).bytes(previous.view());
  out.u64_be(record.number).u64_be(static_cast<std::uint64_t>(record.time.ms));
  for (const std::string* text : {&record.act.who, &record.act.verb, &record.act.subject}) {
    out.u32_be(static_cast<std::uint32_t>(text->size())).bytes(as_bytes(*text));
  }
  return hash(HashAlgorithm::kSha256, out.view());
}

}  // namespace

AuditRecord next_record(const AuditHead& head, AuditAct act, WallTime time) {
  AuditRecord record{head.number + 1, time, std::move(act), {}};
  record.id = id_of(head.id, record);
  return record;
}

bool follows(const AuditHead& head, const AuditRecord& record) {
  return record.number == head.number + 1 && record.id == id_of(head.id, record);
}

}  // namespace quotemill
