#include "engine/policy/esxi_rules.h"

#include <array>

#include "engine/base/text.h"
#include "engine/policy/policy_content.h"
#include "engine/policy/rule_lists.h"
#include "engine/policy/toml_reader.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kSecureBootPcr = 7;
constexpr std::size_t kHostModulesMax = 8;  // bound: each is a hole of the size of one module

constexpr std::array kKeys = {
    "esxi.images",      "esxi.modules",      "esxi.extra",          "esxi.renamed",
    "esxi.database",    "esxi.host_modules", "esxi.min_version",    "esxi.max_version",
    "esxi.version",     "esxi.deny_vibs",    "esxi.min_acceptance", "esxi.vibs",
    "esxi.secure_boot", "esxi.signers",      "esxi.deny_signers",   "esxi.exec_installed_only",
    "esxi.signer",      "esxi.cmdline_deny", "esxi.cmdline_allow",  "esxi.cmdline",
    "esxi.asset_tags",  "esxi.asset_tag",    "esxi.authorities",    "esxi.authority",
    "esxi.loaders",     "esxi.loader",       "esxi.loader_unpinned"};

std::vector<std::string> read_list(TomlReader& in, const std::string& key) {
  refuse_empty_list(in, key);
  return in.texts(key, {});
}

std::vector<Digest> read_certificates(TomlReader& in, const std::string& key) {
  refuse_empty_list(in, key);
  return read_digests(in, key, "SHA-256 of a certificate");
}

EsxiVersion read_version(TomlReader& in, const std::string& key) {
  const std::string text = in.text(key, "");
  EsxiVersion version = esxi_version_of(text);
  const bool is_odd = text.find('-') != std::string::npos && version.build.empty();
  if (!text.empty() && (!version.is_known() || is_odd)) {
    in.fail(key, "'" + key + "' is no version: \"8.0.3\", or with a build, \"8.0.3-24280767\"");
  }
  return version;
}

void read_versions(TomlReader& in, EsxiRules& rules) {
  rules.min_version = read_version(in, "esxi.min_version");
  rules.max_version = read_version(in, "esxi.max_version");
  rules.version = read_action(in, "esxi.version", rules.version);
  if (rules.min_version.is_known() && rules.max_version.is_known() &&
      compare(rules.min_version, rules.max_version) > 0) {
    in.fail("esxi.max_version", "'esxi.max_version' is below 'esxi.min_version'");
  }
}

void read_vibs(TomlReader& in, EsxiRules& rules) {
  for (const std::string& text : read_list(in, "esxi.deny_vibs")) {
    const std::size_t space = text.find(' ');
    DeniedVib denied{text.substr(0, space),
                     space == std::string::npos ? std::string() : text.substr(space + 1)};
    const bool is_odd = denied.name.empty() || denied.version.find(' ') != std::string::npos ||
                        (space != std::string::npos && denied.version.empty());
    if (is_odd) {
      in.fail("esxi.deny_vibs",
              "'esxi.deny_vibs': '" + escaped(text) + "' is neither \"name\" nor \"name version\"");
    }
    rules.deny_vibs.push_back(std::move(denied));
  }
  const std::size_t level = in.choice("esxi.min_acceptance", 0,
                                      {"unknown", "community", "partner", "accepted", "certified"});
  rules.min_acceptance = static_cast<AcceptanceLevel>(level);
  rules.vibs = read_action(in, "esxi.vibs", rules.vibs);
}

void read_command_line(TomlReader& in, EsxiRules& rules) {
  rules.cmdline_allow = read_list(in, "esxi.cmdline_allow");
  rules.cmdline_deny = read_list(in, "esxi.cmdline_deny");
  rules.cmdline_allowed = compile_patterns(in, "esxi.cmdline_allow", rules.cmdline_allow);
  rules.cmdline_denied = compile_patterns(in, "esxi.cmdline_deny", rules.cmdline_deny);
  rules.cmdline = read_action(in, "esxi.cmdline", rules.cmdline);
}

void read_images(TomlReader& in, EsxiRules& rules) {
  rules.images = read_list(in, "esxi.images");
  for (const std::string& name : rules.images) {
    if (!is_host_name(name)) {
      in.fail("esxi.images", "'esxi.images': '" + escaped(name) +
                                 "' is no name: 1 to 64 characters of [a-z0-9._-]");
    }
  }
  rules.modules = read_action(in, "esxi.modules", rules.modules);
  rules.extra = read_action(in, "esxi.extra", rules.extra);
  rules.renamed = read_action(in, "esxi.renamed", rules.renamed);
  rules.database = read_action(in, "esxi.database", rules.database);
  rules.host_modules = in.texts("esxi.host_modules", rules.host_modules);
  if (rules.host_modules.size() > kHostModulesMax) {
    in.fail("esxi.host_modules", "'esxi.host_modules' has more than " +
                                     std::to_string(kHostModulesMax) +
                                     " names: anything may be in such a module");
  }
}

// Who let the boot loader run, and what it may be.
void read_loaders(TomlReader& in, EsxiRules& rules, const PcrSelection& quoted) {
  rules.authorities = read_certificates(in, "esxi.authorities");
  rules.authority = read_action(in, "esxi.authority", rules.authority);
  refuse_empty_list(in, "esxi.loaders");
  rules.loaders = read_digests(in, "esxi.loaders", "SHA-256 of a boot loader");
  rules.loader = read_action(in, "esxi.loader", rules.loader);
  rules.loader_unpinned = read_action(in, "esxi.loader_unpinned", rules.loader_unpinned);
  if (!rules.authorities.empty() && !quoted.has(kSecureBootPcr)) {
    in.fail("esxi.authorities",
            "'esxi.authorities' needs PCR 7 in 'quote.pcrs': nothing else proves them");
  }
  if (!rules.loaders.empty() && (quoted.mask & kEsxiLoaderPcrs) == 0 &&
      (quoted.mask & kEsxiLaunchPcrs) != kEsxiLaunchPcrs) {
    in.fail("esxi.loaders",
            "'esxi.loaders' needs PCR 4 in 'quote.pcrs' (17 and 18 of a dynamic launch): nothing "
            "else proves them");
  }
}

// Images are known by the SHA-256 of their modules. SHA-1 is judged as what it is
// (esxi.log.bank).
void refuse_other_banks(TomlReader& in, const PcrSelection& quoted) {
  if (quoted.bank != HashAlgorithm::kSha256 && quoted.bank != HashAlgorithm::kSha1) {
    in.fail("quote.bank",
            "'quote.bank' must be \"sha256\" for the rules of [esxi]: no other digests of ESXi's "
            "modules are known");
  }
}

// PCR 12 and 13 prove modules of ESXi 7.0.3 and later, 19 and 20 those of the older layout; 14 and
// 21 their options. All of a layout, or what the others hold would be nobody's word.
void refuse_unquoted(TomlReader& in, const PcrSelection& quoted) {
  constexpr std::uint32_t kNewer = 1U << 11U | 1U << 12U | 1U << 13U | 1U << 14U;
  constexpr std::uint32_t kOlder = 1U << 17U | 1U << 18U | 1U << 19U | 1U << 20U | 1U << 21U;
  if ((quoted.mask & kNewer) != kNewer && (quoted.mask & kOlder) != kOlder) {
    in.fail("esxi.image",
            "'esxi.image' needs PCR 11 to 14 (ESXi 7.0.3 and later) or 17 to 21 in 'quote.pcrs': "
            "nothing else proves the modules");
  }
  if (in.has("esxi.secure_boot") && !quoted.has(kSecureBootPcr)) {
    in.fail("esxi.secure_boot",
            "'esxi.secure_boot' needs PCR 7 in 'quote.pcrs': nothing else proves it");
  }
}

}  // namespace

EsxiRules read_esxi_rules(TomlReader& in, const PcrSelection& quoted) {
  EsxiRules rules;
  rules.is_on = in.has("esxi.image");
  rules.image = read_action(in, "esxi.image", rules.image);
  read_images(in, rules);
  read_versions(in, rules);
  read_vibs(in, rules);
  rules.exec_installed_only =
      read_action(in, "esxi.exec_installed_only", rules.exec_installed_only);
  rules.secure_boot = read_action(in, "esxi.secure_boot", rules.secure_boot);
  read_loaders(in, rules, quoted);
  rules.signers = read_certificates(in, "esxi.signers");
  rules.deny_signers = read_certificates(in, "esxi.deny_signers");
  rules.signer = read_action(in, "esxi.signer", rules.signer);
  read_command_line(in, rules);
  rules.asset_tags = read_list(in, "esxi.asset_tags");
  rules.asset_tag = read_action(in, "esxi.asset_tag", rules.asset_tag);
  if (rules.is_on) {
    refuse_unquoted(in, quoted);
    refuse_other_banks(in, quoted);
    return rules;
  }
  for (const char* const key : kKeys) {
    if (in.has(key)) {
      in.fail(key, "'" + std::string(key) +
                       "' needs 'esxi.image' (off, info, warn or fail): without it no rule for "
                       "ESXi is on");
    }
  }
  return EsxiRules();
}

void add_content(const EsxiRules& rules, ByteWriter& out) {
  if (!rules.is_on) {
    return;
  }
  out.sized16_le(as_bytes("esxi"));
  for (const RuleAction action :
       {rules.image, rules.modules, rules.extra, rules.renamed, rules.database, rules.version,
        rules.vibs, rules.exec_installed_only, rules.secure_boot, rules.signer, rules.cmdline,
        rules.asset_tag}) {
    out.u8(static_cast<std::uint8_t>(action));
  }
  out.u8(static_cast<std::uint8_t>(rules.min_acceptance));
  for (const EsxiVersion& version : {rules.min_version, rules.max_version}) {
    out.sized16_le(as_bytes(version.version)).sized16_le(as_bytes(version.build));
  }
  add_texts(rules.images, out);
  add_texts(rules.host_modules, out);
  out.u32_le(static_cast<std::uint32_t>(rules.deny_vibs.size()));
  for (const DeniedVib& denied : rules.deny_vibs) {
    out.sized16_le(as_bytes(denied.name)).sized16_le(as_bytes(denied.version));
  }
  add_digests(rules.signers, out);
  add_digests(rules.deny_signers, out);
  add_texts(rules.cmdline_allow, out);
  add_texts(rules.cmdline_deny, out);
  add_texts(rules.asset_tags, out);
  out.u8(static_cast<std::uint8_t>(rules.authority)).u8(static_cast<std::uint8_t>(rules.loader));
  out.u8(static_cast<std::uint8_t>(rules.loader_unpinned));
  add_digests(rules.authorities, out);
  add_digests(rules.loaders, out);
}

}  // namespace quotemill
