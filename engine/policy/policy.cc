#include "engine/policy/policy.h"

#include <algorithm>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/policy/policy_content.h"
#include "engine/policy/toml_reader.h"
#include "engine/verdict/latch.h"

namespace quotemill {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::uint32_t read_pcrs(TomlReader& in, std::string_view key,
                        std::vector<std::int64_t> default_pcrs) {
  std::uint32_t mask = 0;
  for (const std::int64_t pcr :
       in.integers(key, std::move(default_pcrs), 0, limits::kPcrCount - 1)) {
    mask |= 1U << static_cast<std::uint32_t>(pcr);
  }
  return mask;
}

LabelPattern label_pattern(TomlReader& in, const std::string& text) {
  const std::size_t equals = text.find('=');
  LabelPattern pattern;
  pattern.key = text.substr(0, equals);
  if (equals != std::string::npos) {
    pattern.value = text.substr(equals + 1);
  }
  if (!is_label_key(pattern.key) || pattern.value.size() > limits::kPatternSizeMax) {
    in.fail("match.labels",
            "'match.labels': an entry is key or key=pattern, the key 1 to 64 characters of "
            "[a-z0-9._/-], the pattern at most 128 characters");
  }
  return pattern;
}

std::vector<std::string> read_patterns(TomlReader& in, const std::string& key) {
  std::vector<std::string> patterns = in.texts(key, {});
  for (const std::string& pattern : patterns) {
    if (pattern.empty() || pattern.size() > limits::kPatternSizeMax) {
      in.fail(key, "'" + key + "': a pattern has 1 to 128 characters");
    }
  }
  if (in.has(key) && patterns.empty()) {
    in.fail(key, "'" + key + "' is empty: leave it out, or it would match no host");
  }
  return patterns;
}

HostSelector read_selector(TomlReader& in) {
  HostSelector selector;
  for (const std::string& text : in.texts("match.labels", {})) {
    selector.labels.push_back(label_pattern(in, text));
  }
  selector.names = read_patterns(in, "match.names");
  selector.os = read_patterns(in, "match.os");
  selector.vendor = read_patterns(in, "match.vendor");
  selector.model = read_patterns(in, "match.model");
  selector.firmware = read_patterns(in, "match.firmware");
  return selector;
}

void read_freshness(TomlReader& in, FreshnessRules& rules) {
  rules.attest_every_ms =
      in.duration_ms("freshness.attest_every", rules.attest_every_ms, 100, kDay);
  rules.stale_after_ms =
      in.duration_ms("freshness.stale_after", rules.stale_after_ms, kSecond, 30 * kDay);
  rules.mode =
      static_cast<FreshnessMode>(in.choice("freshness.mode", 0, {"preissued", "interactive"}));
  if (rules.stale_after_ms < 2 * rules.attest_every_ms) {
    in.fail(
        "freshness.stale_after",
        "'freshness.stale_after' must be at least twice 'freshness.attest_every', or every late "
        "answer makes a host stale");
  }
}

void read_quote(TomlReader& in, Policy& policy) {
  constexpr std::array kBanks = {HashAlgorithm::kSha256, HashAlgorithm::kSha384,
                                 HashAlgorithm::kSha512, HashAlgorithm::kSha1};
  const std::size_t bank = in.choice("quote.bank", 0, {"sha256", "sha384", "sha512", "sha1"});
  policy.selection.bank = kBanks.at(bank);
  policy.selection.mask = read_pcrs(in, "quote.pcrs", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14});
  if (policy.selection.mask == 0) {
    in.fail("quote.pcrs", "'quote.pcrs' must name at least one PCR");
  }
  policy.weak_algorithm = read_action(in, "quote.weak_algorithm", policy.weak_algorithm);
}

void read_counters(TomlReader& in, CounterRules& rules) {
  rules.kexec = read_action(in, "counters.kexec", rules.kexec);
  rules.reset_unreported = read_action(in, "counters.reset_unreported", rules.reset_unreported);
  rules.clock_lag = read_action(in, "counters.clock_lag", rules.clock_lag);
  rules.clock_unsafe = read_action(in, "counters.clock_unsafe", rules.clock_unsafe);
  rules.tpm_firmware_changed =
      read_action(in, "counters.tpm_firmware_changed", rules.tpm_firmware_changed);
}

// Only what is named is in the content: policies of before keep their ids.
void add_references(const BootRules& rules, ByteWriter& out) {
  if (rules.references.empty()) {
    return;
  }
  out.u32_le(rules.reference_events).u32_le(rules.reference_values);
  out.u8(static_cast<std::uint8_t>(rules.unreferenced));
  for (const std::string& name : rules.references) {
    out.sized16_le(as_bytes(name));
  }
}

std::uint32_t read_reference_pcrs(TomlReader& in, const std::string& key,
                                  std::vector<std::int64_t> default_pcrs,
                                  const PcrSelection& quoted) {
  const std::uint32_t pcrs = read_pcrs(in, key, std::move(default_pcrs));
  if (in.has(key) && (pcrs & ~quoted.mask) != 0) {
    in.fail(key, "'" + key + "' names a PCR that 'quote.pcrs' does not: nothing proves it");
  }
  return pcrs & quoted.mask;
}

void read_references(TomlReader& in, BootRules& rules, const PcrSelection& quoted) {
  rules.references = in.texts("boot.references", {});
  if (rules.references.size() > limits::kReferenceSetsNamedMax) {
    in.fail("boot.references", "'boot.references' names more than 64 baselines");
  }
  for (const std::string& name : rules.references) {
    if (!is_host_name(name)) {
      in.fail("boot.references", "'boot.references': a name is 1 to 64 characters of [a-z0-9._-]");
    }
  }
  rules.reference_events = read_reference_pcrs(in, "boot.reference_events", {4, 9}, quoted);
  rules.reference_values = read_reference_pcrs(in, "boot.reference_values", {}, quoted);
  rules.unreferenced = read_action(in, "boot.unreferenced", rules.unreferenced);
  if (rules.references.empty()) {
    for (const char* const key : {"boot.reference_events", "boot.reference_values"}) {
      if (in.has(key)) {
        in.fail(key, "'" + std::string(key) + "' needs 'boot.references': in which baselines?");
      }
    }
  } else if ((rules.reference_events | rules.reference_values) == 0) {
    in.fail("boot.references",
            "'boot.references' is for no PCR: name some in 'boot.reference_events' or "
            "'boot.reference_values', and in 'quote.pcrs'");
  }
}

void read_boot(TomlReader& in, BootRules& rules, const PcrSelection& quoted) {
  rules.log_absent = read_action(in, "boot.log", rules.log_absent);
  rules.baselines = in.texts("boot.baselines", rules.baselines);
  for (const std::string& name : rules.baselines) {
    if (!is_host_name(name)) {
      in.fail("boot.baselines", "'boot.baselines': a name is 1 to 64 characters of [a-z0-9._-]");
    }
  }
  rules.compare = read_pcrs(in, "boot.compare", {0, 2, 3, 4, 6, 7, 8, 9, 14});
  if ((rules.compare >> kImaPcr & 1U) != 0) {
    in.fail("boot.compare", "'boot.compare' must not name PCR 10: no two runs of a host are alike");
  }
  if (in.has("boot.compare") && (rules.compare & ~quoted.mask) != 0) {
    in.fail("boot.compare",
            "'boot.compare' names a PCR that 'quote.pcrs' does not: nothing proves it");
  }
  rules.compare &= quoted.mask;
  rules.mismatch = read_action(in, "boot.mismatch", rules.mismatch);
  rules.no_baseline = read_action(in, "boot.no_baseline", rules.no_baseline);
  read_references(in, rules, quoted);
  rules.log_oddity = read_action(in, "boot.log_oddity", rules.log_oddity);
}

std::vector<FindingCode> read_latch(TomlReader& in) {
  std::vector<FindingCode> codes;
  for (const std::string& name : in.texts("latch.findings", {})) {
    const std::optional<FindingCode> code = finding_code_named(name);
    if (!code) {
      const std::string_view near = nearest_finding_name(name);
      in.fail("latch.findings",
              "'latch.findings': '" + escaped(name, limits::kPatternSizeMax) +
                  "' is no code of a finding" +
                  (near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?"));
    } else if (!can_latch(*code)) {
      in.fail("latch.findings",
              "'latch.findings': '" + name + "' cannot latch: no evidence shows it");
    } else if (std::find(codes.begin(), codes.end(), *code) == codes.end()) {
      codes.push_back(*code);
    }
  }
  std::sort(codes.begin(), codes.end());
  return codes;
}

// Only what is named is in the content: policies of before keep their ids.
void add_latch(const std::vector<FindingCode>& codes, ByteWriter& out) {
  if (codes.empty()) {
    return;
  }
  out.sized16_le(as_bytes("latch"));
  out.u32_le(static_cast<std::uint32_t>(codes.size()));
  for (const FindingCode code : codes) {
    out.u16_le(static_cast<std::uint16_t>(code));
  }
}

void add_selector(const HostSelector& selector, ByteWriter& out) {
  out.u32_le(static_cast<std::uint32_t>(selector.labels.size()));
  for (const LabelPattern& label : selector.labels) {
    out.sized16_le(as_bytes(label.key)).sized16_le(as_bytes(label.value));
  }
  for (const auto* patterns : {&selector.names, &selector.os, &selector.vendor, &selector.model}) {
    add_texts(*patterns, out);
  }
  // Only what is named is in the content: policies of before keep their ids.
  if (!selector.firmware.empty()) {
    out.sized16_le(as_bytes("firmware"));
    add_texts(selector.firmware, out);
  }
}

// Everything that can change a verdict, in a fixed order, so that equal policies have equal ids
// whatever their files look like.
Digest content_of(const Policy& policy) {
  ByteWriter out;
  out.sized16_le(as_bytes(policy.id)).u64_le(static_cast<std::uint64_t>(policy.version));
  out.u64_le(static_cast<std::uint64_t>(policy.priority));
  add_selector(policy.selector, out);
  out.u64_le(static_cast<std::uint64_t>(policy.freshness.attest_every_ms))
      .u64_le(static_cast<std::uint64_t>(policy.freshness.stale_after_ms))
      .u8(static_cast<std::uint8_t>(policy.freshness.mode));
  out.u16_le(static_cast<std::uint16_t>(policy.selection.bank)).u32_le(policy.selection.mask);
  for (const RuleAction action :
       {policy.weak_algorithm, policy.imported_identity, policy.counters.kexec,
        policy.counters.reset_unreported, policy.counters.clock_lag, policy.counters.clock_unsafe,
        policy.counters.tpm_firmware_changed, policy.boot.log_absent, policy.boot.mismatch,
        policy.boot.no_baseline, policy.boot.log_oddity}) {
    out.u8(static_cast<std::uint8_t>(action));
  }
  out.u32_le(policy.boot.compare);
  for (const std::string& name : policy.boot.baselines) {
    out.sized16_le(as_bytes(name));
  }
  add_references(policy.boot, out);
  add_content(policy.claims, out);
  add_content(policy.esxi, out);
  add_content(policy.runtime, out);
  add_latch(policy.latch, out);
  add_content(policy.identity, out);
  return hash(HashAlgorithm::kSha256, out.view());
}

}  // namespace

Policy default_policy() {
  return *parse_policy("", "built-in policy");
}

Result<Policy> parse_policy(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kPolicySizeMax) {
    return Error{ErrorCode::kTooLarge, "policy"};
  }
  Result<TomlReader> in = TomlReader::parse(text, file_name);
  if (!in) {
    return in.error();
  }
  Policy policy;
  policy.id = in->text("policy.id", policy.id);
  if (!is_host_name(policy.id)) {
    in->fail("policy.id", "'policy.id' must be 1 to 64 characters of [a-z0-9._-]");
  }
  policy.version = in->integer("policy.version", policy.version, 1, 1'000'000'000);
  policy.priority = in->integer("policy.priority", policy.priority, -1'000'000, 1'000'000);
  policy.selector = read_selector(*in);
  read_freshness(*in, policy.freshness);
  read_quote(*in, policy);
  policy.imported_identity = read_action(*in, "identity.imported", policy.imported_identity);
  policy.identity = read_identity_rules(*in);
  read_counters(*in, policy.counters);
  read_boot(*in, policy.boot, policy.selection);
  policy.claims = read_claim_rules(*in, policy.selection);
  policy.esxi = read_esxi_rules(*in, policy.selection);
  policy.runtime = read_runtime_rules(*in, policy.selection);
  policy.latch = read_latch(*in);
  if (Result<void> done = in->finish(); !done) {
    return done.error();
  }
  policy.content = content_of(policy);
  return policy;
}

}  // namespace quotemill
