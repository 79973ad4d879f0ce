#include "engine/esxi/log/describe_esxi.h"

#include <array>

#include "engine/crypto/hash.h"
#include "engine/esxi/log/tagged_data.h"
#include "engine/eventlog/decode/authority.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::size_t kShownBytesMax = 64;

std::string text_of(std::string_view text) {
  return text_of_ascii(as_bytes(text));
}

std::string bytes_or_text(ByteView data) {
  if (data.empty() || is_ascii_text(data)) {
    return text_of_ascii(data);
  }
  return to_hex(without_secrets(data.first(std::min(data.size(), kShownBytesMax))));
}

// "esxi_" and the kind's name, as a literal.
std::string_view decoded_kind(EsxiEventKind kind) {
  switch (kind) {
    case EsxiEventKind::kModule:
      return "esxi_module";
    case EsxiEventKind::kBootOptions:
      return "esxi_boot_options";
    case EsxiEventKind::kCommandLine:
      return "esxi_command_line";
    case EsxiEventKind::kAssetTag:
      return "esxi_asset_tag";
    case EsxiEventKind::kSigner:
      return "esxi_signer";
    case EsxiEventKind::kVersion:
      return "esxi_version";
    case EsxiEventKind::kSecurityOption:
      return "esxi_security_option";
    case EsxiEventKind::kBootComplete:
      return "esxi_boot_complete";
    case EsxiEventKind::kSystemVersion:
      return "esxi_system_version";
    case EsxiEventKind::kLaunch:
      return "esxi_launch";
    case EsxiEventKind::kUnknown:
      return "esxi_unknown";
  }
  return "esxi_unknown";
}

void describe_module(const EsxiEvent& event, DecodedEvent& out) {
  const Result<std::string_view> name = read_module_name(event.data);
  const std::string shown = name ? text_of(*name) : text_of_ascii(event.data);
  out.summary = shown;
  out.fields.push_back({"name", shown});
  if (!name) {
    out.problem = name.error().to_string();
  }
}

Fields fields_of(const EsxiVersionRecord& record) {
  return {{"component", text_of(record.component)},
          {"product", text_of(record.product)},
          {"version", text_of(record.version)},
          {"file", text_of(record.file)},
          {"record_format", std::uint64_t{record.format}},
          {"record_flags", hex_number(record.flags)}};
}

void describe_version(const EsxiEvent& event, DecodedEvent& out) {
  const Result<EsxiVersionRecord> record = read_version_record(event.data);
  if (!record) {
    out.problem = record.error().to_string();
    return;
  }
  out.summary = text_of(record->product) + " " + text_of(record->version) + ", " +
                text_of(record->component) + " in " + text_of(record->file);
  for (Field& field : fields_of(*record)) {
    out.fields.push_back(std::move(field));
  }
}

void describe_signer(const EsxiEvent& event, DecodedEvent& out) {
  const Digest digest = hash(HashAlgorithm::kSha256, event.data);
  const KnownSigner known = known_signer(digest);
  out.summary = known.key_id.empty()
                    ? "certificate " + digest.hex()
                    : std::string(known.key_id) + " (" + std::string(name_of(known.role)) + ")";
  out.fields.push_back({"role", std::string(name_of(known.role))});
  if (!known.key_id.empty()) {
    out.fields.push_back({"key_id", std::string(known.key_id)});
  }
  for (Field& field : describe_authority({{}, event.data, {}})) {
    out.fields.push_back(std::move(field));
  }
  out.fields.push_back({"certificate_sha256", digest.hex()});
}

Fields fields_of(const EsxiModule& module) {
  return {{"name", text_of(module.name)},
          {"digest", module.digest.hex()},
          {"pcr", std::uint64_t{module.pcr}},
          {"event", std::uint64_t{module.event}},
          {"options", module.is_options}};
}

Fields fields_of(const EsxiSigner& signer) {
  return {{"sha256", signer.digest.hex()},
          {"role", std::string(name_of(signer.role))},
          {"key_id", std::string(signer.key_id)},
          {"event", std::uint64_t{signer.event}}};
}

Fields fields_of(const EsxiAuthority& authority) {
  return {{"sha256", authority.digest.hex()},
          {"certificate", !authority.certificate.empty()},
          {"event", std::uint64_t{authority.event}}};
}

Fields fields_of(const EsxiLoader& loader) {
  return {{"digest", loader.digest.hex()},
          {"pcr", std::uint64_t{loader.pcr}},
          {"event", std::uint64_t{loader.event}}};
}

template <class Value>
std::vector<Fields> list_of(const std::vector<Value>& values) {
  std::vector<Fields> list;
  list.reserve(values.size());
  for (const Value& value : values) {
    list.push_back(fields_of(value));
  }
  return list;
}

std::vector<Fields> list_of_versions(const std::vector<EsxiVersionRecord>& versions) {
  std::vector<Fields> list;
  for (const EsxiVersionRecord& version : versions) {
    Fields& fields = list.emplace_back(fields_of(version));
    fields.push_back({"event", std::uint64_t{version.event}});
  }
  return list;
}

}  // namespace

DecodedEvent describe(const EsxiEvent& event) {
  DecodedEvent out;
  out.kind = decoded_kind(event.kind);
  if (event.tag) {
    out.fields.push_back({"tag", std::uint64_t{*event.tag}});
  }
  switch (event.kind) {
    case EsxiEventKind::kModule:
    case EsxiEventKind::kBootOptions:
      describe_module(event, out);
      break;
    case EsxiEventKind::kVersion:
      describe_version(event, out);
      break;
    case EsxiEventKind::kSigner:
      describe_signer(event, out);
      break;
    case EsxiEventKind::kCommandLine:
      out.summary = text_of_ascii(event.data);
      out.fields.push_back({"text", out.summary});
      out.fields.push_back({"redacted", has_secret(event.data)});
      break;
    default:
      out.summary = bytes_or_text(event.data);
      out.fields.push_back({"text", out.summary});
      break;
  }
  return out;
}

Fields describe(const EsxiBoot& boot) {
  Fields fields = {{"layout", std::string(name_of(boot.layout))},
                   {"modules", list_of(boot.modules)},
                   {"versions", list_of_versions(boot.versions)},
                   {"signers", list_of(boot.signers)},
                   {"authorities", list_of(boot.authorities)},
                   {"loaders", list_of(boot.loaders)},
                   {"launched_by_txt", boot.has_launch},
                   {"boot_complete", boot.is_boot_complete},
                   {"unknown_tags", std::uint64_t{boot.unknown_tags}},
                   {"problems", std::uint64_t{boot.problem_count}}};
  if (boot.command_line) {
    fields.push_back({"command_line", text_of(*boot.command_line)});
    fields.push_back({"command_line_redacted", boot.has_secret});
  }
  if (boot.asset_tag) {
    fields.push_back({"asset_tag", bytes_or_text(*boot.asset_tag)});
  }
  if (boot.exec_installed_only) {
    fields.push_back({"exec_installed_only", *boot.exec_installed_only});
  }
  if (boot.kernel_secure_boot) {
    fields.push_back({"kernel_secure_boot", *boot.kernel_secure_boot});
  }
  if (boot.system_version) {
    fields.push_back({"system_version", text_of(*boot.system_version)});
  }
  return fields;
}

std::string describe(const EsxiProblem& problem) {
  const std::string what(problem.what);
  switch (problem.kind) {
    case EsxiProblemKind::kMalformed:
      return what + ", at byte " + std::to_string(problem.offset) + " of the event's data";
    case EsxiProblemKind::kDataDiffers:
      return what + (problem.bank ? " in " + std::string(name_of(*problem.bank)) : "");
    case EsxiProblemKind::kTagUnknown:
      return "tag " + std::to_string(problem.number) +
             (problem.what == name_of(EsxiEventKind::kUnknown) ? "" : ", by its text " + what);
    case EsxiProblemKind::kBankWeak:
      return what + (problem.bank ? " (" + std::string(name_of(*problem.bank)) + ")" : "");
    case EsxiProblemKind::kTooLong:
      return what + " " + std::to_string(problem.number);
    case EsxiProblemKind::kGrammar:
    case EsxiProblemKind::kSecureBoot:
      return what;
  }
  return what;
}

}  // namespace quotemill
