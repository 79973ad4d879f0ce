#include "engine/esxi/log/secure_boot_events.h"

#include "engine/crypto/hash.h"
#include "engine/eventlog/decode/authority.h"
#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/proof/loads_nothing.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kSecureBootPcr = 7;

std::optional<EfiVariable> proven_variable(const ProvenLog& log, const BootEvent& event,
                                           std::uint32_t type) {
  if (event.pcr != kSecureBootPcr || event.type != type || !log.is_data_proven(event)) {
    return std::nullopt;
  }
  Result<EfiVariable> variable = decode_efi_variable(event.data);
  return variable ? std::optional(*std::move(variable)) : std::nullopt;
}

}  // namespace

std::optional<EsxiAuthority> authority_of(const ProvenLog& log, const BootEvent& event) {
  const auto variable = proven_variable(log, event, event_type::kEfiVariableAuthority);
  if (!variable) {
    return std::nullopt;
  }
  const Authority authority = decode_authority(variable->value);
  if (!authority.certificate.empty()) {
    return EsxiAuthority{authority.certificate, hash(HashAlgorithm::kSha256, authority.certificate),
                         event.number};
  }
  const std::optional<Digest> listed = Digest::from(HashAlgorithm::kSha256, authority.digest);
  return listed ? std::optional(EsxiAuthority{{}, *listed, event.number}) : std::nullopt;
}

bool may_hide_authority(const ProvenLog& log, const BootEvent& event) {
  const bool is_of_firmware = log.separator(kSecureBootPcr) && log.is_before_separator(event);
  return event.pcr == kSecureBootPcr && !is_of_firmware && !loads_nothing(event, log.bank()) &&
         !authority_of(log, event);
}

std::optional<bool> firmware_secure_boot(const ProvenLog& log, const BootEvent& event) {
  const auto variable = proven_variable(log, event, event_type::kEfiVariableDriverConfig);
  if (!variable || !log.is_before_separator(event) ||
      !variable->is(guids::kGlobalVariable, "SecureBoot")) {
    return std::nullopt;
  }
  return variable->value.size() == 1 && variable->value[0] == 1;
}

}  // namespace quotemill
