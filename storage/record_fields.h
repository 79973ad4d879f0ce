// The parts that several records share: digests, findings, verdicts, PCR values, fixed-size bytes.
//
// FieldReader is sticky, as ByteReader is: the first part that does not fit is remembered, what is
// read afterwards is default, and only finish() yields the value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/result.h"
#include "engine/tpm/pcr.h"
#include "engine/verdict/verdict.h"
#include "records.pb.h"
#include "storage/plain_writer.h"
#include "storage/records.h"

namespace quotemill::storage {

std::string to_text(ByteView bytes);

void write(const Digest& from, pb::Digest& to);

// As field `number` of a message.
void write(const Digest& from, std::uint32_t number, PlainWriter& to);
void write(const Finding& from, std::uint32_t number, PlainWriter& to);
void write(const Findings& from, std::uint32_t number, PlainWriter& to);
void write(const Verdict& from, std::uint32_t number, PlainWriter& to);
void write(const PcrBank& from, std::uint32_t number, PlainWriter& to);

class FieldReader;

// What many hosts have in common; the rest of `out` stays as it is.
void read_common(const pb::Host& from, HostRecord& out);
// But for what is a host's own: generation, resetCount and log.
BootProof read_shared_proof(FieldReader& in, const pb::BootProof& from);
RuntimeProof read_runtime(FieldReader& in, const pb::RuntimeProof& from);
FactsRecord read_facts(const pb::Facts& from);

class FieldReader {
 public:
  // `what` names the record in errors ("state record"); a literal.
  explicit FieldReader(const char* what) : what_(what) {}

  Digest digest(const pb::Digest& from);
  Finding finding(const pb::Finding& from);
  Findings findings(const google::protobuf::RepeatedPtrField<pb::Finding>& from);
  Verdict verdict(const pb::Verdict& from);
  PcrBank pcr_bank(const pb::PcrBank& from);
  TrustState state(std::uint32_t number);

  // The enumerator with this number, which must not be above `last`.
  template <class Enum>
  Enum enumerator(const char* name, std::uint32_t number, Enum last) {
    if (number > static_cast<std::uint32_t>(last)) {
      unknown(name, number);
      return Enum{};
    }
    return static_cast<Enum>(number);
  }

  template <std::size_t N>
  std::array<std::uint8_t, N> array(const std::string& from) {
    std::array<std::uint8_t, N> out{};
    if (from.size() != N) {
      damaged("a field of fixed size has another one");
    } else {
      std::copy(from.begin(), from.end(), out.begin());
    }
    return out;
  }

  // Marks the record as damaged; the first failure stays.
  void damaged(const char* why);

  template <class T>
  Result<T> finish(T value) {
    return failure_ ? Result<T>(*std::move(failure_)) : Result<T>(std::move(value));
  }

 private:
  void unknown(const char* name, std::uint64_t number);

  const char* what_;
  std::optional<Error> failure_;
};

// The version byte, behind which a PlainWriter writes the message.
std::string begun_record(std::uint8_t version = kRecordVersion);

// The version byte, then the message.
template <class Message>
std::string seal_record(const Message& message, std::uint8_t version = kRecordVersion) {
  std::string value(1, static_cast<char>(version));
  message.AppendToString(&value);
  return value;
}

template <class Message>
Result<Message> open_record(const char* what, std::string_view value,
                            std::uint8_t version = kRecordVersion) {
  const Result<std::string_view> body = decode_plain(what, value, version);
  if (!body) {
    return body.error();
  }
  Message message;
  if (!message.ParseFromArray(body->data(), static_cast<int>(body->size()))) {
    return Error{ErrorCode::kStorage, what, 0, "damaged: is no Protocol Buffers message"};
  }
  return message;
}

}  // namespace quotemill::storage
