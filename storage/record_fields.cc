#include "storage/record_fields.h"

namespace quotemill::storage {

namespace {

using FindingList = google::protobuf::RepeatedPtrField<pb::Finding>;

constexpr std::size_t kUsualSize = 1'280;  // of what is written for each host, with its evidence

}  // namespace

std::string begun_record(std::uint8_t version) {
  std::string value;
  value.reserve(kUsualSize);
  value.push_back(static_cast<char>(version));
  return value;
}

std::string to_text(ByteView bytes) {
  return std::string(as_text(bytes));
}

void write(const Digest& from, pb::Digest& to) {
  to.set_algorithm(static_cast<std::uint32_t>(from.algorithm()));
  to.set_value(to_text(from.view()));
}

void write(const Digest& from, std::uint32_t number, PlainWriter& to) {
  to.message(number, [&] {
    to.number(1, static_cast<std::uint32_t>(from.algorithm()));
    to.bytes(2, from.view());
  });
}

void write(const Finding& from, std::uint32_t number, PlainWriter& to) {
  to.message(number, [&] {
    to.number(1, static_cast<std::uint32_t>(from.code));
    to.number(2, static_cast<std::uint32_t>(from.severity));
    if (from.pcr) {
      to.present_number(3, *from.pcr);
    }
    if (from.event) {
      to.present_number(4, *from.event);
    }
    if (from.event_type) {
      to.present_number(5, *from.event_type);
    }
    if (from.digest) {
      write(*from.digest, 6, to);
    }
    if (from.expected) {
      write(*from.expected, 7, to);
    }
    to.bytes(8, from.subject);
    to.number(9, from.seen_number);
    to.number(10, from.expected_number);
    to.bytes(11, from.allowed);
  });
}

void write(const Findings& from, std::uint32_t number, PlainWriter& to) {
  for (const Finding& finding : from) {
    write(finding, number, to);
  }
}

void write(const Verdict& from, std::uint32_t number, PlainWriter& to) {
  to.message(number, [&] {
    to.number(1, static_cast<std::uint32_t>(from.state));
    write(from.findings, 2, to);
    to.number(3, from.findings_dropped);
    to.bytes(4, from.snapshot);
    to.signed_number(5, from.fresh_from.ms);
    to.signed_number(6, from.valid_until.ms);
  });
}

void write(const PcrBank& from, std::uint32_t number, PlainWriter& to) {
  to.message(number, [&] {
    to.number(1, static_cast<std::uint32_t>(from.algorithm()));
    to.number(2, from.mask());
    if (from.mask() == 0) {
      return;
    }
    to.message(3, [&] {  // bytes, which are written like one
      for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
        if (from.has(pcr)) {
          to.raw(from.at(pcr).view());
        }
      }
    });
  });
}

void FieldReader::damaged(const char* why) {
  if (!failure_) {
    failure_ = Error{ErrorCode::kStorage, what_, 0, std::string("damaged: ") + why};
  }
}

void FieldReader::unknown(const char* name, std::uint64_t number) {
  if (!failure_) {
    failure_ = Error{ErrorCode::kUnsupported, what_, 0,
                     std::string(name) + " " + std::to_string(number) +
                         " is unknown here: written by a newer Quotemill"};
  }
}

Digest FieldReader::digest(const pb::Digest& from) {
  const std::optional<HashAlgorithm> algorithm =
      from.algorithm() <= 0xFFFF ? hash_algorithm(static_cast<std::uint16_t>(from.algorithm()))
                                 : std::nullopt;
  if (!algorithm) {
    unknown("hash algorithm", from.algorithm());
    return Digest();
  }
  const std::optional<Digest> digest = Digest::from(*algorithm, as_bytes(from.value()));
  if (!digest) {
    damaged("a digest has another size than its algorithm's");
    return Digest();
  }
  return *digest;
}

TrustState FieldReader::state(std::uint32_t number) {
  return enumerator("trust state", number, TrustState::kStale);
}

Finding FieldReader::finding(const pb::Finding& from) {
  Finding out;
  const std::optional<FindingCode> code =
      from.code() <= 0xFFFF ? finding_code(static_cast<std::uint16_t>(from.code())) : std::nullopt;
  if (!code) {
    unknown("finding code", from.code());
    return out;
  }
  out.code = *code;
  out.severity = enumerator("severity", from.severity(), Severity::kFail);
  if (from.has_pcr()) {
    out.pcr = from.pcr();
  }
  if (from.has_event()) {
    out.event = from.event();
  }
  if (from.has_event_type()) {
    out.event_type = from.event_type();
  }
  if (from.has_digest()) {
    out.digest = digest(from.digest());
  }
  if (from.has_expected()) {
    out.expected = digest(from.expected());
  }
  out.subject = from.subject();
  out.seen_number = from.seen_number();
  out.expected_number = from.expected_number();
  out.allowed = from.allowed();
  return out;
}

Findings FieldReader::findings(const FindingList& from) {
  Findings out;
  out.reserve(static_cast<std::size_t>(from.size()));
  for (const pb::Finding& one : from) {
    out.push_back(finding(one));
  }
  return out;
}

Verdict FieldReader::verdict(const pb::Verdict& from) {
  Verdict out;
  out.state = state(from.state());
  out.findings = findings(from.findings());
  out.findings_dropped = from.findings_dropped();
  out.snapshot = array<32>(from.snapshot());
  out.fresh_from.ms = from.fresh_from_ms();
  out.valid_until.ms = from.valid_until_ms();
  return out;
}

PcrBank FieldReader::pcr_bank(const pb::PcrBank& from) {
  const std::optional<HashAlgorithm> algorithm =
      from.algorithm() <= 0xFFFF ? hash_algorithm(static_cast<std::uint16_t>(from.algorithm()))
                                 : std::nullopt;
  if (!algorithm || from.mask() >> limits::kPcrCount != 0) {
    unknown("PCR bank", from.algorithm());
    return PcrBank();
  }
  PcrBank bank(*algorithm);
  ByteReader values(as_bytes(from.values()));
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if ((from.mask() >> pcr & 1U) != 0) {
      const ByteView value = values.bytes(digest_size(*algorithm));
      bank.set(pcr, Digest::from(*algorithm, value).value_or(Digest(*algorithm)));
    }
  }
  if (!values.ok() || values.remaining() != 0) {
    damaged("PCR values do not fill their mask");
  }
  return bank;
}

}  // namespace quotemill::storage
