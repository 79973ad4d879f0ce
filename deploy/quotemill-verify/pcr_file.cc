// The formats of decode_pcr_file().
#include <algorithm>
#include <charconv>
#include <span>

#include "deploy/quotemill-verify/input_files.h"
#include "engine/base/byte_reader.h"

namespace quotemill::offline {
namespace {

// Sizes of the C structures of tpm2-tss on every platform that tpm2-tools runs on.
constexpr std::uint32_t kSelectionsMax = 16;     // TPML_PCR_SELECTION.pcrSelections
constexpr std::size_t kSelectBytes = 4;          // TPMS_PCR_SELECTION.pcrSelect
constexpr std::uint32_t kDigestsPerListMax = 8;  // TPML_DIGEST.digests
constexpr std::size_t kDigestBufferSize = 64;    // TPM2B_DIGEST.buffer
constexpr std::uint32_t kListsMax = kSelectionsMax * limits::kPcrCount / kDigestsPerListMax;
constexpr std::uint32_t kAllPcrs = (1U << limits::kPcrCount) - 1;

Error malformed(std::string detail) {
  return {ErrorCode::kMalformed, "PCR values", 0, std::move(detail)};
}

PcrBank* find_bank(std::vector<PcrBank>& banks, HashAlgorithm algorithm) {
  const auto found = std::find_if(banks.begin(), banks.end(), [&](const PcrBank& bank) {
    return bank.algorithm() == algorithm;
  });
  return found == banks.end() ? nullptr : &*found;
}

// --- The file of `tpm2_quote -o` -----------------------------------------------------------------
// (tpm2-tools 4 and 5, lib/pcr.c, pcr_fwrite_serialized)

// TPMS_PCR_SELECTION. A bank with nothing selected is left out later, as in the quote.
PcrSelection read_selection(ByteReader& in) {
  PcrSelection selection;
  const std::uint16_t hash = in.u16_le();          // UINT16 hash
  const std::uint8_t size = in.u8();               // UINT8  sizeofSelect
  const ByteView bitmap = in.bytes(kSelectBytes);  // BYTE   pcrSelect[4]
  in.u8();                                         // padding of the structure
  for (std::size_t i = 0; i < bitmap.size() && i < size; ++i) {
    selection.mask |= std::uint32_t{bitmap[i]} << (8 * i);
  }
  const std::optional<HashAlgorithm> bank = hash_algorithm(hash);
  if (size > kSelectBytes || (selection.mask != 0 && !bank) || (selection.mask & ~kAllPcrs) != 0) {
    in.fail(ErrorCode::kUnsupported);
  }
  selection.bank = bank.value_or(HashAlgorithm::kSha256);
  return selection;
}

// TPML_PCR_SELECTION: all sixteen places are in the file, whatever their count.
std::vector<PcrSelection> read_selections(ByteReader& in) {
  const std::uint32_t count = in.count32_le(kSelectionsMax);
  std::vector<PcrSelection> selections;
  for (std::uint32_t i = 0; i < kSelectionsMax; ++i) {
    if (i < count) {
      selections.push_back(read_selection(in));
    } else {
      in.bytes(sizeof(std::uint16_t) + 1 + kSelectBytes + 1);
    }
  }
  std::erase_if(selections, [](const PcrSelection& selection) { return selection.mask == 0; });
  return selections;
}

// The TPML_DIGESTs, one value after another.
std::vector<ByteView> read_values(ByteReader& in) {
  std::vector<ByteView> values;
  const std::uint32_t lists = in.count32_le(kListsMax);
  for (std::uint32_t list = 0; list < lists && in.ok(); ++list) {
    const std::uint32_t count = in.count32_le(kDigestsPerListMax);
    for (std::uint32_t i = 0; i < kDigestsPerListMax; ++i) {
      const std::uint16_t size = in.count16_le(kDigestBufferSize);  // UINT16 size
      const ByteView buffer = in.bytes(kDigestBufferSize);          // BYTE   buffer[64]
      if (i < count && in.ok()) {
        values.push_back(buffer.first(size));
      }
    }
  }
  return values;
}

// The values of one bank, taken from the front of `values`.
std::optional<PcrBank> take_bank(const PcrSelection& selection, std::span<const ByteView>& values) {
  PcrBank bank(selection.bank);
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (!selection.has(pcr)) {
      continue;
    }
    const std::optional<Digest> digest =
        values.empty() ? std::nullopt : Digest::from(selection.bank, values.front());
    if (!digest.has_value()) {
      return std::nullopt;
    }
    bank.set(pcr, *digest);
    values = values.subspan(1);
  }
  return bank;
}

Result<std::vector<PcrBank>> decode_tpm2_tools(ByteView file) {
  ByteReader in(file);
  const std::vector<PcrSelection> selections = read_selections(in);
  const Result<std::vector<ByteView>> values = in.finish(read_values(in), "PCR values");
  if (!values) {
    return values.error();
  }
  std::vector<PcrBank> banks;
  std::span<const ByteView> left = *values;
  for (const PcrSelection& selection : selections) {
    if (find_bank(banks, selection.bank) != nullptr) {
      return malformed("a bank is selected twice");
    }
    const std::optional<PcrBank> bank = take_bank(selection, left);
    if (!bank.has_value()) {
      return malformed("fewer values than selected PCRs, or of another size");
    }
    banks.push_back(*bank);
  }
  if (!left.empty()) {
    return malformed("more values than selected PCRs");
  }
  return banks;
}

// --- Text ----------------------------------------------------------------------------------------

bool is_text(ByteView file) {
  return std::all_of(file.begin(), file.end(), [](std::uint8_t byte) {
    return byte == '\n' || byte == '\r' || byte == '\t' || (byte >= ' ' && byte <= '~');
  });
}

// The words of a line; a ':' alone belongs to the word before it ("0 : 0xAB" is "0:" and "0xAB").
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    const std::string_view word = line.substr(at, end - at);
    if (word == ":" && !words.empty()) {
      words.back() += ':';
    } else {
      words.emplace_back(word);
    }
    at = end;
  }
  return words;
}

class TextReader {
 public:
  // Reads one line; false if it says nothing that a PCR file says.
  bool read(std::string_view line) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty() || words.front().front() == '#' || words.front() == "pcrs:" ||
        words.front() == "---") {
      return true;
    }
    if (words.size() == 1 && words.front().back() == ':') {
      bank_ = hash_algorithm_named(std::string_view(words.front()).substr(0, words[0].size() - 1));
      return bank_.has_value();
    }
    return words.size() == 2 && read_value(words[0], words[1]);
  }

  std::vector<PcrBank> take() { return std::move(banks_); }

 private:
  // "sha256:7" or, below the name of a bank, "7:".
  bool read_value(std::string_view name, std::string_view value) {
    std::optional<HashAlgorithm> bank = bank_;
    if (!name.empty() && name.back() == ':') {
      name.remove_suffix(1);
    } else {
      const std::size_t colon = std::min(name.find(':'), name.size());
      bank = hash_algorithm_named(name.substr(0, colon));
      name.remove_prefix(std::min(colon + 1, name.size()));
    }
    std::uint32_t pcr = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pcr);
    if (!bank || error != std::errc() || end != name.data() + name.size() ||
        pcr >= limits::kPcrCount) {
      return false;
    }
    if (value.starts_with("0x") || value.starts_with("0X")) {
      value.remove_prefix(2);
    }
    const std::optional<Bytes> bytes = from_hex(value);
    const std::optional<Digest> digest = bytes ? Digest::from(*bank, *bytes) : std::nullopt;
    return digest.has_value() && add(pcr, *digest);
  }

  bool add(std::uint32_t pcr, const Digest& digest) {
    PcrBank* bank = find_bank(banks_, digest.algorithm());
    if (bank == nullptr) {
      bank = &banks_.emplace_back(digest.algorithm());
    }
    if (bank->has(pcr)) {
      return false;
    }
    bank->set(pcr, digest);
    return true;
  }

  std::optional<HashAlgorithm> bank_;
  std::vector<PcrBank> banks_;
};

Result<std::vector<PcrBank>> decode_text(std::string_view text) {
  TextReader reader;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    ++number;
    if (!reader.read(text.substr(0, end))) {
      return malformed("line " + std::to_string(number) + " is no PCR value");
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.take();
}

}  // namespace

Result<std::vector<PcrBank>> decode_pcr_file(ByteView file) {
  Result<std::vector<PcrBank>> banks =
      is_text(file) ? decode_text(as_text(file)) : decode_tpm2_tools(file);
  if (banks && banks->empty()) {
    return malformed("no value in it");
  }
  return banks;
}

}  // namespace quotemill::offline
