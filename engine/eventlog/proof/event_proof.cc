#include "engine/eventlog/proof/event_proof.h"

#include <algorithm>
#include <array>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/proof/event_rule.h"

namespace quotemill {
namespace {

// What GRUB and its forks write before a text whose digest is that of the text alone.
constexpr std::array<std::string_view, 6> kTextPrefixes = {
    "grub_cmd: ",           "kernel_cmdline: ", "module_cmdline: ",
    "grub_kernel_cmdline ", "grub_cmd ",        "grub_module_cmdline "};

constexpr std::array<std::uint8_t, 4> kSeparatorZeros = {0, 0, 0, 0};
constexpr std::array<std::uint8_t, 4> kSeparatorOnes = {0xFF, 0xFF, 0xFF, 0xFF};

class EventProver {
 public:
  EventProver(const BootEvent& event, HashAlgorithm bank)
      : event_(event), bank_(bank), digest_(event.digest(bank)) {}

  EventProof run() const {
    if (!event_.is_measured() || is_header() || event_.pcr >= limits::kPcrCount) {
      return {ProofClass::kNotMeasured, HashedPart::kNone, ProofProblem::kNone, nullptr};
    }
    if (!can_hash(bank_) || digest_.empty()) {
      return unproven(ProofProblem::kDigestAbsent);
    }
    const std::optional<EventRule> rule = event_rule(event_.type);
    if (!rule) {
      return unproven(ProofProblem::kUnknownType);
    }
    if ((rule->pcrs >> event_.pcr & 1U) == 0) {
      return unproven(ProofProblem::kMisplaced);
    }
    const bool is_data_only = (rule->data_pcrs >> event_.pcr & 1U) != 0;
    const EventProof strict = by_rule(is_data_only ? DigestOf::kData : rule->digest_of);
    return strict.proof == ProofClass::kUnprovenType ? excused(strict) : strict;
  }

 private:
  static EventProof unproven(ProofProblem problem) {
    return {ProofClass::kUnprovenType, HashedPart::kNone, problem, nullptr};
  }

  static EventProof data_proven(HashedPart part) {
    return {ProofClass::kDataProven, part, ProofProblem::kNone, nullptr};
  }

  static EventProof digest_proven() {
    return {ProofClass::kDigestProven, HashedPart::kNone, ProofProblem::kNone, nullptr};
  }

  // The Spec ID header carries no digests of the banks.
  [[nodiscard]] bool is_header() const {
    return event_.number == 0 && event_.type == event_type::kNoAction;
  }

  [[nodiscard]] bool is_digest_of(ByteView bytes) const {
    return equal(hash(bank_, bytes).view(), digest_);
  }

  [[nodiscard]] EventProof by_rule(DigestOf digest_of) const {
    switch (digest_of) {
      case DigestOf::kData:
        return is_digest_of(event_.data) ? data_proven(HashedPart::kWhole)
                                         : unproven(ProofProblem::kDataDiffers);
      case DigestOf::kOutside:
        return digest_proven();
      case DigestOf::kDataOrOther:
        return is_digest_of(event_.data) ? data_proven(HashedPart::kWhole) : digest_proven();
      case DigestOf::kVariableData:
        return by_variable();
      case DigestOf::kIplText:
        return by_ipl();
    }
    return unproven(ProofProblem::kUnknownType);
  }

  [[nodiscard]] EventProof by_variable() const {
    if (is_digest_of(variable_data())) {
      return data_proven(HashedPart::kVariableData);
    }
    return is_digest_of(event_.data) ? data_proven(HashedPart::kWhole)
                                     : unproven(ProofProblem::kDataDiffers);
  }

  // VariableData of UEFI_VARIABLE_DATA (PFP 1.06, 10.2.6); empty if the lengths do not fit.
  [[nodiscard]] ByteView variable_data() const {
    ByteReader in(event_.data);
    (void)in.bytes(16);                            // VariableName (a GUID)
    const std::uint64_t name_units = in.u64_le();  // UnicodeNameLength
    const std::uint64_t size = in.u64_le();        // VariableDataLength
    if (name_units > limits::kVariableNameUnitsMax ||
        size != in.remaining() - std::min<std::uint64_t>(name_units * 2, in.remaining())) {
      return {};
    }
    (void)in.bytes(static_cast<std::size_t>(name_units) * 2);
    return in.rest();
  }

  [[nodiscard]] EventProof by_ipl() const {
    const std::string_view text = as_text(event_.data);
    for (const std::string_view prefix : kTextPrefixes) {
      if (text.substr(0, prefix.size()) == prefix) {
        // What a prefix announces is a text: another digest is no file's.
        return is_digest_of(without_nul(event_.data.subspan(prefix.size())))
                   ? data_proven(HashedPart::kText)
                   : unproven(ProofProblem::kDataDiffers);
      }
    }
    if (is_digest_of(event_.data)) {
      return data_proven(HashedPart::kWhole);
    }
    return is_digest_of_ascii_name() ? data_proven(HashedPart::kAsciiName) : digest_proven();
  }

  static ByteView without_nul(ByteView text) {
    return !text.empty() && text.back() == 0 ? text.first(text.size() - 1) : text;
  }

  // systemd-stub measures a section's name in ASCII with its NUL, and logs it in UTF-16.
  [[nodiscard]] bool is_digest_of_ascii_name() const {
    constexpr std::size_t kNameSizeMax = 32;
    std::array<std::uint8_t, kNameSizeMax> name{};
    const std::size_t size = event_.data.size() / 2;
    if (event_.data.size() % 2 != 0 || size == 0 || size > kNameSizeMax) {
      return false;
    }
    for (std::size_t i = 0; i < size; ++i) {
      if (event_.data[2 * i + 1] != 0) {
        return false;
      }
      name.at(i) = event_.data[2 * i];
    }
    return is_digest_of(ByteView(name).first(size));
  }

  [[nodiscard]] EventProof excused(const EventProof& strict) const {
    for (const Quirk& quirk : quirks()) {
      if (may_excuse(quirk, event_)) {
        const HashedPart part = part_by(quirk);
        if (part != HashedPart::kNone) {
          return {ProofClass::kDataProven, part, ProofProblem::kNone, &quirk};
        }
      }
    }
    return strict;
  }

  // What is proven if the quirk holds; kNone if it does not.
  [[nodiscard]] HashedPart part_by(const Quirk& quirk) const {
    const ByteView data = event_.data;
    const auto if_holds = [](bool holds, HashedPart part) {
      return holds ? part : HashedPart::kNone;
    };
    switch (quirk.hash) {
      case QuirkHash::kWithoutLastByte:
        return if_holds(!data.empty() && is_digest_of(data.first(data.size() - 1)),
                        HashedPart::kWhole);
      case QuirkHash::kWithOneNulMore: {
        constexpr std::array<std::uint8_t, 1> kNul = {0};
        return if_holds(equal(hash(bank_, {data, kNul}).view(), digest_), HashedPart::kWhole);
      }
      case QuirkHash::kTextWithNul:
        return if_holds(is_digest_of(data.subspan(quirk.prefix.size())), HashedPart::kText);
      case QuirkHash::kSeparatorOfNormal:
        return if_holds(is_digest_of(kSeparatorZeros) || is_digest_of(kSeparatorOnes),
                        HashedPart::kWhole);
    }
    return HashedPart::kNone;
  }

  const BootEvent& event_;
  const HashAlgorithm bank_;
  const ByteView digest_;
};

}  // namespace

std::string_view name_of(ProofClass proof) {
  switch (proof) {
    case ProofClass::kDataProven:
      return "data_proven";
    case ProofClass::kDigestProven:
      return "digest_proven";
    case ProofClass::kUnprovenType:
      return "unproven_type";
    case ProofClass::kNotMeasured:
      return "not_measured";
  }
  return "unproven_type";
}

std::string_view name_of(HashedPart part) {
  switch (part) {
    case HashedPart::kNone:
      return "none";
    case HashedPart::kWhole:
      return "data";
    case HashedPart::kVariableData:
      return "variable_data";
    case HashedPart::kText:
      return "text";
    case HashedPart::kAsciiName:
      return "ascii_name";
  }
  return "none";
}

std::string_view name_of(ProofProblem problem) {
  switch (problem) {
    case ProofProblem::kNone:
      return "none";
    case ProofProblem::kUnknownType:
      return "unknown_type";
    case ProofProblem::kMisplaced:
      return "misplaced";
    case ProofProblem::kDataDiffers:
      return "data_differs";
    case ProofProblem::kDigestAbsent:
      return "digest_absent";
  }
  return "none";
}

EventProof prove(const BootEvent& event, HashAlgorithm bank) {
  return EventProver(event, bank).run();
}

}  // namespace quotemill
