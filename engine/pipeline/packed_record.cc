#include "engine/pipeline/packed_record.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

namespace quotemill {
namespace {

// With a field more or less this does not compile: what becomes of it must then be said in pack()
// and unpack(), or it would be forgotten of every host that is packed.
[[maybe_unused]] void all_fields(const HostRecord& record) {
  [[maybe_unused]] const auto& [uid, generation, name, life_cycle, ek_public, ek_certificate,
                                ek_sha256, ak_public, curve_key, enrolled, expires, admitted_by,
                                note, labels] = record;
}

// Borrows all but what is common in it.
HostRow row_of(const HostRecord& record) {
  HostRow row;
  row.generation = record.generation;
  row.name = record.name;
  row.life_cycle = record.life_cycle;
  row.ek_public = record.ek_public;
  if (record.ek_certificate) {
    row.ek_certificate_sha256 = record.ek_certificate->sha256.view();
    row.ek_certificate_not_after = record.ek_certificate->not_after;
  }
  row.ek_sha256 = record.ek_sha256;
  row.ak_public = record.ak_public;
  row.curve_key = record.curve_key;
  row.enrolled = record.enrolled;
  row.expires = record.expires;
  return row;
}

// What to_hex() makes these digits of; nullopt: nothing.
std::optional<Bytes> binary_of(std::string_view digits) {
  const auto is_capital = [](char digit) { return digit >= 'A' && digit <= 'F'; };
  return std::any_of(digits.begin(), digits.end(), is_capital) ? std::nullopt : from_hex(digits);
}

}  // namespace

std::optional<PackedRecord> PackedRecord::pack(const HostRecord& record, Pool& pool,
                                               std::pmr::memory_resource& memory) {
  return pack(row_of(record), pool.share(record), memory);
}

std::optional<PackedRecord> PackedRecord::pack(const HostRow& row, SharedCommon common,
                                               std::pmr::memory_resource& memory) {
  const std::optional<Bytes> ek = binary_of(row.ek_sha256);
  const std::array<std::string_view, kParts> parts = {
      row.name, ek ? as_text(*ek) : row.ek_sha256, as_text(row.ak_public), as_text(row.ek_public),
      as_text(row.ek_certificate_sha256)};
  Sizes sizes{};
  for (std::size_t i = 0; i < kParts; ++i) {
    if (parts.at(i).size() > std::numeric_limits<std::uint16_t>::max()) {
      return std::nullopt;
    }
    sizes.at(i) = static_cast<std::uint16_t>(parts.at(i).size());
  }
  const std::size_t size = size_of(sizes);
  PackedRecord out(Parts(static_cast<char*>(memory.allocate(size, alignof(Sizes))), Free{&memory}));
  std::memcpy(out.parts_.get(), &sizes, sizeof sizes);
  std::span<char> rest = std::span(out.parts_.get(), size).subspan(sizeof sizes);
  for (const std::string_view part : parts) {
    std::copy(part.begin(), part.end(), rest.begin());
    rest = rest.subspan(part.size());
  }
  out.life_cycle_ = row.life_cycle;
  out.generation_ = row.generation;
  out.curve_key_ = row.curve_key;
  out.ek_certificate_not_after_ = row.ek_certificate_not_after;
  out.enrolled_ = row.enrolled;
  out.expires_ = row.expires;
  out.common_ = std::move(common);
  out.is_ek_binary_ = ek.has_value();
  return out;
}

HostRecord PackedRecord::unpack(const HostUid& uid) const {
  HostRecord out;
  out.uid = uid;
  out.generation = generation_;
  out.name = part(kName);
  out.life_cycle = life_cycle_;
  out.ek_public = to_bytes(as_bytes(part(kEkPublic)));
  if (const auto sha256 =
          Digest::from(HashAlgorithm::kSha256, as_bytes(part(kEkCertificateSha256)))) {
    out.ek_certificate = {*sha256, ek_certificate_not_after_};
  }
  out.ek_sha256 = ek_sha256();
  out.ak_public = to_bytes(as_bytes(part(kAkPublic)));
  out.curve_key = curve_key_;
  out.enrolled = enrolled_;
  out.expires = expires_;
  out.admitted_by = common_->admitted_by;
  out.note = common_->note;
  out.labels = common_->labels;
  return out;
}

std::string PackedRecord::ek_sha256() const {
  const std::string_view ek = part(kEkSha256);
  return is_ek_binary_ ? to_hex(as_bytes(ek)) : std::string(ek);
}

PackedRecord::Sizes PackedRecord::sizes_of(const char* parts) {
  Sizes sizes{};
  std::memcpy(&sizes, parts, sizeof sizes);
  return sizes;
}

std::size_t PackedRecord::size_of(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), sizeof sizes);
}

std::string_view PackedRecord::part(Part which) const {
  const Sizes sizes = sizes_of(parts_.get());
  const std::string_view whole(parts_.get(), size_of(sizes));
  const std::size_t begin = std::accumulate(sizes.begin(), sizes.begin() + which, sizeof sizes);
  return whole.substr(begin, sizes.at(which));
}

void PackedRecord::Free::operator()(char* parts) const {
  memory->deallocate(parts, size_of(sizes_of(parts)), alignof(Sizes));
}

}  // namespace quotemill
