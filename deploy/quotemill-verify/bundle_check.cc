#include "deploy/quotemill-verify/bundle_check.h"

#include <algorithm>
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

// What of a finding a bundle keeps in words that do not change.
using FindingKey = std::tuple<std::string, std::uint64_t, std::uint64_t>;

FindingKey key_of(const Finding& finding) {
  constexpr std::uint64_t kNone = UINT64_MAX;
  return {std::string(name_of(finding.code)), finding.pcr ? *finding.pcr : kNone,
          finding.event ? *finding.event : kNone};
}

std::set<FindingKey> keys_in(const Json* findings) {
  std::set<FindingKey> keys;
  for (std::size_t i = 0; findings != nullptr && findings->is_array() && i < findings->size();
       ++i) {
    const Json& finding = (*findings)[i];
    const auto number = [&finding](const char* name) {
      const Json* const found = finding.is_object() ? references::member(finding, name) : nullptr;
      return found != nullptr && found->is_number_unsigned() ? found->get<std::uint64_t>()
                                                             : UINT64_MAX;
    };
    const Json* const code = finding.is_object() ? references::member(finding, "code") : nullptr;
    keys.emplace(code != nullptr && code->is_string() ? code->get<std::string>() : "",
                 number("pcr"), number("event"));
  }
  return keys;
}

class BundleCheck {
 public:
  BundleCheck(const Bundle& bundle, BundleReport& report) : bundle_(bundle), report_(report) {}

  void run() {
    report_.on_trust = {
        "that this key is the host's: enrolment bound it to the endorsement key",
        "when the nonce was made and when the evidence came",
        "the findings that compare this quote with the one before (clock, counters)",
        "the findings that latched at an earlier attestation (latch.held)"};
    check_evidence();
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
      add("log", BundleOutcome::kUnknown, "the appraisal rests on no boot log");
      return;
    }
    const VerifiedEvidence evidence =
        verify_boot_log(std::move(quote), *bundle_.log, nullptr,
                        bundle_.secrets ? LogForm::kAsKept : LogForm::kAsSent);
    check_secrets(evidence.boot_log());
    const std::string wrong = messages_of(evidence.findings());
    add("log", wrong.empty() ? BundleOutcome::kProven : BundleOutcome::kNotProven,
        wrong.empty() ? "replays to the quoted PCR values" : wrong);
    check_policy(evidence);
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

  void check_policy(const VerifiedEvidence& evidence) {
    if (!bundle_.policy) {
      add("policy", BundleOutcome::kUnknown, "the policy of then is not in the bundle");
      return;
    }
    const Result<Policy> policy = parse_policy(*bundle_.policy, "policy");
    if (!policy) {
      add("policy", BundleOutcome::kNotProven, policy.error().detail);
      return;
    }
    const std::shared_ptr<const Snapshot> snapshot = snapshot_of_then(*policy);
    if (!snapshot) {
      add("policy", BundleOutcome::kNotProven,
          "policy, baselines and rollout are not those whose snapshot the verdict names");
      return;
    }
    add("policy", BundleOutcome::kProven, told(*snapshot));
    check_verdict(appraise_boot(evidence, *snapshot));
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
    const std::set<FindingKey> told = keys_in(bundle_.findings);
    std::string missing;
    for (const Finding& finding : expected) {
      if (told.count(key_of(finding)) == 0) {
        missing += (missing.empty() ? "" : "; ") + message_of(finding);
      }
    }
    // A verdict keeps limits::kFindingsMax findings, the worst ones.
    const bool may_be_dropped = told.size() >= limits::kFindingsMax;
    add("verdict",
        missing.empty()  ? BundleOutcome::kProven
        : may_be_dropped ? BundleOutcome::kUnknown
                         : BundleOutcome::kNotProven,
        missing.empty() ? "has the findings that this boot has under this policy"
                        : "does not tell: " + missing);
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
};

}  // namespace

bool BundleReport::is_proven() const {
  const auto is = [](BundleOutcome outcome) {
    return [outcome](const BundleStep& step) { return step.outcome == outcome; };
  };
  return !steps.empty() && steps.front().outcome == BundleOutcome::kProven &&
         std::none_of(steps.begin(), steps.end(), is(BundleOutcome::kNotProven));
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
