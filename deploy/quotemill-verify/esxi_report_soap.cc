// The report as SOAP has it: one element a byte, signed.
#include <charconv>
#include <limits>

#include "deploy/quotemill-verify/esxi_report.h"
#include "deploy/quotemill-verify/limits.h"
#include "deploy/xml/xml_element.h"
#include "engine/base/text.h"
#include "transport/sinks/base64.h"

namespace quotemill::offline {
namespace {

Error wrong(std::string detail) {
  return {ErrorCode::kMalformed, "SOAP report", 0, std::move(detail)};
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

// The element that holds the report: the root, or below an envelope. No recursion.
const XmlElement* report_element(const XmlElement& root) {
  std::vector<const XmlElement*> open = {&root};
  while (!open.empty()) {
    const XmlElement* const element = open.back();
    open.pop_back();
    if (element->child("tpmPcrValues") != nullptr || element->child("tpmEvents") != nullptr) {
      return element;
    }
    for (const XmlElement& child : element->children) {
      open.push_back(&child);
    }
  }
  return nullptr;
}

// Elements of the name, a byte each: -128 to 127; 0 to 255 is written by some.
Result<Bytes> bytes_of(const XmlElement& element, std::string_view name) {
  Bytes bytes;
  for (const XmlElement& child : element.children) {
    if (child.name != name) {
      continue;
    }
    const std::optional<int> value = number_in<int>(trimmed(child.text));
    if (!value || *value < -128 || *value > 255) {
      return wrong(std::string(name) + " holds what is no byte");
    }
    if (bytes.size() == limits::kEsxiReportBinarySizeMax) {
      return wrong(std::string(name) + " is too long");
    }
    bytes.push_back(static_cast<std::uint8_t>(*value));
  }
  return bytes;
}

Result<std::uint32_t> pcr_in(const XmlElement& element, std::string_view name) {
  const std::optional<std::uint32_t> pcr = number_in<std::uint32_t>(element.text_of(name));
  if (!pcr) {
    return wrong(std::string(name) + " is no number");
  }
  return *pcr;
}

std::string_view method_in(const XmlElement& element, std::string_view name) {
  const std::string_view method = element.text_of(name);
  return method.empty() ? std::string_view("SHA1") : method;  // dataHashMethod is of 6.7 and later
}

Result<void> read_pcr(const XmlElement& element, EsxiReport& report) {
  const Result<std::uint32_t> pcr = pcr_in(element, "pcrNumber");
  if (!pcr) {
    return pcr.error();
  }
  const Result<Bytes> bytes = bytes_of(element, "digestValue");
  if (!bytes) {
    return bytes.error();
  }
  const Result<Digest> value = report_digest(method_in(element, "digestMethod"), *bytes);
  return value ? add_pcr(report, *pcr, *value) : Result<void>(value.error());
}

Result<std::optional<Bytes>> optional_bytes(const XmlElement& details, std::string_view name) {
  if (details.child(name) == nullptr) {
    return std::optional<Bytes>();
  }
  Result<Bytes> bytes = bytes_of(details, name);
  if (!bytes) {
    return bytes.error();
  }
  return std::optional(std::move(*bytes));
}

Result<void> read_event(const XmlElement& element, EsxiReport& report) {
  const Result<std::uint32_t> pcr = pcr_in(element, "pcrIndex");
  const XmlElement* const details = element.child("eventDetails");
  if (!pcr || details == nullptr) {
    return pcr ? Result<void>(wrong("an event without details")) : Result<void>(pcr.error());
  }
  const Result<Bytes> hashed = bytes_of(*details, "dataHash");
  if (!hashed) {
    return hashed.error();
  }
  const Result<Digest> digest = report_digest(method_in(*details, "dataHashMethod"), *hashed);
  if (!digest) {
    return digest.error();
  }
  EsxiReportEntry entry;
  entry.pcr = *pcr;
  entry.digest = *digest;
  entry.type = details->attribute("xsi:type");
  entry.kind = kind_of_class(entry.type);
  entry.vib_name = details->text_of("vibName");
  entry.vib_version = details->text_of("vibVersion");
  entry.vib_vendor = details->text_of("vibVendor");
  entry.name = entry.kind == EsxiEventKind::kBootOptions ? details->text_of("optionsFileName")
                                                         : details->text_of("componentName");
  entry.text = entry.kind == EsxiEventKind::kCommandLine ? details->text_of("commandLine")
               : entry.kind == EsxiEventKind::kSystemVersion
                   ? details->text_of("systemVersion")
                   : details->text_of("bootSecurityOption");
  Result<std::optional<Bytes>> options = optional_bytes(*details, "bootOptions");
  if (!options) {
    return options.error();
  }
  entry.data = std::move(*options);
  if (entry.kind == EsxiEventKind::kVersion && details->child("version") != nullptr) {
    entry.data = transport::from_base64(details->text_of("version"));
    if (!entry.data) {
      return wrong("version is no base64");
    }
  }
  return add_entry(report, std::move(entry));
}

}  // namespace

Result<EsxiReport> decode_soap_report(std::string_view text) {
  const Result<XmlElement> root = parse_xml(text);
  if (!root) {
    return root.error();
  }
  const XmlElement* const element = report_element(*root);
  if (element == nullptr) {
    return wrong("there is no HostTpmAttestationReport in it");
  }
  EsxiReport report;
  report.format = EsxiReportFormat::kSoap;
  for (const XmlElement& child : element->children) {
    Result<void> read;
    if (child.name == "tpmPcrValues") {
      read = read_pcr(child, report);
    } else if (child.name == "tpmEvents") {
      read = read_event(child, report);
    } else if (child.name == "tpmLogReliable") {
      const std::string_view value = trimmed(child.text);
      report.is_reliable = value == "true" || value == "1";
    }
    if (!read) {
      return read.error();
    }
  }
  return report;
}

}  // namespace quotemill::offline
