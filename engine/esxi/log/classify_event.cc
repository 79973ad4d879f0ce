#include "engine/esxi/log/classify_event.h"

#include <array>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/log/tagged_data.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::string_view kBootComplete = "Boot Complete";

EsxiEventKind kind_of_kernel_text(std::string_view text) {
  if (text == kBootComplete) {
    return EsxiEventKind::kBootComplete;
  }
  return text.find(kSecurityOptionSign) == std::string_view::npos ? EsxiEventKind::kUnknown
                                                                  : EsxiEventKind::kSecurityOption;
}

// The data of a kept log may lack a secret that was there when its digest was checked.
bool is_data_held(const EsxiTag* known, ByteView digest, HashAlgorithm bank, ByteView data,
                  LogForm form) {
  const KeptSecret kept = form == LogForm::kAsKept ? kept_secret(data) : KeptSecret::kNone;
  return kept == KeptSecret::kNone ? is_digest_of(known, digest, bank, data)
                                   : kept == KeptSecret::kHeld;
}

// `known`: nullptr if nobody has explained the tag. Texts of the kernel are told by what they say.
void explain(const EsxiTag* known, bool is_held, EsxiEvent& out) {
  if (known == nullptr) {
    out.why = ProofProblem::kUnknownType;
    if (is_held) {
      out.proof = ProofClass::kDataProven;
      out.kind = kind_of_kernel_text(without_nul(as_text(out.data)));
    }
    return;
  }
  out.kind = known->kind;
  out.proof = is_held ? ProofClass::kDataProven : ProofClass::kUnprovenType;
  out.why = is_held ? ProofProblem::kNone : ProofProblem::kDataDiffers;
}

EsxiEvent untagged(const BootEvent& event, const EsxiPcrs& pcrs) {
  EsxiEvent out;
  out.data = event.data;
  out.why = ProofProblem::kUnknownType;
  if ((pcrs.launch >> event.pcr & 1U) != 0) {
    out.kind = EsxiEventKind::kLaunch;
    out.proof = ProofClass::kDigestProven;
    out.why = ProofProblem::kNone;
  }
  return out;
}

}  // namespace

std::string_view without_nul(std::string_view text) {
  return !text.empty() && text.back() == '\0' ? text.substr(0, text.size() - 1) : text;
}

bool is_digest_of(const EsxiTag* known, ByteView digest, HashAlgorithm bank, ByteView data) {
  if (equal(hash(bank, data).view(), digest)) {
    return true;
  }
  // Whether the log shows the NUL is not known.
  constexpr std::array<std::uint8_t, 1> kNul = {0};
  const bool is_of_kernel = known == nullptr || known->kind >= EsxiEventKind::kSecurityOption;
  return is_of_kernel && equal(hash(bank, {data, kNul}).view(), digest);
}

EsxiEvent classify(const BootEvent& event, HashAlgorithm bank, const EsxiPcrs& pcrs,
                   const EsxiFormat& format, LogForm form, std::optional<Error>& broken) {
  if (event.type != event_type::kEventTag) {
    return untagged(event, pcrs);
  }
  EsxiEvent out;
  out.data = event.data;
  const Result<TaggedData> tagged = read_tagged_data(event.data);
  if (!tagged) {
    out.why = ProofProblem::kUnknownType;
    broken = tagged.error();
    return out;
  }
  out.tag = tagged->tag;
  out.data = tagged->data;
  const ByteView digest = event.digest(bank);
  if (digest.empty() || !can_hash(bank)) {
    out.why = ProofProblem::kDigestAbsent;
    return out;
  }
  const EsxiTag* const known = format.tag(tagged->tag);
  if (known != nullptr && !known->is_data_hashed) {
    out.kind = known->kind;
    out.proof = ProofClass::kDigestProven;
    return out;
  }
  explain(known, is_data_held(known, digest, bank, out.data, form), out);
  return out;
}

std::optional<EsxiEvent> esxi_event(const BootEvent& event, const EsxiBoot& boot,
                                    const EsxiFormat& format) {
  const EsxiPcrs* const pcrs = format.pcrs(boot.layout);
  if (pcrs == nullptr || !event.is_measured() || event.pcr >= limits::kPcrCount ||
      (pcrs->mask() >> event.pcr & 1U) == 0) {
    return std::nullopt;
  }
  std::optional<Error> broken;
  return classify(event, boot.bank, *pcrs, format, boot.form, broken);
}

}  // namespace quotemill
