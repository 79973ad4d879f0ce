#include "engine/appraise/appraise_claims.h"

#include <algorithm>
#include <set>

#include "engine/appraise/broken_rule.h"
#include "engine/appraise/compare_references.h"
#include "engine/base/text.h"
#include "engine/claims/boot_claims.h"
#include "engine/claims/completeness.h"
#include "engine/claims/kernel_parameters.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"
#include "engine/verify/event_findings.h"

namespace quotemill {
namespace {

bool holds(const std::vector<Digest>& list, const Digest& digest) {
  return std::find(list.begin(), list.end(), digest) != list.end();
}

std::optional<Digest> sha256_of_hex(std::string_view hex) {
  const std::optional<Bytes> bytes = from_hex(hex);
  return bytes ? Digest::from(HashAlgorithm::kSha256, *bytes) : std::nullopt;
}

class ClaimAppraisal {
 public:
  ClaimAppraisal(const ProvenLog& log, const Snapshot& snapshot)
      : log_(log),
        snapshot_(snapshot),
        rules_(snapshot.policy().claims),
        claims_(draw_boot_claims(log, nullptr)) {}

  Findings run() && {
    const bool is_enforced = require_secure_boot(rules_.secure_boot.required);
    judge_authorities(is_enforced);
    judge_keys();
    judge_revocations();
    judge_sbat();
    judge_command_lines();
    judge_platform();
    return std::move(findings_);
  }

 private:
  Finding* add(FindingCode code, RuleAction action, std::string subject) {
    return add_broken_rule(code, action, std::move(subject), findings_);
  }

  // With the place of the first event that the claim rests on.
  Finding* add(FindingCode code, RuleAction action, std::string subject, const Ground& ground) {
    Finding* const finding = add(code, action, std::move(subject));
    if (finding != nullptr && !ground.events.empty()) {
      finding->event = ground.events.front();
      finding->pcr = log_.log().events[ground.events.front()].pcr;
      finding->event_type = log_.log().events[ground.events.front()].type;
    }
    return finding;
  }

  // Whether Secure Boot was on, and proven; if not, a finding of `action` says why.
  bool require_secure_boot(RuleAction action) {
    const SecureBootClaim& claim = claims_.secure_boot;
    if (claim.ground.standing != Standing::kProven) {
      add(FindingCode::kSecureBootUnproven, action, claim.ground.because, claim.ground);
      return false;
    }
    if (!claim.enabled.value_or(false)) {
      add(FindingCode::kSecureBootOff, action, std::string(name_of(claim.mode)) + " mode",
          claim.ground);
      return false;
    }
    return true;
  }

  void judge_authorities(bool is_enforced) {
    const SecureBootRules& rules = rules_.secure_boot;
    if (rules.authorities.empty()) {
      return;
    }
    // Where nothing is enforced, nobody's signature let anything run.
    if (!is_enforced && rules.required == RuleAction::kOff) {
      require_secure_boot(rules.unknown_authority);
    }
    if (std::string doubt = doubt_in_authorities(log_); !doubt.empty()) {
      add(FindingCode::kSecureBootUnproven, rules.unknown_authority, std::move(doubt));
    }
    for (const AuthorityClaim& authority : claims_.databases.authorities) {
      const std::optional<Digest> digest = sha256_of_hex(authority.sha256);
      if (authority.ground.standing == Standing::kProven && digest &&
          holds(rules.authorities, *digest)) {
        continue;
      }
      Finding* const finding = add(FindingCode::kSecureBootAuthority, rules.unknown_authority,
                                   escaped(authority.subject), authority.ground);
      if (finding != nullptr) {
        finding->digest = digest;
      }
    }
  }

  void judge_keys() {
    const SecureBootRules& rules = rules_.secure_boot;
    if (rules.keys.empty()) {
      return;
    }
    for (const char* name : {"PK", "KEK", "db"}) {
      const SignatureDatabase* const database = claims_.databases.find(name);
      if (database == nullptr || !database->readable ||
          database->ground.standing != Standing::kProven) {
        add(FindingCode::kSecureBootUnproven, rules.unknown_key,
            std::string(name) + " is not proven");
        continue;
      }
      for (const SignatureEntry& entry : database->entries) {
        judge_key(name, *database, entry);
      }
    }
  }

  void judge_key(const char* name, const SignatureDatabase& database, const SignatureEntry& entry) {
    const SecureBootRules& rules = rules_.secure_boot;
    const bool is_certificate = entry.type == guids::kCertX509;
    const std::optional<Digest> digest = is_certificate
                                             ? hash(HashAlgorithm::kSha256, entry.data)
                                             : Digest::from(HashAlgorithm::kSha256, entry.data);
    if (digest && holds(rules.keys, *digest)) {
      return;
    }
    std::string subject = name;
    if (is_certificate) {
      const Result<Certificate> certificate = Certificate::from_der(entry.data);
      subject += ", " + escaped(certificate ? certificate->subject() : "unreadable certificate");
    }
    Finding* const finding =
        add(FindingCode::kSecureBootKey, rules.unknown_key, std::move(subject), database.ground);
    if (finding != nullptr) {
      finding->digest = digest;
    }
  }

  void judge_revocations() {
    const RevocationRules& rules = rules_.revocation;
    const std::vector<Digest>& revoked = snapshot_.revocations();
    if (snapshot_.lacks_revocation_list()) {
      add(FindingCode::kDbxUnproven, rules.missing, "there is no baseline " + rules.list);
    }
    if (revoked.empty()) {
      return;
    }
    const SignatureDatabase* const dbx = claims_.databases.find("dbx");
    if (dbx == nullptr || !dbx->readable || dbx->ground.standing != Standing::kProven) {
      add(FindingCode::kDbxUnproven, rules.missing,
          dbx == nullptr ? "the log has none" : dbx->ground.because);
      return;
    }
    std::set<std::string_view> present;
    for (const SignatureEntry& entry : dbx->entries) {
      if (entry.type == guids::kCertSha256) {
        present.insert(as_text(entry.data));
      }
    }
    std::uint64_t missing = 0;
    std::optional<Digest> first;
    for (const Digest& digest : revoked) {
      if (present.count(as_text(digest.view())) == 0) {
        first = missing++ == 0 ? digest : first;
      }
    }
    if (missing > 0) {
      if (Finding* const finding = add(FindingCode::kDbxMissing, rules.missing, {}, dbx->ground)) {
        finding->expected = first;
        finding->seen_number = missing;
        finding->expected_number = revoked.size();
      }
    }
  }

  void judge_sbat() {
    const SbatRules& rules = rules_.sbat;
    if (rules.minimum.empty()) {
      return;
    }
    const SbatClaim& claim = claims_.sbat;
    const std::string doubt =
        claim.repeated ? std::string("it was measured more than once") : doubt_in_authorities(log_);
    if (!claim.level || claim.ground.standing != Standing::kProven || !doubt.empty()) {
      add(FindingCode::kSbatUnproven, rules.below,
          !doubt.empty()                 ? doubt
          : claim.ground.because.empty() ? "the log has no SBAT level"
                                         : claim.ground.because);
      return;
    }
    for (const SbatComponent& component : rules.minimum) {
      const std::uint32_t generation = claim.level->generation_of(component.name);
      if (generation < component.generation) {
        if (Finding* const finding =
                add(FindingCode::kSbatBelow, rules.below, escaped(component.name), claim.ground)) {
          finding->seen_number = generation;
          finding->expected_number = component.generation;
        }
      }
    }
  }

  void judge_command_lines() {
    const CommandLineRules& rules = rules_.command_line;
    if (rules.allow.empty() && rules.deny.empty()) {
      return;
    }
    if (claims_.chain.command_lines.empty()) {
      add(FindingCode::kCommandLineUnproven, rules.violation, "the log has none");
    }
    const auto is_known = [this](const BootEvent& event) {
      const std::optional<Digest> digest = Digest::from(log_.bank(), event.digest(log_.bank()));
      return digest && log_.has_pcr(event.pcr) &&
             knows_event(snapshot_.reference_sets(), *digest, event.pcr);
    };
    if (std::string doubt = doubt_in_command_lines(log_, is_known); !doubt.empty()) {
      add(FindingCode::kCommandLineUnproven, rules.violation, std::move(doubt));
    }
    for (const CommandLine& line : claims_.chain.command_lines) {
      if (line.ground.standing != Standing::kProven) {
        add(FindingCode::kCommandLineUnproven, rules.violation, line.ground.because, line.ground);
      }
      judge_parameters(line);
    }
  }

  void judge_parameters(const CommandLine& line) {
    const CommandLineRules& rules = rules_.command_line;
    for (const std::string& parameter : kernel_parameters(line.measured)) {
      const std::vector<std::string> written = spellings(parameter);
      const bool is_allowed = rules.allow.empty() || rules.allowed.match(parameter);
      const bool is_denied = std::any_of(
          written.begin(), written.end(),
          [&rules](const std::string& spelling) { return rules.denied.may_match(spelling); });
      if (!is_allowed || is_denied) {
        add(FindingCode::kCommandLineParameter, rules.violation, shown_parameter(parameter),
            line.ground);
      }
    }
  }

  void judge_platform() {
    for (const PlatformAlarm& alarm : claims_.platform.alarms) {
      add(FindingCode::kPlatformAlarm, rules_.platform.alarms, alarm.what, alarm.ground);
    }
    for (const OptionRom& rom : claims_.platform.option_roms) {
      add(FindingCode::kPlatformOptionRom, rules_.platform.option_roms, escaped(rom.path),
          rom.ground);
      if (!findings_.empty() && rules_.platform.option_roms != RuleAction::kOff) {
        findings_.back().digest = digest_of(rom);
      }
    }
  }

  [[nodiscard]] std::optional<Digest> digest_of(const OptionRom& rom) const {
    const std::optional<Bytes> bytes = from_hex(rom.digest);
    return bytes ? Digest::from(log_.bank(), *bytes) : std::nullopt;
  }

  const ProvenLog& log_;
  const Snapshot& snapshot_;
  const ClaimRules& rules_;
  const BootClaims claims_;
  Findings findings_;
};

void add_unproven_events(const ProvenLog& log, RuleAction action, Findings& findings) {
  const std::optional<Severity> severity = severity_of(action);
  if (!severity) {
    return;
  }
  for (Finding& finding : event_findings(log)) {
    // An excused deviation stays a remark.
    if (finding.severity != Severity::kInfo) {
      finding.severity = *severity;
    }
    findings.push_back(std::move(finding));
  }
}

}  // namespace

Findings appraise_claims(const ProvenLog& log, const Snapshot& snapshot) {
  const ClaimRules& rules = snapshot.policy().claims;
  Findings findings;
  if (rules.ask_for_claims()) {
    findings = ClaimAppraisal(log, snapshot).run();
  }
  add_unproven_events(log, rules.unproven_event, findings);
  return findings;
}

}  // namespace quotemill
