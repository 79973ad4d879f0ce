#include "engine/esxi/log/esxi_boot.h"

#include <algorithm>
#include <array>

namespace quotemill {
namespace {

struct KnownCertificate {
  std::string_view sha256;  // of the DER
  KnownSigner signer;
};

// esx-boot, localkeys. The private halves of the test keys are public. Which certificates a policy
// wants is the policy's to say; these are told by name.
constexpr std::array kCertificates = {
    KnownCertificate{"321690a8e06810b184032f073c305a082112bdad5870ef2e8953e01be956d710",
                     {EsxiSignerRole::kOfficial, "vmware_esx67"}},
    KnownCertificate{"d484739ddd38e1b38117cec209b7ed125f61933052fe1f8a42fbb95d38017187",
                     {EsxiSignerRole::kOfficial, "vmware_esx40"}},
    KnownCertificate{"36aae5181af5e84a51cd75ea3844860746570791a134f0854595c024986a96fb",
                     {EsxiSignerRole::kTest, "test_esx67"}},
    KnownCertificate{"2f8529811f0be70b96f1a7a65560b5b17102d4e6538b9eb86f20108786f6494a",
                     {EsxiSignerRole::kTest, "elfsign_test"}},
};

constexpr std::uint8_t nibble(char digit) {
  return static_cast<std::uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

bool is_written(ByteView digest, std::string_view hex) {
  for (std::size_t i = 0; i < digest.size(); ++i) {
    if (digest[i] != (nibble(hex[2 * i]) << 4U | nibble(hex[2 * i + 1]))) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string_view name_of(EsxiSignerRole role) {
  switch (role) {
    case EsxiSignerRole::kUnknown:
      return "unknown";
    case EsxiSignerRole::kOfficial:
      return "official";
    case EsxiSignerRole::kTest:
      return "test";
  }
  return "unknown";
}

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
  problems.clear();
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
  const auto* const found =
      std::find_if(kCertificates.begin(), kCertificates.end(), [&](const KnownCertificate& known) {
        return certificate.algorithm() == HashAlgorithm::kSha256 &&
               is_written(certificate.view(), known.sha256);
      });
  return found == kCertificates.end() ? KnownSigner{} : found->signer;
}

}  // namespace quotemill
