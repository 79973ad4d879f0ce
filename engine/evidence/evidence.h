// Evidence: what a host sent, decoded and untrusted. All views borrow the received message.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/evidence/host_uid.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

// How the nonce was given to the host.
enum class NonceKind : std::uint8_t {
  kPreissued = 0,    // with the receipt of the attestation before
  kInteractive = 1,  // by a CHALLENGE, random
};

// What the host says of itself; signed through the header's digest in the qualifying data, but
// still only claimed. Each at most limits::kFactSizeMax bytes of arbitrary content: escape before
// printing.
struct HostFacts {
  std::string_view os_id;          // ID of os-release: "debian", "esxi"
  std::string_view os_version;     // VERSION_ID of os-release
  std::string_view kernel;         // uname -r
  std::string_view vendor;         // DMI sys_vendor
  std::string_view model;          // DMI product_name
  std::string_view agent;          // "quotemill-agent/0.1.0"
  std::string_view firmware = {};  // DMI bios_version; older agents do not say it
};

struct EvidenceHeader {
  NonceKind nonce_kind = NonceKind::kInteractive;
  HostUid host;
  std::uint32_t generation = 0;
  std::uint64_t sequence = 0;  // the number of the receipt that this evidence asks for
  BootId boot_id{};
  std::uint32_t boot_log_bytes = 0;  // size of the boot log as it is now; 0 if the host has none
  HostFacts facts;
};

struct Evidence {
  EvidenceHeader header;
  ByteView header_bytes;  // as sent: their SHA-256 is part of the qualifying data
  ByteView attest;        // TPMS_ATTEST
  ByteView signature;     // TPMT_SIGNATURE
  // Sent when the PCR digest differs from the last receipt's; empty means "as before".
  std::vector<PcrBank> pcrs;
};

}  // namespace quotemill
