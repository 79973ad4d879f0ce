#include "transport/render/render_records.h"

#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::transport {

namespace {

template <class T>
Json optional_number(const std::optional<T>& number) {
  return number ? Json(*number) : Json(nullptr);
}

// What is host-supplied or may quote something that was.
Json text_of(std::string_view untrusted) {
  return untrusted.empty() ? Json(nullptr) : Json(escaped(untrusted));
}

Json render_findings(const Findings& findings) {
  Json out = Json::array();
  for (const Finding& finding : findings) {
    out.push_back(render_finding(finding));
  }
  return out;
}

Json with_remedies(const Findings& findings) {
  Json out = Json::array();
  for (const Finding& finding : findings) {
    Json one = render_finding(finding);
    const std::string_view remedy = remedy_of(finding.code);
    one["remedy"] = remedy.empty() ? Json(nullptr) : Json(remedy);
    out.push_back(std::move(one));
  }
  return out;
}

Json reason_of(const Findings& findings) {
  if (findings.empty() || findings.front().severity == Severity::kInfo) {
    return nullptr;
  }
  const Finding& worst = findings.front();  // decide() sorts them
  return {{"code", name_of(worst.code)},
          {"severity", name_of(worst.severity)},
          {"message", message_of(worst)}};
}

// A state that time alone made has no evidence of its own: then the last proven quote counts.
WallTime last_seen(const HostState& state) {
  if (state.state != TrustState::kStale && state.sequence != 0) {
    return state.judged;
  }
  return state.counters ? state.counters->received : WallTime{};
}

Json render_facts(const FactsRecord& facts) {
  return {{"os_id", text_of(facts.os_id)},      {"os_version", text_of(facts.os_version)},
          {"kernel", text_of(facts.kernel)},    {"vendor", text_of(facts.vendor)},
          {"model", text_of(facts.model)},      {"agent", text_of(facts.agent)},
          {"firmware", text_of(facts.firmware)}};
}

Json render_identity(const HostRecord& record) {
  Json labels = Json::object();
  for (const auto& [name, value] : record.labels) {
    labels[name] = value;
  }
  const Digest ak = hash(HashAlgorithm::kSha256, record.ak_public);
  return {{"generation", record.generation},
          {"enrolled", iso_time(record.enrolled)},
          {"admitted_by", text_of(record.admitted_by)},
          {"ek_sha256", text_of(record.ek_sha256)},
          {"ek_certificate", record.ek_certificate.has_value()},
          {"ak_sha256", record.ak_public.empty() ? Json(nullptr) : Json(ak.hex())},
          {"note", text_of(record.note)},
          {"maintenance_until",
           record.life_cycle == LifeCycle::kMaintenance ? iso_time(record.expires) : Json(nullptr)},
          {"labels", std::move(labels)}};
}

Json render_boot(const HostState& state) {
  Json out = {
      {"boot_id", nullptr}, {"reset_count", nullptr}, {"restart_count", nullptr}, {"log", nullptr}};
  if (state.counters) {
    out["boot_id"] = uuid_text(state.counters->boot_id);
    out["reset_count"] = state.counters->clock.reset_count;
    out["restart_count"] = state.counters->clock.restart_count;
  }
  if (state.proof) {
    Json pcrs = Json::object();
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (state.proof->pcrs.values().has(pcr)) {
        pcrs[std::to_string(pcr)] = state.proof->pcrs.values().at(pcr).hex();
      }
    }
    out["log"] = {{"evidence_sha256", state.proof->log.hex()},
                  {"events", state.proof->event_count},
                  {"bank", name_of(state.proof->pcrs.values().algorithm())},
                  {"pcrs", std::move(pcrs)}};
  }
  return out;
}

Json render_runtime(const HostState& state) {
  if (!state.runtime) {
    return nullptr;
  }
  return {{"entries", state.runtime->list.progress.entries()},
          {"unproven", state.runtime->list.unproven()},
          {"bytes", state.runtime->list.proven_size},
          {"pcr10", state.runtime->pcr.hex()}};
}

std::string sha256_of(ByteView bytes) {
  return hash(HashAlgorithm::kSha256, bytes).hex();
}

const char* name_of_kind(NonceKind kind) {
  return kind == NonceKind::kPreissued ? "preissued" : "interactive";
}

Json render_run(const HistoryEntry& entry) {
  if (!entry.run) {
    return nullptr;
  }
  const HistoryRun& run = *entry.run;
  return {{"count", entry.count()},
          {"interactive", run.interactive},
          {"longest_gap_ms", run.longest_gap_ms},
          {"first",
           {{"seq", run.first_sequence},
            {"time", iso_time(run.first_time)},
            {"evidence_sha256", sha256_of(run.first_evidence_item)},
            {"evidence_bytes", run.first_evidence_item.size()},
            {"nonce", name_of_kind(run.first_nonce_kind)}}}};
}

Json render_latches(const HostState& state) {
  Json out = Json::array();
  for (const Latch& latch : state.latches ? state.latches->all : std::vector<Latch>()) {
    Json one = render_finding(latch.finding);
    one["since"] = iso_time(latch.since);
    one["seq"] = latch.sequence;
    one["acknowledged"] = latch.is_acknowledged;
    out.push_back(std::move(one));
  }
  return out;
}

Json render_evidence(const HostState& state) {
  return {{"seq", state.sequence},
          {"sha256", hex_or_null(state.evidence.view())},
          {"judged", iso_time(state.judged)},
          {"fresh_from", iso_time(state.verdict.fresh_from)},
          {"valid_until", iso_time(state.verdict.valid_until)},
          {"snapshot", hex_or_null(state.verdict.snapshot)}};
}

}  // namespace

Json render_finding(const Finding& finding) {
  return {{"code", name_of(finding.code)},
          {"severity", name_of(finding.severity)},
          {"pcr", optional_number(finding.pcr)},
          {"event", optional_number(finding.event)},
          {"type", finding.event_type ? Json(event_type_name(*finding.event_type)) : Json(nullptr)},
          {"alg", finding.digest ? Json(name_of(finding.digest->algorithm())) : Json(nullptr)},
          {"digest", finding.digest ? Json(finding.digest->hex()) : Json(nullptr)},
          {"expected", finding.expected ? Json(finding.expected->hex()) : Json(nullptr)},
          {"allowed", finding.allowed.empty() ? Json(nullptr) : Json(finding.allowed)},
          {"message", message_of(finding)}};
}

Json render_host_row(const Host& host) {
  const HostState& state = *host.state;
  return {{"name", text_of(host.record->name)},
          {"uuid", host.record->uid.hex()},
          {"life_cycle", name_of(host.record->life_cycle)},
          {"state", name_of(state.state)},
          {"since", iso_time(state.since)},
          {"last_seen", iso_time(last_seen(state))},
          {"why", reason_of(state.verdict.findings)}};
}

Json render_host(const Host& host) {
  Json out = render_host_row(host);
  const HostState& state = *host.state;
  out["changes"] = state.host_changes;
  out["findings"] = with_remedies(state.verdict.findings);
  out["findings_dropped"] = state.verdict.findings_dropped;
  out["latched"] = render_latches(state);
  out["latched_full"] = state.latches && state.latches->is_full;
  out["facts"] = render_facts(state.facts);
  out["identity"] = render_identity(*host.record);
  out["boot"] = render_boot(state);
  out["runtime"] = render_runtime(state);
  out["evidence"] = render_evidence(state);
  return out;
}

Json render_pending(const HostRecord& record) {
  return {{"uuid", record.uid.hex()},
          {"name", text_of(record.name)},
          {"ek_sha256", text_of(record.ek_sha256)},
          {"enrolled", iso_time(record.enrolled)},
          {"expires", iso_time(record.expires)},
          {"note", text_of(record.note)}};
}

Json render_appraisal(const HistoryEntry& entry) {
  return {{"seq", entry.sequence},
          {"time", iso_time(entry.time)},
          {"generation", entry.generation},
          {"state", name_of(entry.verdict.state)},
          {"findings", render_findings(entry.verdict.findings)},
          {"findings_dropped", entry.verdict.findings_dropped},
          {"evidence_sha256", sha256_of(entry.evidence_item)},
          {"evidence_bytes", entry.evidence_item.size()},
          {"boot_log", hex_or_null(entry.boot_log.view())},
          {"nonce", name_of_kind(entry.nonce_kind)},
          {"snapshot", hex_or_null(entry.verdict.snapshot)},
          {"run", render_run(entry)}};
}

namespace {

Json render_image(const Baseline& baseline) {
  const BaseImage& image = *baseline.image;
  return {{"name", text_of(image.name)},
          {"vendor", text_of(image.vendor)},
          {"version", text_of(image.version.version)},
          {"build", text_of(image.version.build)},
          {"acceptance", name_of(image.acceptance)},
          {"vibs", image.vibs.size()},
          {"database", image.database ? Json("sha256:" + image.database->hex()) : Json(nullptr)},
          {"approved", iso_time(baseline.approved)},
          {"approved_by",
           baseline.approved.ms != 0 ? Json(printable(baseline.approved_by)) : Json(nullptr)}};
}

}  // namespace

Json render_baseline(const Baseline& baseline) {
  const std::optional<ImportedFile>& file = baseline.file;
  return {
      {"name", text_of(baseline.name)},
      {"version", baseline.version},
      {"kind", file ? "imported" : "captured"},
      {"captured", iso_time(baseline.captured)},
      {"source", {{"uuid", baseline.source.hex()}, {"name", text_of(baseline.source_name)}}},
      {"events", baseline.events.size()},
      {"values", file ? file->values : baseline.values.size()},
      {"file", file ? Json{{"name", text_of(file->name)},
                           {"format", text_of(file->format)},
                           {"size", file->size},
                           {"sha256", file->id.hex()},
                           {"by", printable(file->by)}}
                    : Json(nullptr)},
      {"image", baseline.is_image() ? render_image(baseline) : Json(nullptr)},
      {"retired", iso_time(baseline.retired)},
      {"retired_by", baseline.is_retired() ? Json(printable(baseline.retired_by)) : Json(nullptr)},
      {"sha256", content_id(baseline).hex()}};
}

Json render_reference(const ReferenceValue& value) {
  return {{"digest", std::string(name_of(value.digest.algorithm())) + ":" + value.digest.hex()},
          {"kind", name_of(value.kind)},
          {"pcr", value.pcr ? Json(*value.pcr) : Json(nullptr)},
          {"name", text_of(value.name)},
          {"version", text_of(value.version)},
          {"vendor", text_of(value.vendor)},
          {"source", text_of(value.source)},
          {"valid_from", iso_time(value.valid_from)},
          {"valid_until", iso_time(value.valid_until)}};
}

Json render_audit(const AuditRecord& record) {
  return {{"number", record.number},
          {"time", iso_time(record.time)},
          {"who", text_of(record.act.who)},
          {"verb", text_of(record.act.verb)},
          {"subject", text_of(record.act.subject)},
          {"id", record.id.hex()}};
}

Json render_token(const TokenRecord& token, WallTime now) {
  const char* state = "open";
  if (token.uses_left == 0) {
    state = "spent";
  } else if (token.expires <= now) {
    state = "expired";
  }
  return {{"id", token.id.hex().substr(0, 16)},
          {"uses_left", token.uses_left},
          {"created", iso_time(token.created)},
          {"expires", iso_time(token.expires)},
          {"state", state}};
}

}  // namespace quotemill::transport
