#include "engine/eventlog/decode/signature_list.h"

#include "engine/base/limits.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kListHeaderSize = 28;
constexpr std::uint32_t kOwnerSize = 16;

Result<void> add_list(ByteReader& in, std::vector<SignatureEntry>& entries) {
  const Guid type = read_guid(in);                // SignatureType
  const std::uint32_t list_size = in.u32_le();    // SignatureListSize
  const std::uint32_t header_size = in.u32_le();  // SignatureHeaderSize
  const std::uint32_t entry_size = in.u32_le();   // SignatureSize
  if (list_size < kListHeaderSize || entry_size <= kOwnerSize) {
    in.fail(ErrorCode::kMalformed);
  }
  ByteReader list = in.sub(list_size < kListHeaderSize ? 0 : list_size - kListHeaderSize);
  list.bytes(header_size);  // SignatureHeader
  if (list.ok() && list.remaining() % entry_size != 0) {
    list.fail(ErrorCode::kMalformed);
  }
  if (list.ok() && list.remaining() / entry_size > limits::kSignaturesMax - entries.size()) {
    list.fail(ErrorCode::kTooLarge);
  }
  if (!in.ok() || !list.ok()) {
    return in.ok() ? list.error("EFI_SIGNATURE_LIST") : in.error("EFI_SIGNATURE_LIST");
  }
  while (list.remaining() > 0) {
    const Guid owner = read_guid(list);                                     // SignatureOwner
    entries.push_back({type, owner, list.bytes(entry_size - kOwnerSize)});  // SignatureData
  }
  return {};
}

void add_certificate(const SignatureEntry& entry, Fields& fields) {
  fields.push_back({"sha256", hash(HashAlgorithm::kSha256, entry.data).hex()});
  const Result<Certificate> certificate = Certificate::from_der(entry.data);
  if (!certificate) {
    fields.push_back({"problem", certificate.error().to_string()});
    return;
  }
  fields.push_back({"subject", certificate->subject()});
  fields.push_back({"issuer", certificate->issuer()});
}

}  // namespace

Result<std::vector<SignatureEntry>> decode_signature_lists(ByteView bytes) {
  ByteReader in(bytes);
  std::vector<SignatureEntry> entries;
  while (in.remaining() > 0) {
    const Result<void> added = add_list(in, entries);
    if (!added) {
      return added.error();
    }
  }
  return entries;
}

Fields describe_signature(const SignatureEntry& entry) {
  Fields fields = {{"type", text_of(entry.type)}, {"owner", text_of(entry.owner)}};
  if (entry.type == guids::kCertX509) {
    add_certificate(entry, fields);
  } else {
    fields.push_back({"data", to_hex(entry.data)});
  }
  return fields;
}

std::vector<Fields> describe_signatures(const std::vector<SignatureEntry>& entries) {
  std::vector<Fields> shown;
  for (const SignatureEntry& entry : entries) {
    if (shown.size() == limits::kSignaturesShownMax) {
      break;
    }
    shown.push_back(describe_signature(entry));
  }
  return shown;
}

}  // namespace quotemill
