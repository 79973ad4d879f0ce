// What operators decide about hosts and tokens, as decisions for the commit thread (Registrar):
// each looks at what is true at that moment, and nothing else can change meanwhile.
//
// Details of their Errors say what to do, in words fit for an operator.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/pipeline/registrar.h"

namespace quotemill::daemon {

// The record of a host that an operator lets in. Its state is to be judged anew.
HostRecord as_active(HostRecord record, const std::string& admitted_by);

// A pending host becomes active, under `name` or, if that is empty, under the name it asked for.
// kConflict if another host has that name, kNotFound if it is not pending (any more).
IdentityDecision approve_host(const HostUid& host, const std::string& name, const std::string& who);

// A pending host is refused: its TPM may not enrol again.
IdentityDecision deny_host(const HostUid& host, const std::string& who);

// A host may not attest any more, and its name is free; its history stays.
IdentityDecision retire_host(const HostUid& host, const std::string& who);

// A retired or denied host may attest again, judged anew, under `name` or, if that is empty, under
// the name it had. kConflict if its name, TPM or channel key belongs to another host by now.
IdentityDecision restore_host(const HostUid& host, const std::string& name, const std::string& who);

// Whether a label may be called so, and have that value; kLabelForm says when.
bool is_label(const std::string& key, const std::string& value);
inline constexpr const char* kLabelForm =
    "keys are 1 to 64 of a-z 0-9 . _ - /, values at most 128 printable characters of ASCII";

// Labels to set, by key, and keys to take away. kConfig for keys, values or numbers beyond
// limits.h; labels decide which policy is for the host, from its next attestation on.
struct LabelChange {
  std::map<std::string, std::string> set;
  std::vector<std::string> remove;
};

IdentityDecision label_host(const HostUid& host, const LabelChange& change);

// The host is worked on for so long, by the clock of the decision, which never goes back: it
// attests and is judged as ever, and its changes of trust say so. Again: until another time.
IdentityDecision begin_maintenance(const HostUid& host, std::int64_t for_ms,
                                   const std::string& who);
// kConflict if it is not in maintenance.
IdentityDecision end_maintenance(const HostUid& host);

// Lets go of the findings that hold the host's state (verdict/latch.h): those of `code`, or all;
// its state is then what the last evidence says. kConflict if none of them holds it, or if one of
// them was found after attestation `seen`: nobody lets go of what he has not seen. `acknowledged`
// gets what was let go of; it outlives the decision.
IdentityDecision acknowledge_host(const HostUid& host, std::optional<FindingCode> code,
                                  std::uint64_t seen, Findings& acknowledged);

// Keeps a token, of which only the hash is known, for so long. `token` gets its times, by the clock
// of the decision; it outlives the decision.
IdentityDecision add_token(TokenRecord& token, std::int64_t ttl_ms);

}  // namespace quotemill::daemon
