#include <algorithm>

#include "engine/appraise/appraise.h"
#include "engine/appraise/broken_rule.h"
#include "engine/appraise/standing_findings.h"
#include "engine/tpm/public_area.h"

namespace quotemill {
namespace {

// How far a TPM's clock may lag behind ours: TPM 2.0 Part 1, 36.7 lets the rate be off by 32.5 %;
// real ones stay within a few percent. Below the slack nothing is said at all.
constexpr std::int64_t kClockRatePercentMin = 67;
constexpr std::int64_t kClockSlackMs = 15'000;

class CounterAppraisal {
 public:
  CounterAppraisal(const VerifiedQuote& quote, const QuoteContext& context, const Policy& policy)
      : now_(quote.quote().clock),
        firmware_(quote.quote().firmware_version),
        boot_id_(quote.header().boot_id),
        context_(context),
        rules_(policy.counters) {}

  QuoteAppraisal run(const CounterRecord& last) && {
    // Differences mod 2^32: for keys outside the endorsement hierarchy the TPM adds a constant.
    const std::uint32_t resets = now_.reset_count - last.clock.reset_count;
    const bool same_boot_id = boot_id_ == last.boot_id;
    if (resets == 0) {
      within_one_boot(last, same_boot_id);
    } else if (resets >> 31U != 0) {
      // A difference of more than half the range is a step back.
      counters_went_back(last);
    } else {
      after_reset(last, same_boot_id);
    }
    if (firmware_ != last.firmware_version) {
      add(FindingCode::kTpmFirmwareChanged, rules_.tpm_firmware_changed, firmware_,
          last.firmware_version);
    }
    if (!now_.safe) {
      add(FindingCode::kQuoteClockUnsafe, rules_.clock_unsafe);
    }
    return {std::move(findings_), may_have_waited_};
  }

 private:
  void add(FindingCode code, RuleAction action, std::uint64_t seen = 0,
           std::uint64_t expected = 0) {
    if (Finding* const finding = add_broken_rule(code, action, {}, findings_)) {
      finding->seen_number = seen;
      finding->expected_number = expected;
    }
  }

  void within_one_boot(const CounterRecord& last, bool same_boot_id) {
    if (!same_boot_id) {
      add(FindingCode::kBootKexec, rules_.kexec);
    }
    const std::uint32_t restarts = now_.restart_count - last.clock.restart_count;
    if (restarts >> 31U != 0) {
      add(FindingCode::kBootCountersBackwards, RuleAction::kFail, now_.restart_count,
          last.clock.restart_count);
    } else if (restarts != 0) {
      add(FindingCode::kBootRestarted, RuleAction::kInfo, now_.restart_count,
          last.clock.restart_count);
    }
    if (now_.clock_ms < last.clock.clock_ms) {
      add(FindingCode::kQuoteClockBackwards, RuleAction::kFail, now_.clock_ms, last.clock.clock_ms);
    } else if (restarts == 0) {
      clock_advance(last);
    }
  }

  // A nonce that was given in advance proves nothing of when the quote was made: the TPM's clock
  // does. It was issued right after the last quote, so the TPM must have counted what passed since;
  // in boot time, because setting a wall clock must not fail the fleet.
  void clock_advance(const CounterRecord& last) {
    if (context_.challenge.kind != NonceKind::kPreissued) {
      return;
    }
    const BootTime issued = context_.challenge.issued;
    const auto advance = static_cast<std::int64_t>(now_.clock_ms - last.clock.clock_ms);
    if (lags(advance, issued, context_.waiting_since)) {
      add(FindingCode::kQuoteClockLag, rules_.clock_lag, static_cast<std::uint64_t>(advance),
          static_cast<std::uint64_t>(context_.waiting_since.ms - issued.ms));
    } else if (lags(advance, issued, context_.received)) {
      may_have_waited_ = rules_.clock_lag != RuleAction::kOff;
    }
  }

  // Whether a TPM counted too little for a quote that came then.
  static bool lags(std::int64_t advance_ms, BootTime issued, BootTime came) {
    if (came <= issued) {
      return false;  // it may have waited for as long as there was something to answer
    }
    const std::int64_t elapsed_ms = came.ms - issued.ms;
    return elapsed_ms > kClockSlackMs &&
           advance_ms < elapsed_ms * kClockRatePercentMin / 100 - kClockSlackMs;
  }

  void after_reset(const CounterRecord& last, bool same_boot_id) {
    if (same_boot_id) {
      add(FindingCode::kBootResetUnreported, rules_.reset_unreported, now_.reset_count,
          last.clock.reset_count);
    } else {
      add(FindingCode::kBootRebooted, RuleAction::kInfo, now_.reset_count, last.clock.reset_count);
    }
    // The clock is saved now and then: after a power loss it may resume below, and then says so.
    if (now_.clock_ms < last.clock.clock_ms && now_.safe) {
      add(FindingCode::kQuoteClockBackwards, RuleAction::kFail, now_.clock_ms, last.clock.clock_ms);
    }
  }

  void counters_went_back(const CounterRecord& last) {
    // TPM2_Clear sets all counters and the clock to zero (TPM 2.0 Part 3, 24.6).
    const bool cleared = now_.clock_ms < last.clock.clock_ms;
    add(cleared ? FindingCode::kTpmCleared : FindingCode::kBootCountersBackwards, RuleAction::kFail,
        now_.reset_count, last.clock.reset_count);
  }

  const ClockInfo now_;
  const std::uint64_t firmware_;
  const BootId boot_id_;
  const QuoteContext& context_;
  const CounterRules& rules_;
  Findings findings_;
  bool may_have_waited_ = false;
};

}  // namespace

void add_unquoted_pcrs(const PcrBank& quoted, const Policy& policy, Findings& findings) {
  if (quoted.algorithm() == policy.selection.bank &&
      (policy.selection.mask & ~quoted.mask()) == 0) {
    return;
  }
  Finding finding;
  finding.code = FindingCode::kPolicyPcrsUnquoted;
  finding.severity = Severity::kWarning;
  finding.subject = quoted.selection().to_string() + " of " + policy.selection.to_string();
  findings.push_back(std::move(finding));
}

void add_identity(const HostRecord& record, const Policy& policy, Findings& findings) {
  const IdentityRules& rules = policy.identity;
  if (record.is_imported()) {
    add_broken_rule(FindingCode::kIdentityImported, policy.imported_identity, {}, findings);
  }
  // What was imported came with a certificate that nobody verified.
  if (record.is_imported() || !record.ek_certificate) {
    add_broken_rule(FindingCode::kIdentityEkUncertified, rules.ek_uncertified, {}, findings);
  }
  if (!rules.ak_keys.empty()) {
    const std::string type = key_type_of(record.ak_public);
    if (std::find(rules.ak_keys.begin(), rules.ak_keys.end(), type) == rules.ak_keys.end()) {
      add_broken_rule(FindingCode::kIdentityAkKey, rules.ak_key, type, findings);
    }
  }
}

QuoteAppraisal appraise_quote(const VerifiedQuote& quote, const QuoteContext& context,
                              const Snapshot& snapshot) {
  const Policy& policy = snapshot.policy();
  QuoteAppraisal appraisal;
  Findings& findings = appraisal.findings;
  if (context.previous.counters && context.previous.generation == context.record.generation) {
    appraisal = CounterAppraisal(quote, context, policy).run(*context.previous.counters);
  }
  add_unquoted_pcrs(quote.pcrs(), policy, findings);
  add_identity(context.record, policy, findings);
  if (const std::optional<Severity> weak = severity_of(policy.weak_algorithm)) {
    for (Finding remark : quote.remarks()) {
      remark.severity = *weak;
      findings.push_back(std::move(remark));
    }
  }
  return appraisal;
}

}  // namespace quotemill
