// The audit trail: who changed what, and when, as a chain of hashes. A record that is changed,
// taken out or put in breaks the chain behind it; whoever keeps the id of the newest one elsewhere
// notices if the end is cut off, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/digest.h"
#include "engine/base/time.h"

namespace quotemill {

// What somebody did. Texts are escaped by whoever makes it.
struct AuditAct {
  std::string who;      // an operator, or "quotemill" for what time does
  std::string verb;     // "policy.apply", as on the control socket
  std::string subject;  // a host's uid, a policy's id and version, a baseline's name

  friend bool operator==(const AuditAct&, const AuditAct&) = default;
};

struct AuditRecord {
  std::uint64_t number = 0;  // 1, 2, … without a gap
  WallTime time;             // store time
  AuditAct act;
  // SHA-256("quotemill/1/audit" ‖ id of the record before, zeros for the first ‖ be64 number ‖ be64
  // time ‖ be32 size and bytes of who, verb and subject).
  Digest id;

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

// The end of the chain.
struct AuditHead {
  std::uint64_t number = 0;  // 0: nothing yet
  Digest id;                 // zeros then
};

// The record that follows.
AuditRecord next_record(const AuditHead& head, AuditAct act, WallTime time);

// Whether it is what follows.
bool follows(const AuditHead& head, const AuditRecord& record);

}  // namespace quotemill
