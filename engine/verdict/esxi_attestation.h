// EsxiAttestation: a host's trust as the administrators of ESXi know it: one word and colour, and
// one message with its cause and its remedy. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/verdict/host_state.h"

namespace quotemill {

enum class AttestationStatus : std::uint8_t { kNotApplicable, kPassed, kWarning, kFailed };

std::string_view name_of(AttestationStatus status);    // "N/A", "Passed", "Warning", "Failed"
std::string_view colour_of(AttestationStatus status);  // "grey", "green", "yellow", "red"

struct EsxiAttestation {
  AttestationStatus status = AttestationStatus::kNotApplicable;
  // A finding's code, or "esxi.accepted", "esxi.not_attested".
  std::string_view key;
  std::string message;  // what was found, and where
  std::string_view cause;
  std::string_view remedy;   // empty: nothing is to be done
  std::string_view vsphere;  // what vSphere Client says of it; empty if nobody knows
};

// Of the state and its worst finding; a host that is unknown because of what failed (two machines
// with one EK) has failed. A stale host is a warning, unless its last proven boot
// failed: nobody becomes less red by falling silent.
EsxiAttestation esxi_attestation(const HostState& state);

}  // namespace quotemill
