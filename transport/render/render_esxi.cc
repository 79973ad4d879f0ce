#include "transport/render/render_esxi.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/crypto/tpm_certificate.h"

namespace quotemill::transport {

namespace {

Json text_of(std::string_view untrusted) {
  return untrusted.empty() ? Json(nullptr) : Json(escaped(untrusted));
}

// Escaped already.
Json words(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json render_image(const EsxiStatus& status) {
  if (!status.software || !status.software->image) {
    return nullptr;
  }
  const StaticSoftware& software = *status.software;
  const auto others = std::count_if(software.vibs.begin(), software.vibs.end(),
                                    [](const InferredVib& vib) { return !vib.is_in_image; });
  return {{"name", text_of(software.image->name)},
          {"version", text_of(software.image->version.version)},
          {"build", text_of(software.image->version.build)},
          {"match", name_of(software.match)},
          {"approved", software.is_approved},
          {"acceptance", name_of(software.acceptance)},
          {"other_vibs", others},
          {"ambiguous", status.ambiguous}};
}

Json render_list(const std::vector<Digest>& digests) {
  Json list = Json::array();
  for (const Digest& digest : digests) {
    list.push_back(digest.hex());
  }
  return list;
}

Json render_secure_boot(const EsxiStatus& status) {
  if (!status.is_believed) {
    return nullptr;
  }
  const char* const state = !status.secure_boot ? "unproven" : (*status.secure_boot ? "on" : "off");
  return {{"state", state}, {"because", words(status.secure_boot_doubt)}};
}

// TPM2_GetCapability's two words of the vendor's, as TPM tools show them.
Json firmware_of(const HostState& state) {
  if (!state.counters) {
    return nullptr;
  }
  const std::uint64_t version = state.counters->firmware_version;
  std::string text = "0x";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) {
    text.push_back(kDigits[version >> static_cast<unsigned>(shift) & 0xFU]);
  }
  return text;
}

Json render_tpm(const Host& host, ByteView ek_certificate) {
  TpmAttributes attributes;
  if (!ek_certificate.empty()) {
    if (const Result<Certificate> ek = Certificate::from_der(ek_certificate)) {
      attributes = tpm_attributes(*ek);
    }
  }
  return {
      {"manufacturer", words(attributes.manufacturer)}, {"model", words(attributes.model)},
      {"version", words(attributes.version)},           {"firmware", firmware_of(*host.state)},
      {"ek_sha256", words(host.record->ek_sha256)},     {"ek_issuer", words(attributes.issuer)}};
}

// The last quote that was proven; a state that time alone made has none of its own.
Json last_attested(const HostState& state) {
  return state.counters ? iso_time(state.counters->received) : Json(nullptr);
}

}  // namespace

Json render_attestation(const EsxiAttestation& attestation) {
  return {{"status", name_of(attestation.status)}, {"colour", colour_of(attestation.status)},
          {"key", words(attestation.key)},         {"message", words(attestation.message)},
          {"cause", words(attestation.cause)},     {"remedy", words(attestation.remedy)},
          {"vsphere", words(attestation.vsphere)}};
}

Json render_esxi_host(const Host& host, ByteView ek_certificate, const EsxiStatus& status) {
  const bool is_told = status.is_believed;
  return {{"attestation", render_attestation(esxi_attestation(*host.state))},
          {"last_attested", last_attested(*host.state)},
          {"image", render_image(status)},
          {"version", text_of(status.version.version)},
          {"build", text_of(status.version.build)},
          {"secure_boot", render_secure_boot(status)},
          {"txt",
           is_told ? Json(status.is_launched_by_txt ? "launched" : "not_launched") : Json(nullptr)},
          {"tpm", render_tpm(host, ek_certificate)},
          {"exec_installed_only",
           status.exec_installed_only ? Json(*status.exec_installed_only) : Json(nullptr)},
          {"asset_tag", text_of(status.asset_tag)},
          {"modules", is_told ? Json(status.modules) : Json(nullptr)},
          {"secret_typed", is_told ? Json(status.has_secret) : Json(nullptr)},
          {"loaders", render_list(status.loaders)},
          {"authorities", render_list(status.authorities)},
          {"signers", render_list(status.signers)},
          {"layout", name_of(status.layout)}};
}

Json render_software_changes(const SoftwareChanges& changes) {
  const auto digest_of = [](const std::optional<Digest>& digest) {
    return digest ? Json(digest->hex()) : Json(nullptr);
  };
  Json modules = Json::array();
  for (const ModuleChange& change : changes.modules) {
    modules.push_back({{"module", change.name},
                       {"before", digest_of(change.before)},
                       {"after", digest_of(change.after)},
                       {"vib_before", words(change.vib_before)},
                       {"vib_after", words(change.vib_after)}});
  }
  Json vibs = Json::array();
  for (const VibChange& change : changes.vibs) {
    vibs.push_back(
        {{"vib", change.name}, {"before", words(change.before)}, {"after", words(change.after)}});
  }
  return {{"modules", std::move(modules)}, {"vibs", std::move(vibs)}};
}

}  // namespace quotemill::transport
