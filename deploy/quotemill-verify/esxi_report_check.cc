#include <algorithm>
#include <array>

#include "deploy/quotemill-verify/esxi_report.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/log/esxi_grammar.h"
#include "engine/esxi/log/limits.h"
#include "engine/esxi/log/tagged_data.h"
#include "engine/eventlog/decode/secrets.h"

namespace quotemill::offline {
namespace {

constexpr std::string_view kPreboot = "TPM_EVENT_LOG_PREBOOT";
constexpr std::array<std::uint8_t, 1> kNul = {0};

class ReportChecker {
 public:
  explicit ReportChecker(EsxiReport report) { check_.report = std::move(report); }

  EsxiReportCheck run() {
    find_layout();
    for (const PcrBank& bank : check_.report.pcrs) {
      compare(bank);
    }
    if (const EsxiPcrs* const pcrs = known_esxi_format().pcrs(check_.layout)) {
      pcrs_ = pcrs;
      hold_order(*pcrs);
    }
    for (std::uint32_t i = 0; i < check_.report.entries.size(); ++i) {
      judge(i);
    }
    judge_report();
    return std::move(check_);
  }

 private:
  Finding& add(FindingCode code, Severity severity) {
    return check_.findings.emplace_back(Finding{.code = code, .severity = severity});
  }

  Finding& add(FindingCode code, Severity severity, std::uint32_t event) {
    Finding& finding = add(code, severity);
    finding.event = event;
    finding.pcr = check_.report.entries[event].pcr;
    return finding;
  }

  // By where modules are.
  void find_layout() {
    for (const EsxiReportEntry& entry : check_.report.entries) {
      for (const EsxiPcrs& pcrs : known_esxi_format().layouts) {
        if (check_.layout == EsxiLayout::kNone && entry.kind != EsxiEventKind::kUnknown &&
            (pcrs.mask() >> entry.pcr & 1U) != 0) {
          check_.layout = pcrs.layout;
        }
      }
    }
  }

  void compare(const PcrBank& bank) {
    const HashAlgorithm algorithm = bank.algorithm();
    std::array<Digest, limits::kPcrCount> values;
    values.fill(Digest(algorithm));
    std::uint32_t logged = 0;
    for (const EsxiReportEntry& entry : check_.report.entries) {
      if (entry.digest.algorithm() == algorithm && can_hash(algorithm)) {
        extend(values.at(entry.pcr), entry.digest.view());
        logged |= 1U << entry.pcr;
      }
    }
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (bank.has(pcr)) {
        judge_pcr({pcr, bank.at(pcr), values.at(pcr), ReportPcrState::kNotLogged},
                  (logged >> pcr & 1U) != 0);
      }
    }
  }

  void judge_pcr(ReportPcr row, bool is_logged) {
    if (is_logged) {
      row.state = row.value == row.replayed ? ReportPcrState::kReplayed : ReportPcrState::kMismatch;
    }
    const EsxiPcrs* const pcrs = known_esxi_format().pcrs(check_.layout);
    const bool is_ours = pcrs != nullptr && (pcrs->mask() >> row.pcr & 1U) != 0;
    if (row.state == ReportPcrState::kMismatch) {
      Finding& finding = add(FindingCode::kLogMismatch, Severity::kFail);
      finding.pcr = row.pcr;
      finding.digest = row.replayed;
      finding.expected = row.value;
    } else if (!is_logged && is_ours && !row.value.is_filled_with(0) &&
               !row.value.is_filled_with(0xFF)) {
      Finding& finding = add(FindingCode::kLogNoEvents, Severity::kFail);
      finding.pcr = row.pcr;
      finding.expected = row.value;
    }
    check_.pcrs.push_back(std::move(row));
  }

  [[nodiscard]] static EsxiEventKind kind_of(const EsxiReportEntry& entry) {
    return entry.kind == EsxiEventKind::kModule && entry.name == kPreboot ? EsxiEventKind::kLaunch
                                                                          : entry.kind;
  }

  static std::string file_of(const EsxiReportEntry& entry) {
    if (entry.kind == EsxiEventKind::kCommandLine) {
      return std::string(
          file_of_path(std::string_view(entry.text).substr(0, entry.text.find(' '))));
    }
    if (entry.kind == EsxiEventKind::kVersion && entry.data) {
      const Result<EsxiVersionRecord> record = read_version_record(*entry.data);
      return record ? std::string(file_of_path(record->file)) : std::string();
    }
    return entry.name;
  }

  // The same order as in a log. What vCenter leaves out (the command line's text, version records)
  // cannot be held against anything, and is taken for what it should be.
  void hold_order(const EsxiPcrs& pcrs) {
    EsxiGrammar grammar(pcrs);
    std::vector<std::string> names;  // must outlive the grammar
    names.reserve(check_.report.entries.size());
    for (const EsxiReportEntry& entry : check_.report.entries) {
      names.push_back(file_of(entry));
    }
    std::string_view first;
    std::string_view next;
    for (std::uint32_t i = 0; i < check_.report.entries.size(); ++i) {
      const EsxiReportEntry& entry = check_.report.entries[i];
      if ((pcrs.mask() >> entry.pcr & 1U) == 0) {
        continue;
      }
      if (kind_of(entry) == EsxiEventKind::kModule && first.empty()) {
        first = names[i];
      }
      next = names[i];
      if (entry.kind == EsxiEventKind::kCommandLine && entry.text.empty()) {
        next = first;
      } else if (entry.kind == EsxiEventKind::kVersion && !entry.data && i + 1 < names.size()) {
        next = names[i + 1];
      }
      if (const auto wrong = grammar.next({kind_of(entry), entry.pcr, next})) {
        add(FindingCode::kEsxiLogGrammar, Severity::kFail, i).subject = *wrong;
      }
    }
    if (const auto wrong = grammar.finish()) {
      add(FindingCode::kEsxiLogGrammar, Severity::kFail).subject = *wrong;
    }
  }

  [[nodiscard]] bool hashes_to(const EsxiReportEntry& entry, ByteView bytes) const {
    return can_hash(entry.digest.algorithm()) &&
           hash(entry.digest.algorithm(), bytes) == entry.digest;
  }

  // Kernel texts end in a NUL; the command line does not.
  [[nodiscard]] bool holds(const EsxiReportEntry& entry) const {
    switch (entry.kind) {
      case EsxiEventKind::kCommandLine:
        return hashes_to(entry, as_bytes(entry.text));
      case EsxiEventKind::kSecurityOption:
      case EsxiEventKind::kSystemVersion:
      case EsxiEventKind::kBootComplete:
        return hashes_to(entry, as_bytes(said_by(entry) + '\0'));
      default:
        return hashes_to(entry, entry.data ? ByteView(*entry.data) : ByteView()) ||
               (entry.data && entry.data->empty() && hashes_to(entry, kNul));
    }
  }

  static std::string said_by(const EsxiReportEntry& entry) {
    return entry.kind == EsxiEventKind::kBootComplete ? "Boot Complete" : entry.text;
  }

  // Whether the report shows what was hashed.
  static bool shows_data(const EsxiReportEntry& entry) {
    switch (entry.kind) {
      case EsxiEventKind::kCommandLine:
      case EsxiEventKind::kSecurityOption:
      case EsxiEventKind::kSystemVersion:
        return !entry.text.empty();
      case EsxiEventKind::kBootComplete:
        return true;
      case EsxiEventKind::kBootOptions:
      case EsxiEventKind::kVersion:
        return entry.data.has_value();
      default:
        return false;
    }
  }

  void judge(std::uint32_t number) {
    const EsxiReportEntry& entry = check_.report.entries[number];
    ProofClass proof = ProofClass::kDigestProven;
    if (shows_data(entry)) {
      proof = holds(entry) ? ProofClass::kDataProven : ProofClass::kUnprovenType;
      if (proof == ProofClass::kUnprovenType) {
        add(FindingCode::kEsxiLogData, Severity::kFail, number).subject =
            std::string(name_of(entry.kind));
      } else if (entry.kind == EsxiEventKind::kSecurityOption) {
        take_security_option(entry.text, check_.boot);
      }
    }
    if (entry.kind == EsxiEventKind::kSigner) {
      judge_signer(number);
    }
    if (entry.kind == EsxiEventKind::kCommandLine && has_secret(as_bytes(entry.text))) {
      add(FindingCode::kEsxiLogSecret, Severity::kWarning, number);
    }
    const bool is_ours = pcrs_ != nullptr && (pcrs_->mask() >> entry.pcr & 1U) != 0;
    if (entry.kind == EsxiEventKind::kUnknown && is_ours) {
      add(FindingCode::kEsxiLogTagUnknown, Severity::kWarning, number).subject =
          "a class that is not known here";
      proof = ProofClass::kUnprovenType;
    }
    check_.proofs.push_back(proof);
  }

  // Whoever wants can sign with a test key.
  void judge_signer(std::uint32_t number) {
    const EsxiReportEntry& entry = check_.report.entries[number];
    const KnownSigner known = known_signer(entry.digest);
    if (known.role == EsxiSignerRole::kTest) {
      Finding& finding = add(FindingCode::kEsxiSignerTest, Severity::kFail, number);
      finding.digest = entry.digest;
      finding.subject = std::string(known.key_id);
    }
  }

  // vCenter always says whether the log is reliable; manifests made of its report do not.
  void judge_reliability() {
    const EsxiReport& report = check_.report;
    if (report.is_reliable == false) {
      add(FindingCode::kEsxiLogUnreliable, Severity::kFail);
    } else if (!report.is_reliable && report.format != EsxiReportFormat::kHostManifest) {
      add(FindingCode::kEsxiLogUnreliable, Severity::kWarning).subject =
          "the report does not say whether it is";
    }
  }

  void judge_report() {
    const EsxiReport& report = check_.report;
    judge_reliability();
    if (check_.boot.kernel_secure_boot == false) {
      add(FindingCode::kEsxiSecureBoot, Severity::kFail).subject = "off, by the kernel's word";
    }
    if (report.entries.size() > limits::esxi::kEventsMax) {
      add(FindingCode::kEsxiLogTooLong, Severity::kFail).subject =
          "the kernel keeps no more than " + std::to_string(limits::esxi::kEventsMax);
    }
    const bool is_weak =
        std::all_of(report.pcrs.begin(), report.pcrs.end(),
                    [](const PcrBank& bank) { return bank.algorithm() == HashAlgorithm::kSha1; });
    if (is_weak) {
      add(FindingCode::kEsxiLogBank, Severity::kFail).subject =
          report.pcrs.empty() ? "the report has no values of PCRs" : "only SHA-1 is left";
    }
    if (check_.layout == EsxiLayout::kNone) {
      add(FindingCode::kLogAbsent, Severity::kFail);
    }
  }

  EsxiReportCheck check_;
  const EsxiPcrs* pcrs_ = nullptr;
};

}  // namespace

std::string_view name_of(ReportPcrState state) {
  switch (state) {
    case ReportPcrState::kReplayed:
      return "replayed";
    case ReportPcrState::kMismatch:
      return "mismatch";
    case ReportPcrState::kNotLogged:
      return "not_logged";
  }
  return "not_logged";
}

EsxiReportCheck check_esxi_report(EsxiReport report) {
  return ReportChecker(std::move(report)).run();
}

}  // namespace quotemill::offline
