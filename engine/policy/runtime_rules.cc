#include "engine/policy/runtime_rules.h"

#include <array>

#include "engine/base/text.h"
#include "engine/crypto/certificate.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/policy/policy_content.h"
#include "engine/policy/rule_lists.h"
#include "engine/policy/toml_reader.h"

namespace quotemill {
namespace {

constexpr std::array kKeys = {"ima.references", "ima.keys",         "ima.signatures",
                              "ima.exclude",    "ima.unknown_file", "ima.violation",
                              "ima.absent",     "ima.no_reference"};

std::shared_ptr<const ImaKeyring> compile_keys(TomlReader& in,
                                               const std::vector<std::string>& keys) {
  if (keys.empty()) {
    return nullptr;
  }
  auto keyring = std::make_shared<ImaKeyring>();
  for (const std::string& pem : keys) {
    Result<CertificateFile> file = parse_certificate_file(as_bytes(pem));
    if (!file || file->skipped > 0) {
      in.fail("ima.keys", "'ima.keys': an entry is no certificate in PEM, or of an unknown key");
      continue;
    }
    for (Certificate& certificate : file->certificates) {
      if (!keyring->add(std::move(certificate))) {
        in.fail("ima.keys", "'ima.keys': too many certificates");
      }
    }
  }
  return keyring;
}

}  // namespace

RuntimeRules read_runtime_rules(TomlReader& in, const PcrSelection& quoted) {
  RuntimeRules rules;
  rules.references = in.texts("ima.references", {});
  for (const std::string& name : rules.references) {
    if (!is_host_name(name)) {
      in.fail("ima.references", "'ima.references': a name is 1 to 64 characters of [a-z0-9._-]");
    }
  }
  rules.keys = in.texts("ima.keys", {});
  rules.keyring = compile_keys(in, rules.keys);
  rules.all_signed = in.choice("ima.signatures", 0, {"where_needed", "all"}) == 1;
  rules.exclude = in.texts("ima.exclude", {});
  rules.excluded = compile_patterns(in, "ima.exclude", rules.exclude);
  rules.unknown_file = read_action(in, "ima.unknown_file", rules.unknown_file);
  rules.violation = read_action(in, "ima.violation", rules.violation);
  rules.absent = read_action(in, "ima.absent", rules.absent);
  rules.no_reference = read_action(in, "ima.no_reference", rules.no_reference);
  for (const char* key : kKeys) {
    if (in.has(key) && !quoted.has(kImaPcr)) {
      in.fail(key, "'" + std::string(key) + "' needs PCR 10 in 'quote.pcrs'");
    }
  }
  return rules;
}

void add_content(const RuntimeRules& rules, ByteWriter& out) {
  add_texts(rules.references, out);
  add_texts(rules.keys, out);
  add_texts(rules.exclude, out);
  out.u8(rules.all_signed ? 1 : 0);
  for (const RuleAction action :
       {rules.unknown_file, rules.violation, rules.absent, rules.no_reference}) {
    out.u8(static_cast<std::uint8_t>(action));
  }
}

}  // namespace quotemill
