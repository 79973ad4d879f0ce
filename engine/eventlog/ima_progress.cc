#include "engine/eventlog/ima_progress.h"

#include <algorithm>
#include <cassert>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr auto kListed = static_cast<std::size_t>(ImaDigestForm::kListed);
constexpr auto kHashed = static_cast<std::size_t>(ImaDigestForm::kHashed);
constexpr auto kPadded = static_cast<std::size_t>(ImaDigestForm::kPadded);
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
  Digest digest(algorithm());
  const std::span<std::uint8_t> bytes = digest.writable();
  if (entry.is_violation()) {
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xFF});
    for (std::size_t form = 0; form < values_.size(); ++form) {
      if (has(form)) {
        extend(values_[form], digest.view());
      }
    }
    return;
  }
  const std::size_t size = entry.template_hash.size();
  const bool no_data = entry.template_data.empty();
  const std::size_t gone = (size == bytes.size() ? 0U : 1U << kListed) |
                           (no_data ? 1U << kHashed : 0U) |
                           (size < bytes.size() ? 0U : 1U << kPadded);
  forms_ = static_cast<std::uint8_t>(forms_ & ~gone);
  if (has(kListed) || has(kPadded)) {  // never both: a hash of the bank's own size needs no zeros
    std::copy(entry.template_hash.begin(), entry.template_hash.end(), bytes.begin());
    extend(values_[has(kListed) ? kListed : kPadded], digest.view());
  }
  if (has(kHashed)) {
    extend(values_[kHashed], hash(algorithm(), entry.template_data).view());
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
