#include "engine/policy/claim_rules.h"

#include <array>
#include <charconv>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/policy/policy_content.h"
#include "engine/policy/rule_lists.h"
#include "engine/policy/toml_reader.h"

namespace quotemill {
namespace {

std::optional<SbatComponent> sbat_component(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return std::nullopt;
  }
  SbatComponent component{std::string(text.substr(0, equals)), 0};
  const std::string_view number = text.substr(equals + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), component.generation);
  const bool is_whole = error == std::errc() && end == number.data() + number.size();
  return is_whole && component.generation > 0 ? std::optional(component) : std::nullopt;
}

void read_revocation_list(TomlReader& in, RevocationRules& rules) {
  rules.list = in.text("dbx.list", "");
  rules.level = in.text("dbx.level", "");
  if (!rules.list.empty() && !is_host_name(rules.list)) {
    in.fail("dbx.list", "'dbx.list' must be 1 to 64 characters of [a-z0-9._-]");
  }
  if (!rules.level.empty() && rules.list.empty()) {
    in.fail("dbx.level", "'dbx.level' needs 'dbx.list': a level is one of a list");
  }
}

SbatRules read_sbat(TomlReader& in) {
  SbatRules rules;
  for (const std::string& text : in.texts("sbat.minimum", {})) {
    if (std::optional<SbatComponent> component = sbat_component(text)) {
      rules.minimum.push_back(std::move(*component));
    } else {
      in.fail("sbat.minimum", "'sbat.minimum': '" + escaped(text) +
                                  "' is not component=generation, as in \"shim=4\"");
    }
  }
  rules.below = read_action(in, "sbat.below", rules.below);
  return rules;
}

CommandLineRules read_command_line(TomlReader& in) {
  CommandLineRules rules;
  rules.allow = in.texts("cmdline.allow", {});
  rules.deny = in.texts("cmdline.deny", {});
  rules.violation = read_action(in, "cmdline.violation", rules.violation);
  rules.allowed = compile_patterns(in, "cmdline.allow", rules.allow);
  rules.denied = compile_patterns(in, "cmdline.deny", rules.deny);
  return rules;
}

struct RuleProof {
  const char* key;
  std::uint32_t pcrs;  // one of them proves it
  const char* names;
};

constexpr std::array kRuleProofs = {
    RuleProof{"secure_boot.required", 1U << 7U, "PCR 7"},
    RuleProof{"secure_boot.authorities", 1U << 7U, "PCR 7"},
    RuleProof{"secure_boot.keys", 1U << 7U, "PCR 7"},
    RuleProof{"dbx.revoked", 1U << 7U, "PCR 7"},
    RuleProof{"dbx.list", 1U << 7U, "PCR 7"},
    RuleProof{"sbat.minimum", 1U << 7U, "PCR 7"},
    RuleProof{"cmdline.allow", 1U << 8U | 1U << 12U, "PCR 8 (GRUB) or 12 (systemd-stub)"},
    RuleProof{"cmdline.deny", 1U << 8U | 1U << 12U, "PCR 8 (GRUB) or 12 (systemd-stub)"},
};

void refuse_unquoted(TomlReader& in, const PcrSelection& quoted) {
  for (const RuleProof& proof : kRuleProofs) {
    if (in.has(proof.key) && (quoted.mask & proof.pcrs) == 0) {
      in.fail(proof.key, "'" + std::string(proof.key) + "' needs " + proof.names +
                             " in 'quote.pcrs': nothing else proves it");
    }
  }
}

}  // namespace

bool ClaimRules::ask_for_claims() const {
  return secure_boot.required != RuleAction::kOff || !secure_boot.authorities.empty() ||
         !secure_boot.keys.empty() || !revocation.revoked.empty() || !revocation.list.empty() ||
         !sbat.minimum.empty() || !command_line.allow.empty() || !command_line.deny.empty() ||
         platform.alarms != RuleAction::kOff || platform.option_roms != RuleAction::kOff;
}

ClaimRules read_claim_rules(TomlReader& in, const PcrSelection& quoted) {
  for (const char* key : {"secure_boot.authorities", "secure_boot.keys", "dbx.revoked",
                          "sbat.minimum", "cmdline.allow", "cmdline.deny"}) {
    refuse_empty_list(in, key);
  }
  refuse_unquoted(in, quoted);
  ClaimRules rules;
  SecureBootRules& secure_boot = rules.secure_boot;
  secure_boot.required = read_action(in, "secure_boot.required", secure_boot.required);
  secure_boot.authorities = read_digests(in, "secure_boot.authorities", "SHA-256 digest");
  secure_boot.unknown_authority =
      read_action(in, "secure_boot.unknown_authority", secure_boot.unknown_authority);
  secure_boot.keys = read_digests(in, "secure_boot.keys", "SHA-256 digest");
  secure_boot.unknown_key = read_action(in, "secure_boot.unknown_key", secure_boot.unknown_key);
  rules.revocation.revoked = read_digests(in, "dbx.revoked", "SHA-256 digest");
  read_revocation_list(in, rules.revocation);
  rules.revocation.missing = read_action(in, "dbx.missing", rules.revocation.missing);
  rules.sbat = read_sbat(in);
  rules.command_line = read_command_line(in);
  rules.platform.alarms = read_action(in, "platform.alarms", rules.platform.alarms);
  rules.platform.option_roms = read_action(in, "platform.option_roms", rules.platform.option_roms);
  rules.unproven_event = read_action(in, "events.unproven", rules.unproven_event);
  return rules;
}

void add_content(const ClaimRules& rules, ByteWriter& out) {
  for (const RuleAction action :
       {rules.secure_boot.required, rules.secure_boot.unknown_authority,
        rules.secure_boot.unknown_key, rules.revocation.missing, rules.sbat.below,
        rules.command_line.violation, rules.platform.alarms, rules.platform.option_roms,
        rules.unproven_event}) {
    out.u8(static_cast<std::uint8_t>(action));
  }
  add_digests(rules.secure_boot.authorities, out);
  add_digests(rules.secure_boot.keys, out);
  add_digests(rules.revocation.revoked, out);
  out.sized16_le(as_bytes(rules.revocation.list)).sized16_le(as_bytes(rules.revocation.level));
  out.u32_le(static_cast<std::uint32_t>(rules.sbat.minimum.size()));
  for (const SbatComponent& component : rules.sbat.minimum) {
    out.sized16_le(as_bytes(component.name)).u32_le(component.generation);
  }
  add_texts(rules.command_line.allow, out);
  add_texts(rules.command_line.deny, out);
}

}  // namespace quotemill
