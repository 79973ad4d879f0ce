#include "engine/eventlog/ima_progress.h"

#include <algorithm>
#include <cassert>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kAllForms = (1U << kImaDigestForms.size()) - 1;

}  // namespace

std::string_view name_of(ImaDigestForm form) {
  switch (form) {
    case ImaDigestForm::kListed:
      return "listed";
    case ImaDigestForm::kHashed:
      return "hashed";
    case ImaDigestForm::kPadded:
      return "padded";
  }
  return "unknown";
}

std::optional<Digest> extended_digest(const ImaEntry& entry, HashAlgorithm bank,
                                      ImaDigestForm form) {
  const ByteView listed = entry.template_hash;
  if (entry.is_violation()) {
    Digest ones(bank);
    std::fill(ones.writable().begin(), ones.writable().end(), std::uint8_t{0xFF});
    return ones;
  }
  switch (form) {
    case ImaDigestForm::kListed:
      return Digest::from(bank, listed);
    case ImaDigestForm::kHashed:
      return entry.template_data.empty() ? std::nullopt
                                         : std::optional(hash(bank, entry.template_data));
    case ImaDigestForm::kPadded: {
      Digest padded(bank);
      if (listed.size() >= padded.view().size()) {  // as long: that is the form kListed
        return std::nullopt;
      }
      std::copy(listed.begin(), listed.end(), padded.writable().begin());
      return padded;
    }
  }
  return std::nullopt;
}

ImaBankProgress::ImaBankProgress(HashAlgorithm bank, std::uint32_t pcr)
    : forms_(kAllForms), pcr_(static_cast<std::uint8_t>(pcr)) {
  assert(can_hash(bank));
  assert(pcr < limits::kPcrCount);
  values_.fill(Digest(bank));
}

void ImaBankProgress::add(const ImaEntry& entry) {
  if (entry.pcr != pcr_) {
    return;
  }
  for (std::size_t form = 0; form < values_.size(); ++form) {
    const std::optional<Digest> digest =
        has(form) ? extended_digest(entry, algorithm(), kImaDigestForms[form]) : std::nullopt;
    if (digest.has_value()) {
      extend(values_[form], digest->view());
    } else {
      forms_ = static_cast<std::uint8_t>(forms_ & ~(1U << form));
    }
  }
}

std::optional<Digest> ImaBankProgress::value(ImaDigestForm form) const {
  const auto index = static_cast<std::size_t>(form);
  return has(index) ? std::optional(values_[index]) : std::nullopt;
}

std::optional<ImaDigestForm> ImaBankProgress::form_of(const Digest& quoted) const {
  for (std::size_t form = 0; form < values_.size(); ++form) {
    if (has(form) && values_[form] == quoted) {
      return kImaDigestForms[form];
    }
  }
  return std::nullopt;
}

void ImaBankProgress::settle(ImaDigestForm form) {
  forms_ = static_cast<std::uint8_t>(forms_ & 1U << static_cast<unsigned>(form));
}

void ImaBankProgress::write(ByteWriter& out) const {
  out.u16_le(static_cast<std::uint16_t>(algorithm())).u8(pcr_).u8(forms_);
  for (std::size_t form = 0; form < values_.size(); ++form) {
    if (has(form)) {
      out.bytes(values_[form].view());
    }
  }
}

std::optional<ImaBankProgress> ImaBankProgress::read(ByteReader& in) {
  const std::optional<HashAlgorithm> bank = hash_algorithm(in.u16_le());
  const std::uint8_t pcr = in.u8();
  const std::uint8_t forms = in.u8();
  if (!bank.has_value() || !can_hash(*bank) || pcr >= limits::kPcrCount || forms > kAllForms) {
    in.fail(ErrorCode::kMalformed);
    return std::nullopt;
  }
  ImaBankProgress progress(*bank, pcr);
  progress.forms_ = forms;
  for (std::size_t form = 0; form < progress.values_.size(); ++form) {
    if (progress.has(form)) {
      const ByteView value = in.bytes(digest_size(*bank));
      progress.values_[form] = Digest::from(*bank, value).value_or(Digest(*bank));
    }
  }
  return in.ok() ? std::optional(progress) : std::nullopt;
}

ImaProgress::ImaProgress(std::span<const HashAlgorithm> banks) {
  std::size_t count = 0;
  for (const HashAlgorithm bank : banks) {
    if (can_hash(bank) && count < banks_.size() && find(bank) == nullptr) {
      banks_[count++].emplace(bank);
    }
  }
}

void ImaProgress::add(const ImaEntry& entry) {
  ++entries_;
  for (std::optional<ImaBankProgress>& bank : banks_) {
    if (bank.has_value()) {
      bank->add(entry);
    }
  }
}

bool ImaProgress::gives(std::span<const Digest> quoted) const {
  return !quoted.empty() && std::all_of(quoted.begin(), quoted.end(), [this](const Digest& value) {
    return std::any_of(banks_.begin(), banks_.end(), [&value](const auto& bank) {
      return bank.has_value() && bank->form_of(value).has_value();
    });
  });
}

void ImaProgress::settle(std::span<const Digest> quoted) {
  for (const Digest& value : quoted) {
    ImaBankProgress* const bank = find(value.algorithm());
    const std::optional<ImaDigestForm> form = bank == nullptr ? std::nullopt : bank->form_of(value);
    // Before the first entry all forms are zeros: nothing is shown yet.
    if (form.has_value() && !value.is_filled_with(0)) {
      bank->settle(*form);
    }
  }
}

ImaBankProgress* ImaProgress::find(HashAlgorithm bank) {
  for (std::optional<ImaBankProgress>& progress : banks_) {
    if (progress.has_value() && progress->algorithm() == bank) {
      return &*progress;
    }
  }
  return nullptr;
}

std::size_t ImaProgress::bank_count() const {
  return static_cast<std::size_t>(std::count_if(banks_.begin(), banks_.end(),
                                                [](const auto& bank) { return bank.has_value(); }));
}

void ImaProgress::write(ByteWriter& out) const {
  out.u8(kVersion).u64_le(entries_).u8(static_cast<std::uint8_t>(bank_count()));
  for (const std::optional<ImaBankProgress>& bank : banks_) {
    if (bank.has_value()) {
      bank->write(out);
    }
  }
}

Result<ImaProgress> ImaProgress::read(ByteView bytes) {
  ByteReader in(bytes);
  ImaProgress progress;
  if (in.u8() != kVersion) {
    in.fail(ErrorCode::kUnsupported);
  }
  progress.entries_ = in.u64_le();
  const std::uint8_t count = in.u8();
  if (count > progress.banks_.size()) {
    in.fail(ErrorCode::kTooLarge);
  }
  for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
    std::optional<ImaBankProgress> bank = ImaBankProgress::read(in);
    if (bank.has_value() && progress.find(bank->algorithm()) != nullptr) {
      in.fail(ErrorCode::kMalformed);
    }
    progress.banks_[i] = std::move(bank);
  }
  return in.finish(std::move(progress), "IMA progress");
}

}  // namespace quotemill
