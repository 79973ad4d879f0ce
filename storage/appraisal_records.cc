// What an appraisal leaves behind: states, history rows, full evidence.
#include "storage/record_fields.h"
#include "storage/records.h"

namespace quotemill::storage {

namespace {

constexpr const char* kHistoryRecord = "history record";

void write_counters(const CounterRecord& from, std::uint32_t number, PlainWriter& to) {
  to.message(number, [&] {
    to.number(1, from.clock.clock_ms);
    to.number(2, from.clock.reset_count);
    to.number(3, from.clock.restart_count);
    to.number(4, from.clock.safe ? 1 : 0);
    to.fixed64(5, from.firmware_version);
    to.bytes(6, from.boot_id);
    to.signed_number(7, from.received.ms);
  });
}

CounterRecord read_counters(FieldReader& in, const pb::Counters& from) {
  CounterRecord out;
  out.clock = {from.clock_ms(), from.reset_count(), from.restart_count(), from.safe()};
  out.firmware_version = from.firmware_version();
  out.boot_id = in.array<16>(from.boot_id());
  out.received.ms = from.received_ms();
  return out;
}

void write_proof(const BootProof& from, std::uint32_t number, PlainWriter& to) {
  to.message(number, [&] {
    to.number(1, from.generation);
    to.number(2, from.reset_count);
    write(from.pcrs.values(), 3, to);
    write(from.log, 4, to);
    to.bytes(5, from.snapshot);
    write(from.findings, 6, to);
    to.number(7, from.event_count);
  });
}

BootProof read_proof(FieldReader& in, const pb::BootProof& from) {
  BootProof out = read_shared_proof(in, from);
  out.generation = from.generation();
  out.reset_count = from.reset_count();
  out.log = in.digest(from.log());
  return out;
}

void write_runtime(const RuntimeProof& from, std::uint32_t number, PlainWriter& to) {
  ByteWriter list;
  from.list.write(list);
  to.message(number, [&] {
    to.number(1, from.generation);
    to.number(2, from.reset_count);
    to.bytes(3, from.boot_id);
    write(from.rules, 4, to);
    write(from.pcr, 5, to);
    to.bytes(6, list.view());
    write(from.findings, 7, to);
  });
}

void write_latches(const Latches& from, std::uint32_t number, PlainWriter& to) {
  for (const Latch& latch : from.all) {
    to.message(number, [&] {
      write(latch.finding, 1, to);
      to.signed_number(2, latch.since.ms);
      to.number(3, latch.sequence);
      to.number(4, latch.is_acknowledged ? 1 : 0);
    });
  }
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

void write_facts(const FactsRecord& from, std::uint32_t number, PlainWriter& to) {
  to.message(number, [&] {
    to.bytes(1, from.os_id);
    to.bytes(2, from.os_version);
    to.bytes(3, from.kernel);
    to.bytes(4, from.vendor);
    to.bytes(5, from.model);
    to.bytes(6, from.agent);
    to.bytes(7, from.firmware);
  });
}

void write_appraisal(const HistoryEntry& entry, PlainWriter& to) {
  to.number(1, entry.generation);
  to.signed_number(2, entry.time.ms);
  write(entry.verdict, 3, to);
  to.bytes(4, entry.evidence_item);
  to.bytes(5, entry.nonce);
  to.number(6, static_cast<std::uint32_t>(entry.nonce_kind));
  if (!entry.boot_log.is_filled_with(0)) {
    write(entry.boot_log, 7, to);
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

void write_run(const HistoryRun& from, PlainWriter& to) {
  to.signed_number(3, from.first_time.ms);
  to.signed_number(4, from.first_fresh_from.ms);
  to.signed_number(5, from.first_valid_until.ms);
  to.bytes(6, from.first_evidence_item);
  to.bytes(7, from.first_nonce);
  to.number(8, static_cast<std::uint32_t>(from.first_nonce_kind));
  to.number(9, from.interactive);
  to.signed_number(10, from.longest_gap_ms);
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
  std::string value = begun_record(state.latches ? kLatchedRecordVersion : kRecordVersion);
  PlainWriter out(value);
  out.number(1, state.generation);
  out.number(2, state.sequence);
  out.number(3, static_cast<std::uint32_t>(state.state));
  out.signed_number(4, state.since.ms);
  write(state.verdict, 5, out);
  out.signed_number(6, state.judged.ms);
  if (state.counters) {
    write_counters(*state.counters, 7, out);
  }
  if (state.proof) {
    write_proof(*state.proof, 8, out);
  }
  write_facts(state.facts, 9, out);
  write(state.evidence, 10, out);
  out.bytes(11, state.receipt);
  if (state.nonce_issued) {
    out.present_number(12, static_cast<std::uint64_t>(state.nonce_issued->ms));
  }
  out.signed_number(13, state.nonce_deadline.ms);
  out.number(14, state.host_changes);
  if (state.runtime) {
    write_runtime(*state.runtime, 15, out);
  }
  if (state.latches) {
    write_latches(*state.latches, 16, out);
    out.number(17, state.latches->is_full ? 1 : 0);
  }
  out.number(18, state.trust_lost);
  return value;
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
  std::string value = begun_record(entry.run ? kRunRecordVersion : kRecordVersion);
  PlainWriter out(value);
  if (!entry.run) {
    write_appraisal(entry, out);
    return value;
  }
  out.message(1, [&] { write_appraisal(entry, out); });
  out.number(2, entry.sequence);
  write_run(*entry.run, out);
  return value;
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
  std::string value = begun_record();
  PlainWriter out(value);
  out.number(1, revision.generation);
  out.number(2, static_cast<std::uint32_t>(revision.cause));
  write(revision.verdict, 3, out);
  return value;
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

std::string encode_full_evidence(std::uint64_t sequence, ByteView item) {
  std::string value = begun_record();
  PlainWriter out(value);
  out.number(1, sequence);
  out.bytes(2, item);
  return value;
}

Result<FullEvidence> decode_full_evidence(std::string_view value) {
  const Result<pb::FullEvidence> from = open_record<pb::FullEvidence>("evidence record", value);
  if (!from) {
    return from.error();
  }
  return FullEvidence{from->sequence(), to_bytes(as_bytes(from->item()))};
}

}  // namespace quotemill::storage
