// The proof bundle: all that shows what an appraisal rests on, in one file that can be checked
// years later without store or daemon (`quotemill-verify bundle`).
//
//   {"format": "quotemill-bundle/1", "made": …,
//    "verifier": {"curve_key"}, "host": {uuid, name, generation, ak_public, curve_key, ek_sha256,
//      ek_certificate, enrolled, admitted_by},
//    "appraisal": {seq, time, state, findings[], snapshot, evidence, nonce, nonce_kind, …},
//    "revision": {time, cause, state, findings[], snapshot, valid_until, …} or null,
//    "pcrs": {alg, values{"0": …}} or null, "boot_log": … or null, "boot_log_secrets": the numbers
//      of the events whose secrets were overwritten (engine/esxi/log/kept_log.h), null without a
//      log; bundles without it hold logs as sent,
//    "policy": {id, version, text} or null, "baselines": [{name, version, events[] | file{…},
//      approved (of images of ESXi)}],
//    "rollout": {name, from, to: {name, version}, has_old} or null,
//    "audit": [{number, time_ms, who, verb, subject, id}]}
//
// "revision" is the verdict that had taken the place of the appraisal's own; policy and baselines
// are then those that it names. "rollout" is the one that the host was in: beside the policy's
// baselines of the name `from` (`has_old`), or in their place, the set `to` counted.
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

// What is to be proven. Borrowed.
struct BundledVerdict {
  const HistoryEntry& entry;
  const VerdictRevision* revision = nullptr;  // null: the appraisal's own verdict
};

// A host that enrolled anew since is shown as it was then; kConflict if that is not kept any more,
// or never was. A policy that cannot be found again by the snapshot that the verdict names is left
// out, and the bundle says null.
Result<transport::Json> make_bundle(const BundleParts& parts, const HostRecord& host,
                                    const BundledVerdict& what, WallTime now);

}  // namespace quotemill::daemon
