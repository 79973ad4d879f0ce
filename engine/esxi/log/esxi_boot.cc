#include "engine/esxi/log/esxi_boot.h"

#include <algorithm>

namespace quotemill {

std::string_view name_of(EsxiProblemKind kind) {
  switch (kind) {
    case EsxiProblemKind::kGrammar:
      return "grammar";
    case EsxiProblemKind::kMalformed:
      return "malformed";
    case EsxiProblemKind::kDataDiffers:
      return "data";
    case EsxiProblemKind::kTagUnknown:
      return "tag_unknown";
    case EsxiProblemKind::kBankWeak:
      return "bank";
    case EsxiProblemKind::kTooLong:
      return "too_long";
    case EsxiProblemKind::kSecureBoot:
      return "secure_boot";
  }
  return "grammar";
}

void EsxiBoot::clear() {
  modules.clear();
  versions.clear();
  signers.clear();
  authorities.clear();
  loaders.clear();
  problems.clear();
  odd_authority.reset();
  layout = EsxiLayout::kNone;
  bank = HashAlgorithm::kSha256;
  form = LogForm::kAsSent;
  pcrs = 0;
  command_line.reset();
  command_line_event.reset();
  asset_tag.reset();
  has_secret = false;
  has_launch = false;
  exec_installed_only.reset();
  kernel_secure_boot.reset();
  is_boot_complete = false;
  system_version.reset();
  unknown_tags = 0;
  problem_count = 0;
}

bool is_in_order(const EsxiBoot& boot) {
  return boot.problem_count == boot.problems.size() &&
         std::all_of(boot.problems.begin(), boot.problems.end(), [](const EsxiProblem& problem) {
           return problem.kind == EsxiProblemKind::kTagUnknown;
         });
}

KnownSigner known_signer(const Digest& certificate) {
  return known_esxi_format().signer(certificate);
}

}  // namespace quotemill
