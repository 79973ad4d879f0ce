#include "deploy/quotemill-verify/esxi_report.h"

#include <algorithm>
#include <array>

#include "deploy/quotemill-verify/limits.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::offline {
namespace {

constexpr std::size_t kOldZeroSize = 40;  // of a SHA-1 PCR in vCenter 6.5

struct NamedClass {
  std::string_view name;
  EsxiEventKind kind;
};

// vim25, HostTpmEventDetails and what extends it, without "Host" and "EventDetails".
constexpr std::array kClasses = {
    NamedClass{"HostTpmSoftwareComponentEventDetails", EsxiEventKind::kModule},
    NamedClass{"HostTpmOptionEventDetails", EsxiEventKind::kBootOptions},
    NamedClass{"HostTpmCommandEventDetails", EsxiEventKind::kCommandLine},
    NamedClass{"HostTpmNvTagEventDetails", EsxiEventKind::kAssetTag},
    NamedClass{"HostTpmSignerEventDetails", EsxiEventKind::kSigner},
    NamedClass{"HostTpmVersionEventDetails", EsxiEventKind::kVersion},
    NamedClass{"HostTpmBootSecurityOptionEventDetails", EsxiEventKind::kSecurityOption},
    NamedClass{"HostTpmBootCompleteEventDetails", EsxiEventKind::kBootComplete},
    NamedClass{"HostTpmSystemVersionEventDetails", EsxiEventKind::kSystemVersion},
};

struct NamedMethod {
  std::string_view name;
  HashAlgorithm algorithm;
};

constexpr std::array kMethods = {
    NamedMethod{"SHA1", HashAlgorithm::kSha1},       NamedMethod{"SHA256", HashAlgorithm::kSha256},
    NamedMethod{"SHA384", HashAlgorithm::kSha384},   NamedMethod{"SHA512", HashAlgorithm::kSha512},
    NamedMethod{"SM3_256", HashAlgorithm::kSm3_256},
};

Error wrong(std::string detail) {
  return {ErrorCode::kMalformed, "report", 0, std::move(detail)};
}

}  // namespace

std::string_view name_of(EsxiReportFormat format) {
  switch (format) {
    case EsxiReportFormat::kSoap:
      return "soap";
    case EsxiReportFormat::kViJson:
      return "vi_json";
    case EsxiReportFormat::kHostManifest:
      return "host_manifest";
  }
  return "soap";
}

EsxiEventKind kind_of_class(std::string_view type) {
  type.remove_prefix(type.rfind(':') + 1);  // "vim25:HostTpm…"; npos + 1 is 0
  const auto* const found =
      std::find_if(kClasses.begin(), kClasses.end(),
                   [type](const NamedClass& each) { return each.name == type; });
  return found == kClasses.end() ? EsxiEventKind::kUnknown : found->kind;
}

Result<Digest> report_digest(std::string_view method, ByteView bytes) {
  const auto* const found =
      std::find_if(kMethods.begin(), kMethods.end(),
                   [method](const NamedMethod& each) { return each.name == method; });
  if (found == kMethods.end()) {
    return wrong("no hash is called \"" + escaped(method) + "\"");
  }
  const bool is_old_zero =
      found->algorithm == HashAlgorithm::kSha1 && bytes.size() == kOldZeroSize &&
      std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
  if (is_old_zero) {
    return Digest(HashAlgorithm::kSha1);
  }
  const std::optional<Digest> digest = Digest::from(found->algorithm, bytes);
  if (!digest) {
    return wrong(std::to_string(bytes.size()) + " bytes are no digest of " + std::string(method));
  }
  return *digest;
}

Result<void> add_entry(EsxiReport& report, EsxiReportEntry entry) {
  if (entry.pcr >= limits::kPcrCount) {
    return wrong("an event of PCR " + std::to_string(entry.pcr));
  }
  if (report.entries.size() == limits::kEsxiReportEntriesMax) {
    return Error{ErrorCode::kTooLarge, "report", 0,
                 "more than " + std::to_string(limits::kEsxiReportEntriesMax) + " events"};
  }
  report.entries.push_back(std::move(entry));
  return {};
}

Result<void> add_pcr(EsxiReport& report, std::uint32_t pcr, const Digest& value) {
  if (pcr >= limits::kPcrCount) {
    return wrong("a value of PCR " + std::to_string(pcr));
  }
  auto bank = std::find_if(report.pcrs.begin(), report.pcrs.end(), [&value](const PcrBank& each) {
    return each.algorithm() == value.algorithm();
  });
  if (bank == report.pcrs.end()) {
    bank = report.pcrs.insert(bank, PcrBank(value.algorithm()));
  }
  if (bank->has(pcr)) {
    return wrong("PCR " + std::to_string(pcr) + " is there twice");
  }
  bank->set(pcr, value);
  return {};
}

Result<EsxiReport> decode_esxi_report(ByteView file) {
  const std::string_view text = as_text(file);
  const std::size_t begin = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (begin == std::string_view::npos) {
    return wrong("nothing is in it");
  }
  return text[begin] == '<' ? decode_soap_report(text) : decode_json_report(text);
}

}  // namespace quotemill::offline
