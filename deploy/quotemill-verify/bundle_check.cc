#include "deploy/quotemill-verify/bundle_check.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <tuple>

#include "deploy/quotemill-verify/bundle_file.h"
#include "engine/appraise/appraise.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/baseline/validity.h"
#include "engine/crypto/check_signature.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/policy/snapshot.h"
#include "engine/tpm/public_area.h"
#include "engine/tpm/quote.h"

namespace quotemill::offline {
namespace {

using references::Json;

std::string messages_of(const Findings& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::kFail) {
      out += (out.empty() ? "" : "; ") + message_of(finding);
    }
  }
  return out;
}

constexpr std::array kSeverities = {Severity::kInfo, Severity::kWarning, Severity::kFail};

// What of a finding a bundle keeps in words that do not change.
using FindingKey = std::tuple<FindingCode, Severity, std::uint64_t, std::uint64_t>;

constexpr std::uint64_t kNoNumber = UINT64_MAX;

FindingKey key_of(const Finding& finding) {
  return {finding.code, finding.severity, finding.pcr ? *finding.pcr : kNoNumber,
          finding.event ? *finding.event : kNoNumber};
}

// The findings that a bundle tells, as far as they can be compared.
struct ToldFindings {
  std::set<FindingKey> keys;
  Findings all;                // codes and severities
  std::size_t unreadable = 0;  // of no code or severity that this program knows

  [[nodiscard]] Severity least() const {
    const auto least = std::min_element(
        all.begin(), all.end(),
        [](const Finding& left, const Finding& right) { return left.severity < right.severity; });
    return least == all.end() ? Severity::kInfo : least->severity;
  }
};

std::string text_in(const Json& finding, const char* name) {
  const Json* const found = references::member(finding, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_in(const Json& finding, const char* name) {
  const Json* const found = references::member(finding, name);
  return found != nullptr && found->is_number_unsigned() ? found->get<std::uint64_t>() : kNoNumber;
}

ToldFindings findings_in(const Json* findings) {
  ToldFindings told;
  for (std::size_t i = 0; findings != nullptr && findings->is_array() && i < findings->size();
       ++i) {
    const Json& finding = (*findings)[i];
    const auto code = finding.is_object() ? finding_code_named(text_in(finding, "code"))
                                          : std::optional<FindingCode>();
    const auto severity = std::find_if(kSeverities.begin(), kSeverities.end(), [&](Severity each) {
      return code && name_of(each) == text_in(finding, "severity");
    });
    if (severity == kSeverities.end()) {
      ++told.unreadable;
      continue;
    }
    told.keys.emplace(*code, *severity, number_in(finding, "pcr"), number_in(finding, "event"));
    told.all.push_back({.code = *code, .severity = *severity});
  }
  return told;
}

class BundleCheck {
 public:
  BundleCheck(const Bundle& bundle, BundleReport& report)
      : bundle_(bundle), report_(report), told_(findings_in(bundle.findings)) {}

  void run() {
    report_.on_trust = {
        "that this key is the host's, and its name: enrolment bound it to the endorsement key",
        "when the nonce was made and when the evidence came",
        "the findings that compare this quote with the one before (clock, counters)",
        "the findings that latched at an earlier attestation (latch.held)"};
    check_evidence();
    check_state();
    check_audit();
  }

 private:
  void add(const char* what, BundleOutcome outcome, std::string detail) {
    report_.steps.push_back({what, outcome, printable(detail)});
  }

  void check_evidence() {
    const Result<Evidence> evidence = decode_evidence(bundle_.evidence);
    const Result<PublicArea> area = decode_tpmt_public(bundle_.ak_public);
    const Result<Quote> quote =
        evidence ? decode_quote(evidence->attest) : Result<Quote>(evidence.error());
    if (!evidence || !area || !quote) {
      add("quote", BundleOutcome::kNotProven, "evidence or key cannot be read");
      return;
    }
    Challenge challenge = bundle_.challenge;
    challenge.selections = quote->selections;
    SignatureChecker key(area->key);
    auto verified = verify_quote(
        *evidence, {key, bundle_.binding, challenge, bundle_.pcrs ? &*bundle_.pcrs : nullptr});
    if (const auto* findings = std::get_if<Findings>(&verified)) {
      add("quote", BundleOutcome::kNotProven, messages_of(*findings));
      return;
    }
    add("quote", BundleOutcome::kProven,
        "signed by the host's key, for this nonce, host and channel, over the PCR values");
    check_log(std::get<VerifiedQuote>(std::move(verified)));
  }

  void check_log(VerifiedQuote quote) {
    if (!bundle_.log) {
      check_absent_log(quote);
      return;
    }
    const VerifiedEvidence evidence =
        verify_boot_log(std::move(quote), *bundle_.log, nullptr,
                        bundle_.secrets ? LogForm::kAsKept : LogForm::kAsSent);
    check_secrets(evidence.boot_log());
    const std::string wrong = messages_of(evidence.findings());
    add("log", wrong.empty() ? BundleOutcome::kProven : BundleOutcome::kNotProven,
        wrong.empty() ? "replays to the quoted PCR values" : wrong);
    if (const auto snapshot = check_policy()) {
      check_verdict(appraise_boot(evidence, *snapshot));
    }
  }

  // Whether the host had one, its signed evidence says: whoever left the log out changes no word.
  void check_absent_log(const VerifiedQuote& quote) {
    if (quote.header().boot_log_bytes != 0) {
      add("log", BundleOutcome::kUnknown, "the host's boot log is not in the bundle");
      return;
    }
    add("log", BundleOutcome::kProven, "the host had none, as its evidence says");
    if (const auto snapshot = check_policy()) {
      check_verdict(appraise_absent_log(*snapshot));
    }
  }

  // What was overwritten must be what the bundle says was.
  void check_secrets(const BootLog& log) {
    if (!bundle_.secrets) {
      return;
    }
    const std::vector<std::uint32_t> found = events_without_secrets(log);
    if (found != *bundle_.secrets) {
      add("secrets", BundleOutcome::kNotProven,
          "the events that lack a secret are not those that the bundle names");
    }
    for (const std::uint32_t event : found) {
      report_.on_trust.push_back("event " + std::to_string(event) +
                                 ": that its data, of which a secret is left out, was what was "
                                 "measured when it came");
    }
  }

  // What the verdict was judged by; null if that is not proven.
  std::shared_ptr<const Snapshot> check_policy() {
    if (!bundle_.policy) {
      add("policy", BundleOutcome::kUnknown, "the policy of then is not in the bundle");
      return nullptr;
    }
    const Result<Policy> policy = parse_policy(*bundle_.policy, "policy");
    if (!policy) {
      add("policy", BundleOutcome::kNotProven, policy.error().detail);
      return nullptr;
    }
    std::shared_ptr<const Snapshot> snapshot = snapshot_of_then(*policy);
    if (!snapshot) {
      add("policy", BundleOutcome::kNotProven,
          "policy, baselines and rollout are not those whose snapshot the verdict names");
      return nullptr;
    }
    add("policy", BundleOutcome::kProven, told(*snapshot));
    if (policy->selection.has(kImaPcr)) {
      report_.on_trust.emplace_back("what the runtime list (IMA) held: it is not in the bundle");
    }
    return snapshot;
  }

  // The one that the verdict names, with the values that counted then: a validity may have begun or
  // ended between question and verdict. Null if there is none.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot_of_then(const Policy& policy) const {
    for (const WallTime moment : {bundle_.time, bundle_.fresh_from}) {
      const auto valid = valid_at(bundle_.baselines, moment).baselines;
      auto snapshot = in_rollout(Snapshot::compile(policy, valid), valid);
      if (snapshot->id() == bundle_.snapshot) {
        return snapshot;
      }
    }
    return nullptr;
  }

  // The same as it is for the hosts of the rollout that the bundle names.
  [[nodiscard]] std::shared_ptr<const Snapshot> in_rollout(
      std::shared_ptr<const Snapshot> snapshot,
      const std::vector<std::shared_ptr<const Baseline>>& valid) const {
    if (!bundle_.rollout) {
      return snapshot;
    }
    const RolloutNamed& named = *bundle_.rollout;
    const auto to = std::find_if(valid.begin(), valid.end(), [&](const auto& baseline) {
      return baseline->name == named.to.name && baseline->version == named.to.version;
    });
    return to == valid.end() ? snapshot
                             : Snapshot::compile_for(
                                   snapshot, {named.name, named.from, *to, named.has_old}, valid);
  }

  // What it was judged by.
  [[nodiscard]] std::string told(const Snapshot& snapshot) const {
    const Policy& policy = snapshot.policy();
    std::string out = "snapshot " + to_hex(snapshot.id()) + ": policy " + policy.id + " version " +
                      std::to_string(policy.version);
    for (const auto& baseline : snapshot.baselines()) {
      out += ", " + baseline->name + "@" + std::to_string(baseline->version);
    }
    if (bundle_.rollout) {
      out += ", in rollout " + bundle_.rollout->name +
             (bundle_.rollout->has_old ? "" : " after its deadline");
    }
    return out;
  }

  // The findings about the boot follow from what is here; those about the quote are beside them.
  void check_verdict(const Findings& expected) {
    std::string missing;
    for (const Finding& finding : expected) {
      if (told_.keys.count(key_of(finding)) == 0 && !may_be_dropped(finding)) {
        missing += (missing.empty() ? "" : "; ") + message_of(finding);
      }
    }
    add("verdict", missing.empty() ? BundleOutcome::kProven : BundleOutcome::kNotProven,
        missing.empty() ? "has the findings that this boot has under this policy"
                        : "does not tell: " + missing);
  }

  // A verdict keeps limits::kFindingsMax findings, the worst ones.
  [[nodiscard]] bool may_be_dropped(const Finding& finding) const {
    return told_.all.size() >= limits::kFindingsMax && finding.severity <= told_.least();
  }

  // The state is what the findings make it, and nobody's word beside them.
  void check_state() {
    const std::string_view made = name_of(decide(told_.all).state);
    const bool claims_trust = bundle_.state != name_of(TrustState::kUnknown) &&
                              bundle_.state != name_of(TrustState::kStale);
    if (!claims_trust) {
      add("state", BundleOutcome::kUnknown, "rests on no evidence that counts");
    } else if (told_.unreadable != 0) {
      add("state", BundleOutcome::kUnknown,
          std::to_string(told_.unreadable) + " of the findings are not known to this program");
    } else if (bundle_.state != made) {
      add("state", BundleOutcome::kNotProven,
          "says " + bundle_.state + ", where the findings make it " + std::string(made));
    } else {
      add("state", BundleOutcome::kProven, "is what the findings make it");
    }
  }

  void check_audit() {
    if (bundle_.audit.empty()) {
      add("audit", BundleOutcome::kUnknown, "there is no act of an operator");
      return;
    }
    const AuditRecord& first = bundle_.audit.front();
    AuditHead head;
    std::size_t at = 0;
    if (first.number != 1) {
      head = {first.number, first.id};  // what was before is not here
      at = 1;
    }
    for (; at < bundle_.audit.size(); ++at) {
      const AuditRecord& record = bundle_.audit[at];
      if (!follows(head, record)) {
        add("audit", BundleOutcome::kNotProven,
            "the chain breaks at act " + std::to_string(record.number));
        return;
      }
      head = {record.number, record.id};
    }
    add("audit", BundleOutcome::kProven,
        "acts " + std::to_string(first.number) + " to " + std::to_string(head.number) +
            " are one chain, head " + head.id.hex());
  }

  const Bundle& bundle_;
  BundleReport& report_;
  const ToldFindings told_;
};

}  // namespace

BundleOutcome BundleReport::outcome() const {
  const auto is = [this](std::string_view what, BundleOutcome outcome) {
    return std::any_of(steps.begin(), steps.end(), [&](const BundleStep& step) {
      return step.outcome == outcome && (what.empty() || step.what == what);
    });
  };
  if (is({}, BundleOutcome::kNotProven)) {
    return BundleOutcome::kNotProven;
  }
  constexpr std::array kNeeded = {"quote", "log", "policy", "verdict", "state"};
  const bool has_all = std::all_of(kNeeded.begin(), kNeeded.end(), [&](const char* what) {
    return is(what, BundleOutcome::kProven);
  });
  return has_all ? BundleOutcome::kProven : BundleOutcome::kUnknown;
}

Result<BundleReport> check_bundle(std::string_view file) {
  const Result<Json> json = references::parse_strict_json(file);
  if (!json) {
    return json.error();
  }
  if (!json->is_object()) {
    return references::wrong_at("", "is no JSON object");
  }
  const Result<Bundle> bundle = read_bundle(*json);
  if (!bundle) {
    return bundle.error();
  }
  BundleReport report;
  report.host = printable(bundle->host_name);
  report.state = printable(bundle->state);
  report.time = printable(bundle->told_time);
  BundleCheck(*bundle, report).run();
  return report;
}

}  // namespace quotemill::offline
