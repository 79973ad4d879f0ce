#include "storage/host_row_reader.h"

#include <algorithm>
#include <utility>

#include "storage/plain_fields.h"
#include "storage/record_fields.h"

namespace quotemill::storage {
namespace {

// What is wrong is told by whoever reads the whole row.
constexpr const char* kPart = "part of a row";

template <class Message>
std::optional<Message> parsed(std::string_view bytes) {
  Message message;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))
             ? std::optional(std::move(message))
             : std::nullopt;
}

// What `read` makes of the message; null if it is none, or has a part that does not fit.
template <class Message, class Read>
auto decoded(std::string_view bytes, Read&& read) {
  using Value = decltype(read(std::declval<FieldReader&>(), std::declval<const Message&>()));
  std::shared_ptr<const Value> out;
  if (const std::optional<Message> from = parsed<Message>(bytes)) {
    FieldReader in(kPart);
    Value value = read(in, *from);
    if (Result<Value> whole = in.finish(std::move(value))) {
      out = std::make_shared<const Value>(*std::move(whole));
    }
  }
  return out;
}

template <std::size_t N>
bool copy_all(std::string_view from, std::array<std::uint8_t, N>& to) {
  if (from.size() != N) {
    return false;
  }
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

bool read_sha256(std::string_view message, StateRow::Id& out) {
  PlainFields in(message);
  const bool is_sha256 = in.u32(1) == static_cast<std::uint32_t>(HashAlgorithm::kSha256);
  return copy_all(in.bytes(2), out) && is_sha256 && in.is_over();
}

bool read_counters(std::string_view message, CounterRecord& out) {
  PlainFields in(message);
  out.clock.clock_ms = in.u64(1);
  out.clock.reset_count = in.u32(2);
  out.clock.restart_count = in.u32(3);
  out.clock.safe = in.u64(4) != 0;
  out.firmware_version = in.fixed64(5);
  const bool has_boot_id = copy_all(in.bytes(6), out.boot_id);
  out.received.ms = in.i64(7);
  return has_boot_id && in.is_over();
}

}  // namespace

const HostRow* HostRowReader::read(const HostUid& uid, std::string_view host,
                                   std::string_view state) {
  const auto is_plain = [](std::string_view value) {
    return !value.empty() && static_cast<std::uint8_t>(value.front()) == kRecordVersion;
  };
  row_.uid = uid;
  return is_plain(host) && is_plain(state) && read_host(host.substr(1)) &&
                 read_state(state.substr(1))
             ? &row_
             : nullptr;
}

bool HostRowReader::read_host(std::string_view message) {
  PlainFields in(message);
  row_.generation = in.u32(1);
  row_.name = in.bytes(2);
  const std::uint32_t life_cycle = in.u32(3);
  row_.life_cycle = static_cast<LifeCycle>(life_cycle);
  row_.ek_public = as_bytes(in.bytes(4));
  row_.ek_sha256 = in.bytes(6);
  row_.ak_public = as_bytes(in.bytes(7));
  const bool has_key = copy_all(in.bytes(8), row_.curve_key);
  row_.enrolled.ms = in.i64(9);
  row_.expires.ms = in.i64(10);
  const std::string_view common = in.between(11, 14);
  row_.ek_certificate_sha256 = as_bytes(in.bytes(14));
  row_.ek_certificate_not_after.ms = in.i64(15);
  const bool is_named = row_.ek_certificate_sha256.empty()
                            ? row_.ek_certificate_not_after == WallTime{}
                            : row_.ek_certificate_sha256.size() == std::tuple_size_v<StateRow::Id>;
  if (!has_key || !is_named || !in.is_over() ||
      life_cycle > static_cast<std::uint32_t>(LifeCycle::kExpected)) {
    return false;
  }
  row_.common = commons_.of(common, [](std::string_view bytes) {
    return decoded<pb::Host>(bytes, [](FieldReader&, const pb::Host& from) {
      HostRecord out;
      read_common(from, out);
      return out;
    });
  });
  return row_.common != nullptr;
}

bool HostRowReader::read_state(std::string_view message) {
  PlainFields in(message);
  StateRow& out = row_.state;
  out.generation = in.u32(1);
  out.sequence = in.u64(2);
  const std::uint32_t state = in.u32(3);
  out.state = static_cast<TrustState>(state);
  out.since.ms = in.i64(4);
  bool is_whole = state <= static_cast<std::uint32_t>(TrustState::kStale);
  is_whole = is_whole && read_verdict(in.bytes(5));
  out.judged.ms = in.i64(6);
  out.counters.reset();
  if (in.has_bytes(7)) {
    is_whole = is_whole && read_counters(in.bytes(7), out.counters.emplace());
  }
  out.proof = nullptr;
  if (in.has_bytes(8)) {
    is_whole = is_whole && read_proof(in.bytes(8));
  }
  out.facts = facts_.of(in.bytes(9), [](std::string_view bytes) {
    return decoded<pb::Facts>(bytes,
                              [](FieldReader&, const pb::Facts& from) { return read_facts(from); });
  });
  is_whole = is_whole && out.facts && read_sha256(in.bytes(10), out.evidence);
  out.receipt = as_bytes(in.bytes(11));
  out.nonce_issued.reset();
  if (in.has_number(12)) {
    out.nonce_issued = WallTime{in.i64(12)};
  }
  out.nonce_deadline.ms = in.i64(13);
  out.host_changes = in.u64(14);
  out.runtime = nullptr;
  if (in.has_bytes(15)) {
    out.runtime = decoded<pb::RuntimeProof>(in.bytes(15), read_runtime);
    is_whole = is_whole && out.runtime;
  }
  return is_whole && in.is_over();
}

bool HostRowReader::read_verdict(std::string_view message) {
  PlainFields in(message);
  const std::string_view shared = in.before(5);
  row_.state.fresh_from.ms = in.i64(5);
  row_.state.valid_until.ms = in.i64(6);
  if (!in.is_over()) {
    return false;
  }
  row_.state.verdict = verdicts_.of(shared, [](std::string_view bytes) {
    return decoded<pb::Verdict>(
        bytes, [](FieldReader& reader, const pb::Verdict& from) { return reader.verdict(from); });
  });
  return row_.state.verdict != nullptr;
}

bool HostRowReader::read_proof(std::string_view message) {
  PlainFields in(message);
  row_.state.proof_generation = in.u32(1);
  row_.state.proof_reset_count = in.u32(2);
  const std::string_view pcrs = in.before(4);
  PlainFields values(pcrs);
  values.bytes(3);
  const bool has_log = read_sha256(in.bytes(4), row_.state.proof_log);
  const std::string_view found = in.from(5);
  if (!has_log || !values.is_over() || !in.is_over()) {
    return false;
  }
  proof_bytes_.assign(pcrs).append(found);
  row_.state.proof = proofs_.of(proof_bytes_, [](std::string_view bytes) {
    return decoded<pb::BootProof>(bytes, read_shared_proof);
  });
  return row_.state.proof != nullptr;
}

}  // namespace quotemill::storage
