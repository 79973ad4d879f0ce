// EventProof: what the measurement proves about one event of a boot log, if a quote shows the PCR.
//
// A TPM proves a digest and the order of digests, nothing else: neither the event's type, nor its
// data, nor what the firmware meant. This says for each event how far its own digest reaches (TCG
// PC Client Platform Firmware Profile 1.06, tables 9 and 27). Pure functions of the event; any
// thread; nothing is allocated. Cost: at most a few hashes of the event's data.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/digest.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/proof/quirk.h"

namespace quotemill {

enum class ProofClass : std::uint8_t {
  // The data, or the part of it that `hashed` names, has the digest that was measured.
  kDataProven,
  // The digest is of something outside the log (an image, a file, a table): it can be compared with
  // reference values. The data is a hint.
  kDigestProven,
  // Nothing proves what the event is: a type that the specification does not know or does not put
  // into this PCR, or data that must have the digest and has not. Whoever relabels a real
  // measurement ends here.
  kUnprovenType,
  // EV_NO_ACTION and Windows' events outside the PCRs: the TPM never saw them.
  kNotMeasured,
};

std::string_view name_of(ProofClass proof);  // "data_proven", "digest_proven", ...

// Which part of the data has the digest. The rest of the data is a hint, above all names and
// prefixes.
enum class HashedPart : std::uint8_t {
  kNone,
  kWhole,         // all of it
  kVariableData,  // of UEFI_VARIABLE_DATA the VariableData: not the variable's name
  kText,          // the text behind its prefix ("grub_cmd: "), without the NUL that ends it
  kAsciiName,     // the ASCII form of the UTF-16 text that the log shows (systemd-stub's sections)
};

std::string_view name_of(HashedPart part);  // "none", "data", "variable_data", ...

// Why an event is of kUnprovenType.
enum class ProofProblem : std::uint8_t {
  kNone,
  kUnknownType,   // the specification has no such type
  kMisplaced,     // it does not belong into this PCR
  kDataDiffers,   // the data must have the digest, and has not
  kDigestAbsent,  // no digest of this bank, or of an algorithm that is not computed here
};

std::string_view name_of(ProofProblem problem);  // "none", "unknown_type", ...

struct EventProof {
  ProofClass proof = ProofClass::kUnprovenType;
  HashedPart hashed = HashedPart::kNone;
  ProofProblem problem = ProofProblem::kNone;
  const Quirk* quirk = nullptr;  // what was excused, if the strict reading failed
};

// By the digest of one bank. The header event of a crypto-agile log is not measured.
EventProof prove(const BootEvent& event, HashAlgorithm bank);

}  // namespace quotemill
