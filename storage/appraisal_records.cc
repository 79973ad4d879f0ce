// What an appraisal leaves behind: states, history rows, full evidence.
#include "storage/record_fields.h"
#include "storage/records.h"

namespace quotemill::storage {

namespace {

constexpr const char* kHistoryRecord = "history record";

void write_counters(const CounterRecord& from, pb::Counters& to) {
  to.set_clock_ms(from.clock.clock_ms);
  to.set_reset_count(from.clock.reset_count);
  to.set_restart_count(from.clock.restart_count);
  to.set_safe(from.clock.safe);
  to.set_firmware_version(from.firmware_version);
  to.set_boot_id(to_text(from.boot_id));
  to.set_received_ms(from.received.ms);
}

CounterRecord read_counters(FieldReader& in, const pb::Counters& from) {
  CounterRecord out;
  out.clock = {from.clock_ms(), from.reset_count(), from.restart_count(), from.safe()};
  out.firmware_version = from.firmware_version();
  out.boot_id = in.array<16>(from.boot_id());
  out.received.ms = from.received_ms();
  return out;
}

void write_proof(const BootProof& from, pb::BootProof& to) {
  to.set_generation(from.generation);
  to.set_reset_count(from.reset_count);
  write(from.pcrs.values(), *to.mutable_pcrs());
  write(from.log, *to.mutable_log());
  to.set_snapshot(to_text(from.snapshot));
  write(from.findings, *to.mutable_findings());
  to.set_event_count(from.event_count);
}

BootProof read_proof(FieldReader& in, const pb::BootProof& from) {
  BootProof out = read_shared_proof(in, from);
  out.generation = from.generation();
  out.reset_count = from.reset_count();
  out.log = in.digest(from.log());
  return out;
}

void write_runtime(const RuntimeProof& from, pb::RuntimeProof& to) {
  to.set_generation(from.generation);
  to.set_reset_count(from.reset_count);
  to.set_boot_id(to_text(from.boot_id));
  write(from.rules, *to.mutable_rules());
  write(from.pcr, *to.mutable_pcr());
  ByteWriter list;
  from.list.write(list);
  to.set_list(to_text(list.view()));
  write(from.findings, *to.mutable_findings());
}

void write_latches(const Latches& from, pb::State& to) {
  for (const Latch& latch : from.all) {
    pb::Latch& out = *to.add_latches();
    write(latch.finding, *out.mutable_finding());
    out.set_since_ms(latch.since.ms);
    out.set_sequence(latch.sequence);
    out.set_acknowledged(latch.is_acknowledged);
  }
  to.set_latches_full(from.is_full);
}

std::shared_ptr<const Latches> read_latches(FieldReader& in, const pb::State& from) {
  if (from.latches().empty()) {
    return nullptr;
  }
  auto out = std::make_shared<Latches>();
  for (const pb::Latch& latch : from.latches()) {
    out->all.push_back(
        {in.finding(latch.finding()), {latch.since_ms()}, latch.sequence(), latch.acknowledged()});
  }
  out->is_full = from.latches_full();
  return out;
}

void write_facts(const FactsRecord& from, pb::Facts& to) {
  to.set_os_id(from.os_id);
  to.set_os_version(from.os_version);
  to.set_kernel(from.kernel);
  to.set_vendor(from.vendor);
  to.set_model(from.model);
  to.set_agent(from.agent);
  to.set_firmware(from.firmware);
}

void write_appraisal(const HistoryEntry& entry, pb::Appraisal& out) {
  out.set_generation(entry.generation);
  out.set_time_ms(entry.time.ms);
  write(entry.verdict, *out.mutable_verdict());
  out.set_evidence_item(to_text(entry.evidence_item));
  out.set_nonce(to_text(entry.nonce));
  out.set_nonce_kind(static_cast<std::uint32_t>(entry.nonce_kind));
  if (!entry.boot_log.is_filled_with(0)) {
    write(entry.boot_log, *out.mutable_boot_log());
  }
}

HistoryEntry read_appraisal(FieldReader& in, const pb::Appraisal& from) {
  HistoryEntry out;
  out.generation = from.generation();
  out.time.ms = from.time_ms();
  out.verdict = in.verdict(from.verdict());
  out.evidence_item = to_bytes(as_bytes(from.evidence_item()));
  out.nonce = in.array<32>(from.nonce());
  out.nonce_kind = in.enumerator("nonce kind", from.nonce_kind(), NonceKind::kInteractive);
  if (from.has_boot_log()) {
    out.boot_log = in.digest(from.boot_log());
  }
  return out;
}

void write_run(const HistoryRun& from, pb::Run& to) {
  to.set_first_time_ms(from.first_time.ms);
  to.set_first_fresh_from_ms(from.first_fresh_from.ms);
  to.set_first_valid_until_ms(from.first_valid_until.ms);
  to.set_first_evidence_item(to_text(from.first_evidence_item));
  to.set_first_nonce(to_text(from.first_nonce));
  to.set_first_nonce_kind(static_cast<std::uint32_t>(from.first_nonce_kind));
  to.set_interactive(from.interactive);
  to.set_longest_gap_ms(from.longest_gap_ms);
}

HistoryRun read_run(FieldReader& in, std::uint64_t first_sequence, const pb::Run& from) {
  HistoryRun out;
  out.first_sequence = first_sequence;
  out.first_time.ms = from.first_time_ms();
  out.first_fresh_from.ms = from.first_fresh_from_ms();
  out.first_valid_until.ms = from.first_valid_until_ms();
  out.first_evidence_item = to_bytes(as_bytes(from.first_evidence_item()));
  out.first_nonce = in.array<32>(from.first_nonce());
  out.first_nonce_kind =
      in.enumerator("nonce kind", from.first_nonce_kind(), NonceKind::kInteractive);
  out.interactive = from.interactive();
  out.longest_gap_ms = from.longest_gap_ms();
  if (from.last_sequence() <= first_sequence) {
    in.damaged("a run ends before it begins");
  }
  return out;
}

}  // namespace

BootProof read_shared_proof(FieldReader& in, const pb::BootProof& from) {
  BootProof out;
  out.pcrs = KnownPcrs(in.pcr_bank(from.pcrs()));
  out.snapshot = in.array<32>(from.snapshot());
  out.findings = in.findings(from.findings());
  out.event_count = from.event_count();
  return out;
}

RuntimeProof read_runtime(FieldReader& in, const pb::RuntimeProof& from) {
  RuntimeProof out;
  out.generation = from.generation();
  out.reset_count = from.reset_count();
  out.boot_id = in.array<16>(from.boot_id());
  out.rules = in.digest(from.rules());
  out.pcr = in.digest(from.pcr());
  const Result<ImaState> list = ImaState::read(as_bytes(from.list()));
  if (list) {
    out.list = *list;
  } else {
    in.damaged("a runtime list that cannot be read");
  }
  out.findings = in.findings(from.findings());
  return out;
}

FactsRecord read_facts(const pb::Facts& from) {
  return {from.os_id(), from.os_version(), from.kernel(),  from.vendor(),
          from.model(), from.agent(),      from.firmware()};
}

std::string encode_state(const HostState& state) {
  pb::State out;
  out.set_generation(state.generation);
  out.set_sequence(state.sequence);
  out.set_state(static_cast<std::uint32_t>(state.state));
  out.set_since_ms(state.since.ms);
  write(state.verdict, *out.mutable_verdict());
  out.set_judged_ms(state.judged.ms);
  if (state.counters) {
    write_counters(*state.counters, *out.mutable_counters());
  }
  if (state.proof) {
    write_proof(*state.proof, *out.mutable_proof());
  }
  if (state.runtime) {
    write_runtime(*state.runtime, *out.mutable_runtime());
  }
  write_facts(state.facts, *out.mutable_facts());
  write(state.evidence, *out.mutable_evidence());
  out.set_receipt(to_text(state.receipt));
  if (state.nonce_issued) {
    out.set_nonce_issued_ms(state.nonce_issued->ms);
  }
  out.set_nonce_deadline_ms(state.nonce_deadline.ms);
  out.set_host_changes(state.host_changes);
  out.set_trust_lost(state.trust_lost);
  if (state.latches) {
    write_latches(*state.latches, out);
    return seal_record(out, kLatchedRecordVersion);
  }
  return seal_record(out);
}

Result<HostState> decode_state(const HostUid& uid, std::string_view value) {
  const bool is_latched =
      !value.empty() && static_cast<std::uint8_t>(value.front()) == kLatchedRecordVersion;
  const Result<pb::State> from = open_record<pb::State>(
      "state record", value, is_latched ? kLatchedRecordVersion : kRecordVersion);
  if (!from) {
    return from.error();
  }
  FieldReader in("state record");
  HostState out;
  out.host = uid;
  out.generation = from->generation();
  out.sequence = from->sequence();
  out.state = in.state(from->state());
  out.since.ms = from->since_ms();
  out.verdict = in.verdict(from->verdict());
  out.judged.ms = from->judged_ms();
  if (from->has_counters()) {
    out.counters = read_counters(in, from->counters());
  }
  if (from->has_proof()) {
    out.proof = std::make_shared<const BootProof>(read_proof(in, from->proof()));
  }
  if (from->has_runtime()) {
    out.runtime = std::make_shared<const RuntimeProof>(read_runtime(in, from->runtime()));
  }
  out.facts = read_facts(from->facts());
  out.evidence = in.digest(from->evidence());
  out.receipt = to_bytes(as_bytes(from->receipt()));
  if (from->has_nonce_issued_ms()) {
    out.nonce_issued = WallTime{from->nonce_issued_ms()};
  }
  out.nonce_deadline.ms = from->nonce_deadline_ms();
  out.host_changes = from->host_changes();
  out.trust_lost = from->trust_lost();
  out.latches = read_latches(in, *from);
  return in.finish(std::move(out));
}

std::string encode_appraisal(const HistoryEntry& entry) {
  if (!entry.run) {
    pb::Appraisal out;
    write_appraisal(entry, out);
    return seal_record(out);
  }
  pb::Run out;
  write_appraisal(entry, *out.mutable_last());
  out.set_last_sequence(entry.sequence);
  write_run(*entry.run, out);
  return seal_record(out, kRunRecordVersion);
}

Result<HistoryEntry> decode_appraisal(const HostUid& uid, std::uint64_t first_sequence,
                                      std::string_view value) {
  FieldReader in(kHistoryRecord);
  if (value.empty() || static_cast<std::uint8_t>(value.front()) != kRecordVersion) {
    const Result<pb::Run> from = open_record<pb::Run>(kHistoryRecord, value, kRunRecordVersion);
    if (!from) {
      return from.error();
    }
    HistoryEntry out = read_appraisal(in, from->last());
    out.host = uid;
    out.sequence = from->last_sequence();
    out.run = read_run(in, first_sequence, *from);
    return in.finish(std::move(out));
  }
  const Result<pb::Appraisal> from = open_record<pb::Appraisal>(kHistoryRecord, value);
  if (!from) {
    return from.error();
  }
  HistoryEntry out = read_appraisal(in, *from);
  out.host = uid;
  out.sequence = first_sequence;
  return in.finish(std::move(out));
}

std::string encode_revision(const VerdictRevision& revision) {
  pb::Revision out;
  out.set_generation(revision.generation);
  out.set_cause(static_cast<std::uint32_t>(revision.cause));
  write(revision.verdict, *out.mutable_verdict());
  return seal_record(out);
}

Result<VerdictRevision> decode_revision(const HostUid& uid, std::uint64_t sequence, WallTime time,
                                        std::string_view value) {
  constexpr const char* kWhat = "revision record";
  const Result<pb::Revision> from = open_record<pb::Revision>(kWhat, value);
  if (!from) {
    return from.error();
  }
  FieldReader in(kWhat);
  VerdictRevision out;
  out.host = uid;
  out.sequence = sequence;
  out.generation = from->generation();
  out.time = time;
  out.cause = in.enumerator("cause", from->cause(), RevisionCause::kFreshness);
  out.verdict = in.verdict(from->verdict());
  return in.finish(std::move(out));
}

std::string encode_full_evidence(const FullEvidence& evidence) {
  pb::FullEvidence out;
  out.set_sequence(evidence.sequence);
  out.set_item(to_text(evidence.item));
  return seal_record(out);
}

Result<FullEvidence> decode_full_evidence(std::string_view value) {
  const Result<pb::FullEvidence> from = open_record<pb::FullEvidence>("evidence record", value);
  if (!from) {
    return from.error();
  }
  return FullEvidence{from->sequence(), to_bytes(as_bytes(from->item()))};
}

}  // namespace quotemill::storage
