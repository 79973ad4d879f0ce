#include "engine/tpm/pcr.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kSelectSize = 3;     // bytes of bitmap for 24 PCRs
constexpr std::uint8_t kSelectSizeMax = 4;  // PCR_SELECT_MAX of the reference implementation
constexpr std::uint32_t kAllPcrs = (1U << limits::kPcrCount) - 1;

Error wrong_selection(std::string_view problem) {
  return {ErrorCode::kConfig, "PCR selection", 0,
          std::string(problem) + "; write banks and PCRs 0 to 23 as in \"sha256:0,1,7+sha1:10\""};
}

// Everything before `separator` or the end; `text` goes on behind it.
std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

std::optional<std::uint32_t> parse_pcr_list(std::string_view text) {
  if (text == "all") {
    return kAllPcrs;
  }
  std::uint32_t mask = 0;
  if (text.empty() || text.back() == ',') {
    return std::nullopt;
  }
  while (!text.empty()) {
    const std::string_view word = next_part(text, ',');
    std::uint32_t pcr = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), pcr);
    if (problem != std::errc() || end != word.data() + word.size() || pcr >= limits::kPcrCount) {
      return std::nullopt;
    }
    mask |= 1U << pcr;
  }
  return mask;
}

bool names_bank(const std::vector<PcrSelection>& selections, HashAlgorithm bank) {
  return std::any_of(selections.begin(), selections.end(),
                     [bank](const PcrSelection& selection) { return selection.bank == bank; });
}

// TPMS_PCR_SELECTION (Part 2, 10.6.2).
PcrSelection read_selection(ByteReader& in) {
  PcrSelection selection;
  const auto bank = hash_algorithm(in.u16_be());  // TPMI_ALG_HASH hash
  const std::uint8_t size = in.u8();              // UINT8         sizeofSelect
  if (!bank) {
    in.fail(ErrorCode::kUnsupported);
  }
  if (size > kSelectSizeMax) {
    in.fail(ErrorCode::kTooLarge);
  }
  const ByteView bitmap = in.bytes(size);  // BYTE          pcrSelect[sizeofSelect]
  for (std::size_t i = 0; i < bitmap.size(); ++i) {
    selection.mask |= std::uint32_t{bitmap[i]} << (8 * i);
  }
  if (selection.mask > kAllPcrs) {
    in.fail(ErrorCode::kUnsupported);
  }
  selection.bank = bank.value_or(HashAlgorithm::kSha256);
  return selection;
}

const PcrBank* find_bank(const std::vector<PcrBank>& banks, const PcrSelection& selection) {
  for (const PcrBank& bank : banks) {
    if (bank.algorithm() == selection.bank && (selection.mask & ~bank.mask()) == 0) {
      return &bank;
    }
  }
  return nullptr;
}

}  // namespace

std::string PcrSelection::to_string() const {
  std::string text(name_of(bank));
  char separator = ':';
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (has(pcr)) {
      text += separator + std::to_string(pcr);
      separator = ',';
    }
  }
  return text;
}

std::string to_string(const std::vector<PcrSelection>& selections) {
  std::string text;
  for (const PcrSelection& selection : selections) {
    text += (text.empty() ? "" : "+") + selection.to_string();
  }
  return text.empty() ? "none" : text;
}

Result<std::vector<PcrSelection>> parse_pcr_selection(std::string_view text) {
  std::vector<PcrSelection> selections;
  if (text.empty() || text.back() == '+') {
    return wrong_selection("empty");
  }
  while (!text.empty()) {
    std::string_view list = next_part(text, '+');
    const auto bank = hash_algorithm_named(next_part(list, ':'));
    if (!bank) {
      return wrong_selection("unknown bank");
    }
    if (names_bank(selections, *bank)) {
      return wrong_selection("a bank is named twice");
    }
    const auto mask = parse_pcr_list(list);
    if (!mask) {
      return wrong_selection("wrong list of PCRs");
    }
    selections.push_back({*bank, *mask});
  }
  return selections;
}

std::vector<PcrSelection> read_pcr_selections(ByteReader& in) {
  std::vector<PcrSelection> selections;
  const std::uint32_t count = in.count32_be(limits::kPcrSelectionsMax);  // UINT32 count
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const PcrSelection selection = read_selection(in);
    if (names_bank(selections, selection.bank)) {
      in.fail(ErrorCode::kUnsupported);
    }
    selections.push_back(selection);
  }
  std::erase_if(selections, [](const PcrSelection& selection) { return selection.mask == 0; });
  if (!in.ok()) {
    selections.clear();
  }
  return selections;
}

void write_pcr_selections(ByteWriter& out, const std::vector<PcrSelection>& selections) {
  out.u32_be(static_cast<std::uint32_t>(selections.size()));
  for (const PcrSelection& selection : selections) {
    out.u16_be(static_cast<std::uint16_t>(selection.bank)).u8(kSelectSize);
    for (unsigned i = 0; i < kSelectSize; ++i) {
      out.u8(static_cast<std::uint8_t>(selection.mask >> (8 * i)));
    }
  }
}

PcrBank::PcrBank(const PcrSelection& known)
    : algorithm_(known.bank),
      mask_(known.mask),
      values_(static_cast<std::size_t>(std::popcount(known.mask)) * digest_size(known.bank)) {
  assert(known.mask <= kAllPcrs);
}

std::size_t PcrBank::offset_of(std::uint32_t pcr) const {
  const std::uint32_t below = mask_ & ((1U << pcr) - 1);
  return static_cast<std::size_t>(std::popcount(below)) * digest_size(algorithm_);
}

Digest PcrBank::at(std::uint32_t pcr) const {
  return Digest::from(algorithm_, value(pcr)).value_or(Digest(algorithm_));
}

ByteView PcrBank::value(std::uint32_t pcr) const {
  assert(has(pcr));
  return ByteView(values_).subspan(offset_of(pcr), digest_size(algorithm_));
}

bool PcrBank::equals_but(std::uint32_t pcr, const PcrBank& other) const {
  if (!has(pcr) || !other.has(pcr)) {
    return *this == other;
  }
  if (algorithm_ != other.algorithm_ || mask_ != other.mask_) {
    return false;
  }
  const std::size_t begin = offset_of(pcr);
  const std::size_t end = begin + digest_size(algorithm_);
  const ByteView here(values_);
  const ByteView there(other.values_);
  return equal(here.first(begin), there.first(begin)) &&
         equal(here.subspan(end), there.subspan(end));
}

Digest PcrBank::composite(HashAlgorithm signing_hash) const {
  return hash(signing_hash, values_);
}

void PcrBank::set(std::uint32_t pcr, const Digest& value) {
  assert(pcr < limits::kPcrCount && value.algorithm() == algorithm_);
  const auto place = values_.begin() + static_cast<std::ptrdiff_t>(offset_of(pcr));
  if (has(pcr)) {
    std::copy(value.view().begin(), value.view().end(), place);
  } else {
    values_.insert(place, value.view().begin(), value.view().end());
  }
  mask_ |= 1U << pcr;
}

std::optional<Digest> pcr_digest(const std::vector<PcrSelection>& selections,
                                 const std::vector<PcrBank>& banks, HashAlgorithm signing_hash) {
  if (!can_hash(signing_hash)) {
    return std::nullopt;
  }
  Bytes values;
  for (const PcrSelection& selection : selections) {
    const PcrBank* const bank = find_bank(banks, selection);
    if (bank == nullptr) {
      return std::nullopt;
    }
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (selection.has(pcr)) {
        const Digest value = bank->at(pcr);
        values.insert(values.end(), value.view().begin(), value.view().end());
      }
    }
  }
  return hash(signing_hash, values);
}

}  // namespace quotemill
