#include "engine/claims/dbx_level.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::uint16_t kWinCertificateRevision = 0x0200;
constexpr std::uint16_t kWinCertificateEfiGuid = 0x0EF1;
constexpr std::uint32_t kWinCertificateHeaderSize = 8;
constexpr std::size_t kWordMax = 64;

bool is_update(ByteView file) {
  ByteReader in(file);
  (void)in.bytes(16 + 4);
  const std::uint16_t revision = in.u16_le();
  return in.u16_le() == kWinCertificateEfiGuid && revision == kWinCertificateRevision && in.ok();
}

// EFI_VARIABLE_AUTHENTICATION_2 (UEFI 2.10, 8.2.6): the signature is not checked; whoever gives the
// file vouches for it.
Result<DbxList> decode_update(ByteView file) {
  ByteReader in(file);
  (void)in.bytes(16);                             // TimeStamp: Microsoft's is always the same
  const std::uint32_t certificate = in.u32_le();  // dwLength
  if (certificate < kWinCertificateHeaderSize) {
    in.fail(ErrorCode::kMalformed);
  }
  (void)in.bytes(certificate < 4 ? 0 : certificate - 4U);
  if (!in.ok()) {
    return in.error("dbx update");
  }
  const Result<std::vector<SignatureEntry>> entries = decode_signature_lists(in.rest());
  if (!entries) {
    return entries.error();
  }
  DbxArchitecture all;
  for (const SignatureEntry& entry : *entries) {
    const std::optional<Digest> digest = Digest::from(HashAlgorithm::kSha256, entry.data);
    if (entry.type == guids::kCertSha256 && digest) {
      all.digests.push_back({"newest", *digest});
    }
  }
  return DbxList{std::move(all)};
}

std::string_view take_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

DbxArchitecture& architecture_of(DbxList& list, std::string_view name) {
  const auto found = std::find_if(
      list.begin(), list.end(), [name](const DbxArchitecture& each) { return each.name == name; });
  if (found != list.end()) {
    return *found;
  }
  return list.emplace_back(DbxArchitecture{text_of_ascii(as_bytes(name)), {}});
}

Result<void> add_line(std::string_view line, DbxList& list) {
  constexpr std::size_t kArchitecturesMax = 16;
  const std::string_view name = take_word(line);
  const std::string_view level = take_word(line);
  const std::optional<Bytes> bytes = from_hex(take_word(line));
  const std::optional<Digest> digest =
      bytes ? Digest::from(HashAlgorithm::kSha256, *bytes) : std::nullopt;
  if (!digest || name.size() > kWordMax || level.size() > kWordMax || !take_word(line).empty()) {
    return Error{ErrorCode::kMalformed, "dbx list"};
  }
  DbxArchitecture& architecture = architecture_of(list, name);
  if (list.size() > kArchitecturesMax || architecture.digests.size() >= limits::kSignaturesMax) {
    return Error{ErrorCode::kTooLarge, "dbx list"};
  }
  architecture.digests.push_back({text_of_ascii(as_bytes(level)), *digest});
  return {};
}

Result<DbxList> decode_lines(std::string_view rest) {
  DbxList list;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    const Result<void> added = add_line(line, list);
    if (!added) {
      return added.error();
    }
  }
  if (list.empty()) {
    return Error{ErrorCode::kMalformed, "dbx list"};
  }
  return list;
}

std::set<Digest> digests_of(const SignatureDatabase& dbx) {
  std::set<Digest> digests;
  for (const SignatureEntry& entry : dbx.entries) {
    const std::optional<Digest> digest = Digest::from(HashAlgorithm::kSha256, entry.data);
    if (entry.type == guids::kCertSha256 && digest) {
      digests.insert(*digest);
    }
  }
  return digests;
}

DbxLevelClaim compare(const std::set<Digest>& present, const DbxArchitecture& architecture) {
  DbxLevelClaim claim;
  claim.architecture = architecture.name;
  bool complete = true;
  for (std::size_t i = 0; i < architecture.digests.size(); ++i) {
    const DbxDigest& digest = architecture.digests[i];
    const bool missing = !present.contains(digest.sha256);
    claim.missing += missing ? 1 : 0;
    complete = complete && !missing;
    const bool last_of_level =
        i + 1 == architecture.digests.size() || architecture.digests[i + 1].level != digest.level;
    if (complete && last_of_level) {
      claim.level = digest.level;
    }
    claim.newest = digest.level;
  }
  return claim;
}

}  // namespace

Result<DbxList> decode_dbx_list(ByteView file) {
  if (file.size() > limits::kDbxListSizeMax) {
    return Error{ErrorCode::kTooLarge, "dbx list"};
  }
  Result<DbxList> list = is_update(file) ? decode_update(file) : decode_lines(as_text(file));
  if (list) {
    for (DbxArchitecture& architecture : *list) {
      std::stable_sort(
          architecture.digests.begin(), architecture.digests.end(),
          [](const DbxDigest& left, const DbxDigest& right) { return left.level < right.level; });
    }
  }
  return list;
}

std::vector<DbxLevelClaim> claim_dbx_level(const SignatureDatabases& databases,
                                           const DbxList& list) {
  std::vector<DbxLevelClaim> claims;
  const SignatureDatabase* const dbx = databases.find("dbx");
  const std::set<Digest> present = dbx == nullptr ? std::set<Digest>() : digests_of(*dbx);
  for (const DbxArchitecture& architecture : list) {
    DbxLevelClaim claim = compare(present, architecture);
    claim.ground =
        dbx == nullptr ? Ground{Standing::kAbsent, {}, "no dbx was measured"} : dbx->ground;
    claims.push_back(std::move(claim));
  }
  return claims;
}

}  // namespace quotemill
