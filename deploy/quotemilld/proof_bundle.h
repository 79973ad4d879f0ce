// The proof bundle: all that shows what an appraisal rests on, in one file that can be checked
// years later without store or daemon (`quotemill-verify bundle`).
//
//   {"format": "quotemill-bundle/1", "made": …,
//    "verifier": {"curve_key"}, "host": {uuid, name, generation, ak_public, curve_key, ek_sha256,
//      ek_certificate, enrolled, admitted_by},
//    "appraisal": {seq, time, state, findings[], snapshot, evidence, nonce, nonce_kind, …},
//    "pcrs": {alg, values{"0": …}} or null, "boot_log": … or null, "boot_log_secrets": the numbers
//      of the events whose secrets were overwritten (engine/esxi/log/kept_log.h), null without a
//      log; bundles without it hold logs as sent,
//    "policy": {id, version, text} or null, "baselines": [{name, version, events[] | file{…}}],
//    "audit": [{number, time_ms, who, verb, subject, id}]}
//
// Bytes are in hexadecimal. The evidence proves itself; who the host is, and when it was judged,
// rests on the word of the engine that made the bundle.
#pragma once

#include <string>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/ports/history.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

// Borrowed for the call.
struct BundleParts {
  const History& history;
  const PoliciesInForce& policies;
  const CurveKey& server_key;
  const std::string& configured_policy;  // its text
};

// kConflict if the host has other keys by now: those of then are not kept. A policy that cannot be
// found again by the snapshot that the verdict names is left out, and the bundle says null.
Result<transport::Json> make_bundle(const BundleParts& parts, const HostRecord& host,
                                    const HistoryEntry& entry, WallTime now);

}  // namespace quotemill::daemon
