#include "deploy/quotemill-verify/userspace_log.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill::offline {
namespace {

using nlohmann::json;

constexpr char kRecordSeparator = '\x1E';

// What is nested deeper is left out.
bool is_shallow(int depth, json::parse_event_t /*event*/, json& /*value*/) {
  return depth <= static_cast<int>(limits::kJsonDepthMax);
}

// A member that is a text; empty if there is none.
std::string text_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// nullopt: an object without its members; a digest of an unknown algorithm is left out.
bool add_digest(const json& item, std::vector<Digest>& digests) {
  if (!item.is_object()) {
    return false;
  }
  const std::optional<HashAlgorithm> bank = hash_algorithm_named(text_member(item, "hashAlg"));
  const std::optional<Bytes> value = from_hex(text_member(item, "digest"));
  if (!bank) {
    return true;
  }
  const std::optional<Digest> digest = value ? Digest::from(*bank, *value) : std::nullopt;
  const bool repeated = std::any_of(digests.begin(), digests.end(),
                                    [&](const Digest& each) { return each.algorithm() == *bank; });
  if (!digest || repeated) {
    return false;
  }
  digests.push_back(*digest);
  return true;
}

// Every digest that can be computed here is that of the text.
bool holds(const std::string& text, const std::vector<Digest>& digests) {
  bool any = false;
  for (const Digest& digest : digests) {
    if (!can_hash(digest.algorithm())) {
      continue;
    }
    if (!(hash(digest.algorithm(), as_bytes(text)) == digest)) {
      return false;
    }
    any = true;
  }
  return any;
}

// A member that is a number up to `max`.
std::optional<std::uint32_t> number_member(const json& object, const char* name,
                                           std::uint32_t max) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() > max) {
    return std::nullopt;
  }
  return found->get<std::uint32_t>();
}

// What was extended: a PCR or an NV index, never both.
bool read_register(const json& object, UserspaceRecord& record) {
  record.pcr = number_member(object, "pcr", limits::kPcrCount - 1);
  record.nv_index = number_member(object, "nv_index", UINT32_MAX);
  return object.contains("pcr") != object.contains("nv_index") &&
         record.pcr.has_value() != record.nv_index.has_value();
}

std::optional<UserspaceRecord> record_of(const json& object) {
  UserspaceRecord record;
  const auto digests = object.find("digests");
  if (!read_register(object, record) || digests == object.end() || !digests->is_array()) {
    return std::nullopt;
  }
  for (const json& item : *digests) {
    if (!add_digest(item, record.digests)) {
      return std::nullopt;
    }
  }
  const auto content = object.find("content");
  if (content != object.end() && content->is_object()) {
    const std::string text = text_member(*content, "string");
    record.type = text_of_ascii(as_bytes(text_member(*content, "eventType")));
    record.text = text_of_ascii(as_bytes(text));
    if (!text.empty() && holds(text, record.digests)) {
      record.proof = ProofClass::kDataProven;
    }
  }
  if (!record.pcr) {
    record.proof = ProofClass::kNotMeasured;
  }
  return record;
}

// The next text between separators and line ends, without them.
std::string_view take_record(std::string_view& rest) {
  constexpr std::string_view kEnds = "\x1E\n";
  const std::size_t begin = std::min(rest.find_first_not_of(kEnds), rest.size());
  const std::size_t end = std::min(rest.find(kRecordSeparator, begin), rest.size());
  const std::string_view record = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return record;
}

}  // namespace

UserspaceLog decode_userspace_log(ByteView file) {
  UserspaceLog log;
  if (file.size() > limits::kUserspaceLogSizeMax) {
    log.broken = Error{ErrorCode::kTooLarge, "userspace log"};
    return log;
  }
  std::string_view rest = as_text(file);
  while (!rest.empty()) {
    const std::string_view text = take_record(rest);
    if (text.empty()) {
      continue;
    }
    const json object = json::parse(text, is_shallow, false);
    std::optional<UserspaceRecord> record = object.is_object() ? record_of(object) : std::nullopt;
    if (!record || log.records.size() == limits::kUserspaceRecordsMax) {
      log.broken = Error{record ? ErrorCode::kTooLarge : ErrorCode::kMalformed, "userspace log",
                         file.size() - rest.size() - text.size()};
      return log;
    }
    log.records.push_back(std::move(*record));
  }
  return log;
}

PcrBank extended(const PcrBank& pcrs, const UserspaceLog& log, std::uint32_t unknown) {
  const HashAlgorithm bank = pcrs.algorithm();
  PcrBank values = pcrs;
  for (const UserspaceRecord& record : log.records) {
    if (!record.pcr) {
      continue;
    }
    const std::uint32_t pcr = *record.pcr;
    const auto digest =
        std::find_if(record.digests.begin(), record.digests.end(),
                     [bank](const Digest& each) { return each.algorithm() == bank; });
    if (digest == record.digests.end()) {
      unknown |= 1U << pcr;
      continue;
    }
    Digest value = values.has(pcr) ? values.at(pcr) : Digest(bank);
    extend(value, digest->view());
    values.set(pcr, value);
  }
  PcrBank known(bank);
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (values.has(pcr) && (unknown >> pcr & 1U) == 0) {
      known.set(pcr, values.at(pcr));
    }
  }
  return known;
}

}  // namespace quotemill::offline
