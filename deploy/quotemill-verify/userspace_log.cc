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

std::optional<UserspaceRecord> record_of(const json& object) {
  const auto pcr = object.find("pcr");
  const auto digests = object.find("digests");
  if (pcr == object.end() || !pcr->is_number_unsigned() || digests == object.end() ||
      !digests->is_array() || pcr->get<std::uint64_t>() >= limits::kPcrCount) {
    return std::nullopt;
  }
  UserspaceRecord record;
  record.pcr = pcr->get<std::uint32_t>();
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
    const auto digest =
        std::find_if(record.digests.begin(), record.digests.end(),
                     [bank](const Digest& each) { return each.algorithm() == bank; });
    if (digest == record.digests.end()) {
      unknown |= 1U << record.pcr;
      continue;
    }
    Digest value = values.has(record.pcr) ? values.at(record.pcr) : Digest(bank);
    extend(value, digest->view());
    values.set(record.pcr, value);
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
