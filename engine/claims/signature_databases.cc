#include "engine/claims/signature_databases.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/decode/authority.h"
#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kSecureBootPcr = 7;
constexpr std::array<std::string_view, 6> kNames = {"PK", "KEK", "db", "dbx", "dbt", "dbr"};

bool names_database(const EfiVariable& variable) {
  const bool known = std::find(kNames.begin(), kNames.end(), variable.name) != kNames.end();
  return known && (variable.vendor == guids::kGlobalVariable ||
                   variable.vendor == guids::kImageSecurityDatabase);
}

// Firmware measures the databases before PCR 7's one separator: without it, or with more, nothing
// tells its measurements from what was extended later by whoever had booted.
Ground ground_of_database(const ProvenLog& log, const BootEvent& event) {
  Ground ground = ground_of_data(log, event);
  const std::uint32_t count = log.separator_count(kSecureBootPcr);
  if (ground.standing == Standing::kProven && count != 1) {
    ground.standing = Standing::kUnproven;
    ground.because = count == 0 ? "PCR 7 has no separator" : "PCR 7 has more than one separator";
  }
  return ground;
}

void add_database(const ProvenLog& log, const BootEvent& event, SignatureDatabases& out) {
  const Result<EfiVariable> variable = decode_efi_variable(event.data);
  if (!variable || !names_database(*variable) || !log.is_before_separator(event)) {
    return;
  }
  SignatureDatabase database{variable->name, ground_of_database(log, event), {}, true};
  Result<std::vector<SignatureEntry>> entries = decode_signature_lists(variable->value);
  database.readable = entries.has_value();
  if (entries) {
    database.entries = std::move(*entries);
  }
  out.databases.push_back(std::move(database));
}

// Which database holds an entry: the first one, by the entry's bytes.
using Holders = std::map<std::string_view, std::string_view>;

Holders holders_of(const SignatureDatabases& all) {
  Holders holders;
  for (const SignatureDatabase& database : all.databases) {
    for (const SignatureEntry& entry : database.entries) {
      if (database.name != "dbx") {
        holders.emplace(as_text(entry.data), database.name);
      }
    }
  }
  return holders;
}

std::string holder_of(const Holders& holders, const Authority& authority) {
  const auto found = holders.find(
      as_text(authority.certificate.empty() ? authority.digest : authority.certificate));
  return found == holders.end() ? std::string() : std::string(found->second);
}

void add_authority(const ProvenLog& log, const BootEvent& event, const Holders& holders,
                   SignatureDatabases& out) {
  const Result<EfiVariable> variable = decode_efi_variable(event.data);
  if (!variable) {
    return;
  }
  const Authority authority = decode_authority(variable->value);
  if (authority.certificate.empty() && authority.digest.empty()) {
    return;  // shim's other variables: SbatLevel, MokListTrusted
  }
  AuthorityClaim claim;
  claim.variable = variable->name;
  claim.ground = ground_of_data(log, event);
  claim.before_separator = log.is_before_separator(event);
  claim.allowed_by = holder_of(holders, authority);
  if (authority.certificate.empty()) {
    claim.sha256 = to_hex(authority.digest);
  } else {
    claim.sha256 = hash(HashAlgorithm::kSha256, authority.certificate).hex();
    const Result<Certificate> certificate = Certificate::from_der(authority.certificate);
    claim.subject = certificate ? certificate->subject() : "unreadable certificate";
  }
  out.authorities.push_back(std::move(claim));
}

}  // namespace

const SignatureDatabase* SignatureDatabases::find(std::string_view name) const {
  const auto found =
      std::find_if(databases.rbegin(), databases.rend(),
                   [name](const SignatureDatabase& database) { return database.name == name; });
  return found == databases.rend() ? nullptr : &*found;
}

SignatureDatabases claim_signature_databases(const ProvenLog& log) {
  SignatureDatabases out;
  for (const BootEvent& event : log.log().events) {
    if (event.pcr == kSecureBootPcr && event.type == event_type::kEfiVariableDriverConfig) {
      add_database(log, event, out);
    }
  }
  const Holders holders = holders_of(out);
  for (const BootEvent& event : log.log().events) {
    if (event.pcr == kSecureBootPcr && event.type == event_type::kEfiVariableAuthority) {
      add_authority(log, event, holders, out);
    }
  }
  return out;
}

}  // namespace quotemill
