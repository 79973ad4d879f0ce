// Records -> JSON: the one rendering of changes, hosts, appraisals, baselines and tokens, whoever
// reads it (the change stream, `watch`, the command line tool).
//
// Field names are API, as finding codes are. Absent values are null, not left out. Texts that came
// from a host are escaped (base/text.h) besides what JSON does. Pure functions: any thread.
#pragma once

#include <string_view>

#include "engine/pipeline/host_table.h"
#include "engine/ports/records.h"
#include "transport/render/json.h"
#include "transport/render/limits.h"
#include "transport/render/told_host.h"

namespace quotemill::transport {

// "<stream id>:<sequence, zero-padded to 20>": sorts as the stream does, unique for ever.
std::string event_id(std::string_view stream_id, std::uint64_t sequence);

// code, severity, pcr, event, type, alg, digest, expected, message.
Json render_finding(const Finding& finding);

// Its labels by name, as many as limits::kEventLabelsSizeMax takes.
Json told_labels(const ToldHost& host);

// The host of a change: uuid, name, vendor, model, os, os_version, kernel, labels{}; all of it
// bounded.
Json render_told(const Change& change, const ToldHost& host);

// What leaves on the stream, one per change of trust: id, seq, host_seq, time, prev, new,
// maintenance (whether the host was in it: nobody is to be woken), evidence_sha256, boot_id,
// tpm{ek_sha256, reset_count, restart_count}, chain (id_of() the change), chain_prev,
// policy{id, version, sha256}, rollout, host{} as render_told() makes it, reasons_dropped,
// reasons[]: the worst ones first, as many as leave the line within `size_max` bytes.
Json render_change(std::string_view stream_id, const Change& change, const ToldHost& host,
                   std::size_t size_max = limits::kEventSizeMax);

// A line of a list of hosts: name, uuid, life_cycle, state, since, last_seen, why{code, severity,
// message} (the worst finding, null if there is none).
Json render_host_row(const Host& host);

// Everything about one host: the row's fields, then findings (with remedy), facts, identity, boot,
// evidence.
Json render_host(const Host& host);

// A host that waits to be admitted: uuid, name, ek_sha256, enrolled, expires, note.
Json render_pending(const HostRecord& record);

// seq, time, generation, state, findings[], findings_dropped, evidence_sha256, evidence_bytes,
// boot_log (evidence_sha256 of the appraisal that brought it), nonce, snapshot, run. The run is
// null, or there are `count` appraisals that came to the same: run{count, interactive (how many
// answered such a nonce), longest_gap_ms, first{seq, time, evidence_sha256, evidence_bytes,
// nonce}}; what is beside it is then of the last one.
Json render_appraisal(const HistoryEntry& entry);

// name, version, kind ("captured", "imported"), captured, source{uuid, name}, events, values,
// file{name, format, size, sha256, by} (null if it was captured), retired, retired_by, sha256.
Json render_baseline(const Baseline& baseline);

// digest ("sha256:…"), kind, pcr, name, version, vendor, source, valid_from, valid_until.
Json render_reference(const ReferenceValue& value);

// number, time, who, verb, subject, id (of the chain).
Json render_audit(const AuditRecord& record);

// id (of the token, not the token), uses_left, created, expires, state: open | spent | expired.
Json render_token(const TokenRecord& token, WallTime now);

}  // namespace quotemill::transport
