// The report as JSON: VI-JSON (vSphere 8.0 U1 and later), and the host manifest that Intel SecL
// keeps of one.
#include <array>

#include "deploy/quotemill-verify/esxi_report.h"
#include "deploy/quotemill-verify/limits.h"
#include "deploy/references/strict_json.h"
#include "engine/base/text.h"
#include "transport/sinks/base64.h"

namespace quotemill::offline {
namespace {

using references::Json;

Error wrong(const std::string& detail) {
  return {ErrorCode::kMalformed, "JSON report", 0, detail};
}

const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_in(const Json& object, const char* name) {
  const Json* const value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

Result<std::uint32_t> number_in(const Json& object, const char* name) {
  const Json* const value = member(object, name);
  if (value == nullptr || !value->is_number_integer() || value->get<std::int64_t>() < 0 ||
      value->get<std::int64_t>() > 0xFFFF) {
    return wrong(std::string(name) + " is no number of a PCR");
  }
  return static_cast<std::uint32_t>(value->get<std::int64_t>());
}

// Numbers of -128 to 255.
Result<Bytes> bytes_in(const Json& object, const char* name) {
  const Json* const value = member(object, name);
  if (value == nullptr || !value->is_array() || value->size() > limits::kEsxiReportBinarySizeMax) {
    return wrong(std::string(name) + " is no array of bytes");
  }
  Bytes bytes;
  for (const Json& each : *value) {
    if (!each.is_number_integer() || each.get<std::int64_t>() < -128 ||
        each.get<std::int64_t>() > 255) {
      return wrong(std::string(name) + " holds what is no byte");
    }
    bytes.push_back(static_cast<std::uint8_t>(each.get<std::int64_t>()));
  }
  return bytes;
}

Result<Digest> digest_in(const Json& object, const char* method, const char* name) {
  const Result<Bytes> bytes = bytes_in(object, name);
  if (!bytes) {
    return bytes.error();
  }
  const std::string named = text_in(object, method);
  return report_digest(named.empty() ? "SHA1" : named, *bytes);
}

// --- VI-JSON

Result<void> read_pcr(const Json& json, EsxiReport& report) {
  const Result<std::uint32_t> pcr = number_in(json, "pcrNumber");
  if (!pcr) {
    return pcr.error();
  }
  const Result<Digest> value = digest_in(json, "digestMethod", "digestValue");
  return value ? add_pcr(report, *pcr, *value) : Result<void>(value.error());
}

Result<void> read_data(const Json& details, EsxiReportEntry& entry) {
  if (member(details, "bootOptions") != nullptr) {
    Result<Bytes> options = bytes_in(details, "bootOptions");
    if (!options) {
      return options.error();
    }
    entry.data = std::move(*options);
  } else if (entry.kind == EsxiEventKind::kVersion && member(details, "version") != nullptr) {
    entry.data = transport::from_base64(text_in(details, "version"));
    if (!entry.data) {
      return wrong("version is no base64");
    }
  }
  return {};
}

Result<void> read_event(const Json& json, EsxiReport& report) {
  const Result<std::uint32_t> pcr = number_in(json, "pcrIndex");
  const Json* const details = member(json, "eventDetails");
  if (!pcr || details == nullptr) {
    return pcr ? Result<void>(wrong("an event without details")) : Result<void>(pcr.error());
  }
  const Result<Digest> digest = digest_in(*details, "dataHashMethod", "dataHash");
  if (!digest) {
    return digest.error();
  }
  EsxiReportEntry entry;
  entry.pcr = *pcr;
  entry.digest = *digest;
  entry.type = text_in(*details, "_typeName");
  entry.kind = kind_of_class(entry.type);
  entry.vib_name = text_in(*details, "vibName");
  entry.vib_version = text_in(*details, "vibVersion");
  entry.vib_vendor = text_in(*details, "vibVendor");
  entry.name = text_in(
      *details, entry.kind == EsxiEventKind::kBootOptions ? "optionsFileName" : "componentName");
  entry.text =
      text_in(*details, entry.kind == EsxiEventKind::kCommandLine     ? "commandLine"
                        : entry.kind == EsxiEventKind::kSystemVersion ? "systemVersion"
                                                                      : "bootSecurityOption");
  const Result<void> data = read_data(*details, entry);
  return data ? add_entry(report, std::move(entry)) : data;
}

template <class Read>
Result<void> each_of(const Json* list, EsxiReport& report, const Read& read) {
  if (list == nullptr) {
    return {};
  }
  if (!list->is_array()) {
    return wrong("what should be a list is none");
  }
  for (const Json& each : *list) {
    const Result<void> done = read(each, report);
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<EsxiReport> read_vi_json(const Json& json) {
  EsxiReport report;
  report.format = EsxiReportFormat::kViJson;
  const Result<void> pcrs = each_of(member(json, "tpmPcrValues"), report, read_pcr);
  if (!pcrs) {
    return pcrs.error();
  }
  const Result<void> events = each_of(member(json, "tpmEvents"), report, read_event);
  if (!events) {
    return events.error();
  }
  const Json* const reliable = member(json, "tpmLogReliable");
  if (reliable != nullptr && reliable->is_boolean()) {
    report.is_reliable = reliable->get<bool>();
  }
  return report;
}

// --- Host manifest (intel-secl, pkg/model/hvs): hexadecimal values, events by bank and PCR

Result<Digest> hex_digest(const std::string& method, const std::string& hex) {
  const std::optional<Bytes> bytes = from_hex(hex);
  return bytes ? report_digest(method, *bytes) : Result<Digest>(wrong("a digest that is no hex"));
}

Result<void> read_manifest_pcr(const Json& json, EsxiReport& report) {
  constexpr std::string_view kPrefix = "pcr_";
  const std::string index = text_in(json, "index");
  const std::string digits = index.size() > kPrefix.size() ? index.substr(kPrefix.size()) : "";
  if (index.substr(0, kPrefix.size()) != kPrefix || digits.empty() || digits.size() > 2 ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    return wrong("no PCR is called \"" + escaped(index) + "\"");
  }
  const Result<Digest> value = hex_digest(text_in(json, "pcr_bank"), text_in(json, "value"));
  return value ? add_pcr(report, static_cast<std::uint32_t>(std::stoul(digits)), *value)
               : Result<void>(value.error());
}

// "Vim25Api.HostTpmSoftwareComponentEventDetails_esx-base_VMware": class, VIB, vendor.
void read_class_tag(std::string_view tag, EsxiReportEntry& entry) {
  tag.remove_prefix(std::min(tag.size(), tag.find('.') + 1));
  const std::size_t vib = tag.find('_');
  entry.type = tag.substr(0, vib);
  entry.kind = kind_of_class(entry.type);
  if (vib != std::string_view::npos) {
    const std::string_view rest = tag.substr(vib + 1);
    const std::size_t vendor = rest.rfind('_');
    entry.vib_name = rest.substr(0, vendor);
    entry.vib_vendor = vendor == std::string_view::npos ? "" : rest.substr(vendor + 1);
  }
}

EsxiReportEntry manifest_entry(const Json& json) {
  constexpr std::string_view kClassMark = "HostTpm";
  EsxiReportEntry entry;
  const Json* const tags = member(json, "tags");
  if (tags != nullptr && tags->is_array()) {
    for (const Json& tag : *tags) {
      const std::string text = tag.is_string() ? tag.get<std::string>() : std::string();
      if (text.find(kClassMark) != std::string::npos) {
        read_class_tag(text, entry);
      }
    }
  }
  const std::string name = text_in(json, "type_name");
  const bool is_file =
      entry.kind == EsxiEventKind::kModule || entry.kind == EsxiEventKind::kBootOptions;
  (is_file ? entry.name : entry.text) = name;
  return entry;
}

Result<void> read_manifest_events(const std::string& method, const Json& json, EsxiReport& report) {
  const Json* const place = member(json, "pcr");
  if (place == nullptr) {
    return wrong("events of no PCR");
  }
  const Result<std::uint32_t> pcr = number_in(*place, "index");
  if (!pcr) {
    return pcr.error();
  }
  return each_of(member(json, "tpm_events"), report,
                 [&](const Json& event, EsxiReport& out) -> Result<void> {
                   const Result<Digest> digest = hex_digest(method, text_in(event, "measurement"));
                   if (!digest) {
                     return digest.error();
                   }
                   EsxiReportEntry entry = manifest_entry(event);
                   entry.pcr = *pcr;
                   entry.digest = *digest;
                   return add_entry(out, std::move(entry));
                 });
}

Result<EsxiReport> read_manifest(const Json& manifest) {
  EsxiReport report;
  report.format = EsxiReportFormat::kHostManifest;
  for (const char* const bank : {"sha1pcrs", "sha2pcrs"}) {
    const Result<void> pcrs = each_of(member(manifest, bank), report, read_manifest_pcr);
    if (!pcrs) {
      return pcrs.error();
    }
  }
  const Json* const log = member(manifest, "pcr_event_log_map");
  for (const char* const method : {"SHA1", "SHA256"}) {
    const Result<void> events = each_of(log == nullptr ? nullptr : member(*log, method), report,
                                        [method](const Json& json, EsxiReport& out) {
                                          return read_manifest_events(method, json, out);
                                        });
    if (!events) {
      return events.error();
    }
  }
  return report;
}

}  // namespace

Result<EsxiReport> decode_json_report(std::string_view text) {
  const Result<Json> json = references::parse_strict_json(text);
  if (!json) {
    return json.error();
  }
  if (const Json* const manifest = member(*json, "pcr_manifest")) {
    return read_manifest(*manifest);
  }
  const Json* const inner = member(*json, "returnval");
  const Json& report = inner == nullptr ? *json : *inner;
  if (member(report, "tpmPcrValues") == nullptr && member(report, "tpmEvents") == nullptr) {
    return wrong("there is no HostTpmAttestationReport in it");
  }
  return read_vi_json(report);
}

}  // namespace quotemill::offline
