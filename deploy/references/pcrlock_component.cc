// A component of systemd-pcrlock (systemd.pcrlock(5)), a subset of TCG CEL-JSON:
//
//   {"records": [{"pcr": 4, "digests": [{"hashAlg": "sha256", "digest": "5a…"}, …]}, …]}
//
// Records without a PCR number, or of an unknown bank alone, are refused: they would be gaps.
#include <set>

#include "deploy/references/json_fields.h"
#include "deploy/references/readers.h"
#include "engine/base/limits.h"

namespace quotemill::references {
namespace {

// nullopt: of a bank that is not known here.
Result<std::optional<Digest>> read_digest(const Json& item, const std::string& at) {
  if (!item.is_object()) {
    return wrong_at(at, "is no object");
  }
  const Result<const Json*> bank = required(item, at, "hashAlg", Json::value_t::string, "text");
  const Result<const Json*> digits = required(item, at, "digest", Json::value_t::string, "text");
  if (!bank || !digits) {
    return bank ? digits.error() : bank.error();
  }
  const std::optional<HashAlgorithm> algorithm =
      hash_algorithm_named((*bank)->get_ref<const std::string&>());
  if (!algorithm) {
    return std::optional<Digest>();
  }
  const std::optional<Bytes> bytes = from_hex((*digits)->get_ref<const std::string&>());
  std::optional<Digest> digest = bytes ? Digest::from(*algorithm, *bytes) : std::nullopt;
  return digest ? Result<std::optional<Digest>>(digest)
                : wrong_at(at + "/digest", "is no digest of its algorithm");
}

Result<void> read_record(const Json& record, const std::string& at, ReferenceCollector& out) {
  const Json* const pcr = record.is_object() ? member(record, "pcr") : nullptr;
  if (pcr == nullptr || !pcr->is_number_unsigned() || *pcr >= limits::kPcrCount) {
    return wrong_at(at + "/pcr", "is no PCR: 0 to 23");
  }
  const Result<const Json*> digests = required(record, at, "digests", Json::value_t::array, "list");
  if (!digests) {
    return digests.error();
  }
  std::set<HashAlgorithm> banks;
  for (std::size_t i = 0; i < (*digests)->size(); ++i) {
    const std::string place = at + "/digests" + pointer_step(i);
    const Result<std::optional<Digest>> digest = read_digest((**digests)[i], place);
    if (!digest) {
      return digest.error();
    }
    if (!digest->has_value()) {
      continue;
    }
    if (!banks.insert((*digest)->algorithm()).second) {
      return wrong_at(place, "is a second digest of one algorithm: which one is it?");
    }
    ReferenceValue value;
    value.digest = **digest;
    value.kind = ReferenceKind::kEvent;
    value.pcr = pcr->get<std::uint32_t>();
    if (Result<void> added = add_at(out, std::move(value), place); !added) {
      return added;
    }
  }
  return banks.empty() ? wrong_at(at + "/digests", "has no digest of a known algorithm")
                       : Result<void>();
}

}  // namespace

Result<void> read_pcrlock(const Json& file, ReferenceCollector& out, LeftOut& /*left_out*/) {
  const Result<const Json*> records = required(file, "", "records", Json::value_t::array, "list");
  if (!records) {
    return records.error();
  }
  for (std::size_t i = 0; i < (*records)->size(); ++i) {
    if (Result<void> read = read_record((**records)[i], "/records" + pointer_step(i), out); !read) {
      return read;
    }
  }
  return {};
}

}  // namespace quotemill::references
