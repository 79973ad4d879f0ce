// What the command eventlog prints of one log: text for people, JSON for programs. Nothing
// host-supplied is printed unescaped.
#pragma once

#include <optional>
#include <ostream>
#include <vector>

#include "deploy/quotemill-verify/userspace_log.h"
#include "engine/claims/boot_claims.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/decode/decode_event.h"
#include "engine/eventlog/final_events.h"
#include "engine/eventlog/proof/proven_log.h"
#include "engine/tpm/pcr.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

// A log by itself: read, replayed and judged event by event, compared with no quote: what is proven
// in it is, if a quote shows these PCRs.
struct LogReport {
  BootLogReading reading;  // borrows the file
  std::vector<PcrBank> pcrs;
  std::optional<ProvenLog> proven;  // of the fullest bank; none if no bank can be computed
  std::optional<BootClaims> claims;
  EsxiBoot esxi;                    // layout kNone: not an ESXi host's
  std::optional<JoinedLog> joined;  // the log with its final events, if those were given
  std::optional<UserspaceLog> userspace;
  Findings findings;
};

// `list`: nullptr if there is none. The report borrows `file`, and is not to be moved.
void read_log(ByteView file, const DbxList* list, LogReport& report);

// The same for a log whose last events are in EFI_TCG2_FINAL_EVENTS_TABLE. If the two cannot be
// joined the log is read alone, and a finding says why.
void read_joined_log(ByteView file, ByteView final_events, const DbxList* list, LogReport& report);

// Adds what systemd measured after boot, and its extends to the PCRs.
void add_userspace(ByteView file, LogReport& report);

// An event in words: as ESXi means it if it is one of ESXi's.
DecodedEvent decoded_event(const LogReport& report, const BootEvent& event);

// What is proven of it: likewise.
struct EventStanding {
  ProofClass proof = ProofClass::kUnprovenType;
  ProofProblem problem = ProofProblem::kNone;
  std::string_view hashed;  // "data", "tagged_data", ...; empty if nothing is
  const Quirk* quirk = nullptr;
};

EventStanding standing_of(const LogReport& report, const BootEvent& event);

void print_text(std::ostream& out, const LogReport& report);
void print_json(std::ostream& out, const LogReport& report);

}  // namespace quotemill::offline
