#include <nlohmann/json.hpp>

#include "deploy/quotemill-verify/ima_report.h"
#include "deploy/quotemill-verify/json_parts.h"
#include "engine/base/text.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/ima_signature.h"

namespace quotemill::offline {
namespace {

constexpr std::size_t kWhole = static_cast<std::size_t>(-1);

std::string hex32(std::uint32_t number) {
  ByteWriter out;
  return to_hex(out.u32_be(number).view());
}

std::string_view name_of(ImaSignatureState state) {
  constexpr std::array<std::string_view, 5> kNames = {"none", "valid", "key_unknown", "invalid",
                                                      "unsupported"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string_view name_of(BootAggregateState state) {
  constexpr std::array<std::string_view, 4> kNames = {"holds", "differs", "unchecked", "no_tpm"};
  return kNames.at(static_cast<std::size_t>(state));
}

Json json_of(const Certificate& certificate) {
  return {{"subject", escaped(certificate.subject(), kWhole)},
          {"issuer", escaped(certificate.issuer(), kWhole)},
          {"key_id", hex32(ima_key_id(certificate))},
          {"key", certificate.key().name()}};
}

Json signature_of(const ImaFields& fields) {
  const Result<ImaSignature> signature = read_ima_signature(fields.signature);
  if (!signature) {
    return {{"bytes", to_hex(fields.signature)}};
  }
  return {{"type", signature->type},
          {"version", signature->version},
          {"hash", signature->hash ? Json(name_of(*signature->hash)) : Json(nullptr)},
          {"key_id", hex32(signature->key_id)},
          {"bytes", to_hex(signature->bytes)}};
}

Json buffer_of(const ImaFields& fields) {
  const ByteView bytes = *fields.buffer;
  Json json = {{"size", bytes.size()}};
  if (is_keyring_name(fields.name)) {
    if (const Result<Certificate> key = Certificate::from_der(bytes)) {
      json["certificate"] = json_of(*key);
      return json;
    }
  }
  const bool printable = std::all_of(bytes.begin(), bytes.end(),
                                     [](std::uint8_t byte) { return byte >= ' ' && byte <= '~'; });
  json[printable ? "text" : "bytes"] =
      printable ? without_secrets(as_text(bytes)) : to_hex(without_secrets(bytes));
  return json;
}

void add_metadata(Json& json, const ImaFields& fields) {
  if (!fields.modsig.empty()) {
    json["modsig"] = {{"digest_algorithm", escaped(fields.modsig_algorithm)},
                      {"digest", to_hex(fields.modsig_digest)},
                      {"bytes", to_hex(fields.modsig)}};
  }
  if (!fields.evm_signature.empty()) {
    json["evm_signature"] = to_hex(fields.evm_signature);
  }
  if (!fields.xattr_names.empty()) {
    json["xattrs"] = {{"names", escaped(fields.xattr_names, kWhole)},
                      {"lengths", to_hex(fields.xattr_lengths)},
                      {"values", to_hex(fields.xattr_values)}};
  }
  const auto number = [&json](const char* name, const auto& value) {
    if (value.has_value()) {
      json[name] = *value;
    }
  };
  number("uid", fields.uid);
  number("gid", fields.gid);
  number("mode", fields.mode);
}

Json data_of(const ImaEntry& entry, const ImaVerdict& verdict) {
  Json json = {{"template_hash", to_hex(entry.template_hash)}, {"violation", entry.is_violation()}};
  const std::optional<ImaFields> fields = fields_of(entry);
  if (!fields.has_value()) {
    json["bytes"] = to_hex(entry.template_data);
    return json;
  }
  json["path"] = escaped(fields->name, kWhole);
  json["digest_algorithm"] =
      fields->algorithm.empty() ? Json(nullptr) : Json(escaped(fields->algorithm));
  json["digest"] = to_hex(fields->digest);
  if (!fields->digest_type.empty()) {
    json["digest_type"] = escaped(fields->digest_type);
  }
  if (!verdict.package.empty()) {
    json["package"] = escaped(verdict.package);
  }
  if (!fields->signature.empty()) {
    json["signature"] = signature_of(*fields);
  }
  if (fields->buffer.has_value()) {
    json["buffer"] = buffer_of(*fields);
  }
  add_metadata(json, *fields);
  if (verdict.signature != ImaSignatureState::kNone) {
    json["signature_check"] = name_of(verdict.signature);
  }
  if (verdict.signer != nullptr) {
    json["signer"] = escaped(verdict.signer->subject(), kWhole);
  }
  return json;
}

// The form in which each bank's digests are shown.
using Forms = std::map<HashAlgorithm, ImaDigestForm>;

Json event_of(const ImaEntry& entry, std::size_t number, const ImaListReport& report,
              const Forms& forms) {
  const ImaVerdict& verdict = report.entries[number];
  Json digests = Json::object();
  for (const auto& [bank, form] : forms) {
    if (const std::optional<Digest> digest = extended_digest(entry, bank, form)) {
      digests[std::string(name_of(bank))] = digest->hex();
    }
  }
  Json json = {{"index", number},
               {"pcr", entry.pcr},
               {"type", escaped(entry.template_name)},
               {"digests", std::move(digests)},
               {"proof", name_of(verdict.proof)},
               {"outcome", name_of(verdict.outcome)}};
  if (report.proven_entries.has_value()) {
    json["quoted"] = number < *report.proven_entries;
  }
  json["data"] = data_of(entry, verdict);
  return json;
}

// Bank → index → value, of each bank in the form that `pick` chooses.
template <class Pick>
Json pcrs_of(const ImaListReport& report, Pick pick) {
  Json banks = Json::object();
  for (const auto& [pcr, progresses] : report.replayed) {
    for (const ImaBankProgress& progress : progresses) {
      if (const std::optional<Digest> value = pick(progress)) {
        banks[std::string(name_of(progress.algorithm()))][std::to_string(pcr)] = value->hex();
      }
    }
  }
  return banks;
}

Forms forms_of(const ImaListReport& report) {
  Forms forms;
  for (const auto& [pcr, progresses] : report.replayed) {
    for (const ImaBankProgress& progress : progresses) {
      if (const std::optional<ImaDigestForm> form = report.shown_form(progress)) {
        forms.try_emplace(progress.algorithm(), *form);
      }
    }
  }
  return forms;
}

Json aggregate_of(const ImaListReport& report) {
  if (!report.boot_aggregate.has_value()) {
    return nullptr;
  }
  const BootAggregateCheck& check = report.boot_aggregate_check;
  Json json = {{"algorithm", name_of(report.boot_aggregate->algorithm())},
               {"digest", report.boot_aggregate->hex()},
               {"check", name_of(check.state)}};
  if (check.state == BootAggregateState::kHolds) {
    json["pcrs"] = "0-" + std::to_string(check.pcr_count - 1);
  }
  if (check.expected.has_value()) {
    json["expected"] = check.expected->hex();
  }
  return json;
}

Json claims_of(const ImaListReport& report) {
  Json json = {{"entries", report.entries.size()}};
  json["proven_entries"] =
      report.proven_entries.has_value() ? Json(*report.proven_entries) : Json(nullptr);
  json["boot_aggregate"] = aggregate_of(report);
  json["templates"] = report.templates;
  json["outcomes"] = Json::object();
  for (const auto& [outcome, count] : report.outcomes) {
    json["outcomes"][std::string(name_of(outcome))] = count;
  }
  json["keys"] = Json::array();
  for (const Certificate& key : report.keys) {
    json["keys"].push_back(json_of(key));
  }
  json["signers"] = Json::array();
  for (const auto& [signer, count] : report.signers) {
    Json one = json_of(*signer);
    one["entries"] = count;
    json["signers"].push_back(std::move(one));
  }
  return json;
}

// One value per line, so that a list of a million entries streams and still reads.
template <class NextValue>
void print_array(std::ostream& out, const char* name, NextValue next) {
  out << "  \"" << name << "\": [";
  const char* separator = "\n";
  while (const std::optional<Json> value = next()) {
    out << separator << "    " << value->dump();
    separator = ",\n";
  }
  out << "\n  ],\n";
}

void print_member(std::ostream& out, const char* name, const Json& value) {
  out << "  \"" << name << "\": " << value.dump() << ",\n";
}

}  // namespace

void print_json(std::ostream& out, const ImaListReport& report, ByteView list) {
  const Forms forms = forms_of(report);
  Json algorithms = Json::array();
  Json form_names = Json::object();
  for (const auto& [bank, form] : forms) {
    algorithms.push_back(name_of(bank));
    form_names[std::string(name_of(bank))] = name_of(form);
  }
  out << "{\n";
  print_member(out, "format", report.ascii ? "ima_ascii" : "ima_binary");
  print_member(out, "algorithms", algorithms);
  print_member(out, "template_hash_size", report.template_hash_size);
  print_member(out, "pcrs", pcrs_of(report, [&report](const ImaBankProgress& progress) {
                 const auto form = report.shown_form(progress);
                 return form.has_value() ? progress.value(*form) : std::nullopt;
               }));
  print_member(out, "pcr_forms", form_names);
  print_member(out, "pcrs_padded", pcrs_of(report, [](const ImaBankProgress& progress) {
                 return progress.value(ImaDigestForm::kPadded);
               }));
  ImaReader reader(list);
  print_array(out, "events", [&]() -> std::optional<Json> {
    const ImaEntry* const entry = reader.next();
    return entry == nullptr ? std::nullopt
                            : std::optional(event_of(*entry, reader.entries() - 1, report, forms));
  });
  print_member(out, "claims", claims_of(report));
  std::size_t next = 0;
  print_array(out, "findings", [&]() -> std::optional<Json> {
    return next == report.findings.size() ? std::nullopt
                                          : std::optional(json_of(report.findings[next++]));
  });
  print_member(out, "findings_omitted", report.findings_omitted);
  out << "  \"unchecked\": " << Json(report.unchecked).dump() << "\n}\n";
}

}  // namespace quotemill::offline
