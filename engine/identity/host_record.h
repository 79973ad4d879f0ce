// HostRecord: who a host is. Written at enrolment and by operators, immutable as a value; the
// directory hands out shared snapshots.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

// Numbers are stored.
enum class LifeCycle : std::uint8_t {
  kPending = 0,  // proven to be a genuine TPM; not yet bound to a host by an admission rule
  kActive = 1,
  kMaintenance = 2,  // attests and is judged as ever; reboots are expected, nobody is to be woken
  kRetired = 3,
  kDenied = 4,    // the operator said no; its key stays refused
  kExpected = 5,  // in the inventory: its EK is to be this host as soon as a TPM proves it
};

std::string_view name_of(LifeCycle life_cycle);

// What a record says of its host's EK certificate. The certificate itself is the store's, which
// keeps it for as long as the host is there (History::ek_certificate()): a fleet's certificates are
// more than all else that is known of it, and hardly ever asked for.
struct EkCertificateName {
  Digest sha256;       // of the DER
  WallTime not_after;  // 0: what is stored is no certificate that can be read

  friend bool operator==(const EkCertificateName&, const EkCertificateName&) = default;
};

struct HostRecord {
  HostUid uid;
  std::uint32_t generation = 1;  // + 1 with each new AK or channel key
  std::string name;              // unique among active hosts, [a-z0-9._-]{1,64}
  LifeCycle life_cycle = LifeCycle::kPending;
  // All of the EK may be empty if the host was imported.
  Bytes ek_public;  // TPMT_PUBLIC
  // None if the EK's public key was pinned instead.
  std::optional<EkCertificateName> ek_certificate;
  std::string ek_sha256;  // of the EK's SubjectPublicKeyInfo, hexadecimal
  Bytes ak_public;        // TPMT_PUBLIC
  CurveKey curve_key{};
  WallTime enrolled;
  WallTime expires;         // pending hosts: they are forgotten then; maintenance ends then
  std::string admitted_by;  // "ek_list", "token:<id>", "operator:<name>", "imported:<name>",
                            // "inventory:<name>"
  std::string note;         // pending: why it waits ("name is bound to another EK")
  std::map<std::string, std::string> labels;

  [[nodiscard]] bool may_attest() const {
    return life_cycle == LifeCycle::kActive || life_cycle == LifeCycle::kMaintenance;
  }

  // Whether its keys are there on an operator's word alone: no TPM ever proved them.
  [[nodiscard]] bool is_imported() const { return admitted_by.starts_with(kImportedPrefix); }

  static constexpr std::string_view kImportedPrefix = "imported:";
};

}  // namespace quotemill
