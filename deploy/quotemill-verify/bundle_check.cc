#include "deploy/quotemill-verify/bundle_check.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <tuple>

#include "deploy/references/json_fields.h"
#include "deploy/references/reference_file.h"
#include "engine/appraise/appraise.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/baseline/validity.h"
#include "engine/crypto/check_signature.h"
#include "engine/crypto/hash.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/identity/audit_trail.h"
#include "engine/policy/snapshot.h"
#include "engine/tpm/public_area.h"
#include "engine/tpm/quote.h"
#include "engine/verify/verify.h"
#include "transport/render/json.h"

namespace quotemill::offline {
namespace {

using references::Json;

constexpr const char* kFormat = "quotemill-bundle/1";

// Members by JSON pointer. Sticky: the first that is missing or of another kind is remembered, what
// is read afterwards is default.
class BundleReader {
 public:
  explicit BundleReader(const Json& bundle) : bundle_(bundle) {}

  const Json* find(const std::string& pointer) const {
    const Json::json_pointer at(pointer);
    return bundle_.contains(at) && !bundle_.at(at).is_null() ? &bundle_.at(at) : nullptr;
  }

  std::string text(const std::string& pointer) {
    const Json* const found = find(pointer);
    if (found == nullptr || !found->is_string()) {
      fail(pointer);
      return {};
    }
    return found->get<std::string>();
  }

  std::uint64_t number(const std::string& pointer) {
    const Json* const found = find(pointer);
    if (found == nullptr || !found->is_number_unsigned()) {
      fail(pointer);
      return 0;
    }
    return found->get<std::uint64_t>();
  }

  Bytes bytes(const std::string& pointer) {
    std::optional<Bytes> read = from_hex(text(pointer));
    if (!read) {
      fail(pointer);
    }
    return read ? *std::move(read) : Bytes();
  }

  template <std::size_t N>
  std::array<std::uint8_t, N> array(const std::string& pointer) {
    const Bytes read = bytes(pointer);
    std::array<std::uint8_t, N> out{};
    if (read.size() != N) {
      fail(pointer);
    } else {
      std::copy(read.begin(), read.end(), out.begin());
    }
    return out;
  }

  WallTime moment(const std::string& pointer) {
    const std::optional<WallTime> read = transport::parse_iso_time(text(pointer));
    if (!read) {
      fail(pointer);
    }
    return read.value_or(WallTime{});
  }

  void fail(const std::string& pointer) {
    if (!error_) {
      error_ = references::wrong_at(pointer, "is missing, or of another kind");
    }
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const Json& bundle_;
  std::optional<Error> error_;
};

// What a bundle says, before anything of it is believed.
struct Bundle {
  ChannelBinding binding;
  Bytes ak_public;
  Bytes evidence;
  Challenge challenge;
  std::optional<KnownPcrs> pcrs;
  std::optional<Bytes> log;
  SnapshotId snapshot{};
  WallTime time;
  WallTime fresh_from;
  std::optional<std::string> policy;
  std::vector<std::shared_ptr<const Baseline>> baselines;
  std::vector<AuditRecord> audit;
  const Json* findings = nullptr;
};

std::optional<KnownPcrs> read_pcrs(const Json& pcrs) {
  const Json* const name = references::member(pcrs, "alg");
  const Json* const values = references::member(pcrs, "values");
  const auto bank = name != nullptr && name->is_string()
                        ? hash_algorithm_named(name->get_ref<const std::string&>())
                        : std::nullopt;
  if (!bank || values == nullptr || !values->is_object()) {
    return std::nullopt;
  }
  PcrBank out(*bank);
  for (const auto& [pcr, value] : values->items()) {
    std::uint32_t number = limits::kPcrCount;
    // NOLINTNEXTLINE(*-pointer-arithmetic)
    std::from_chars(pcr.data(), pcr.data() + pcr.size(), number);
    const auto bytes =
        value.is_string() ? from_hex(value.get_ref<const std::string&>()) : std::nullopt;
    const auto digest = bytes ? Digest::from(*bank, *bytes) : std::nullopt;
    if (number >= limits::kPcrCount || !digest) {
      return std::nullopt;
    }
    out.set(number, *digest);
  }
  return KnownPcrs(out);
}

std::optional<ReferenceEvent> read_event(const Json& json) {
  BundleReader in(json);
  ReferenceEvent event;
  event.number = static_cast<std::uint32_t>(in.number("/number"));
  event.pcr = static_cast<std::uint32_t>(in.number("/pcr"));
  event.type = static_cast<std::uint32_t>(in.number("/type"));
  event.description = in.text("/description");
  const Json* const digests = in.find("/digests");
  if (in.error() || digests == nullptr || !digests->is_array()) {
    return std::nullopt;
  }
  for (const Json& text : *digests) {
    const std::optional<Digest> digest = references::digest_in(text);
    if (!digest) {
      return std::nullopt;
    }
    event.digests.push_back(*digest);
  }
  return event;
}

bool read_file(const Json& json, Baseline& out) {
  BundleReader in(json);
  const std::string format = in.text("/file/format");
  const Bytes content = in.bytes("/file/content");
  if (in.error()) {
    return false;
  }
  auto reading = references::read_reference_file(as_text(content), format);
  if (!reading) {
    return false;
  }
  // The digest is computed, not taken from the bundle.
  out.file = ImportedFile{hash(HashAlgorithm::kSha256, content),
                          content.size(),
                          format,
                          {},
                          {},
                          reading->values.size()};
  out.values = std::move(reading->values);
  return true;
}

std::shared_ptr<const Baseline> read_baseline(const Json& json) {
  BundleReader in(json);
  auto out = std::make_shared<Baseline>();
  out->name = in.text("/name");
  out->version = static_cast<std::uint32_t>(in.number("/version"));
  if (in.error()) {
    return nullptr;
  }
  if (in.find("/file") != nullptr) {
    return read_file(json, *out) ? out : nullptr;
  }
  const Json* const events = in.find("/events");
  if (events == nullptr || !events->is_array() || events->size() > limits::kBaselineEventsMax) {
    return nullptr;
  }
  for (const Json& each : *events) {
    const std::optional<ReferenceEvent> event = read_event(each);
    if (!event) {
      return nullptr;
    }
    out->events.push_back(*event);
  }
  return out;
}

std::optional<AuditRecord> read_act(const Json& json) {
  BundleReader in(json);
  AuditRecord record;
  record.number = in.number("/number");
  record.time.ms = static_cast<std::int64_t>(in.number("/time_ms"));
  record.act = {in.text("/who"), in.text("/verb"), in.text("/subject")};
  const auto id = Digest::from(HashAlgorithm::kSha256, in.bytes("/id"));
  if (in.error() || !id) {
    return std::nullopt;
  }
  record.id = *id;
  return record;
}

template <class Read>
auto read_list(BundleReader& in, const std::string& pointer, Read read) {
  using Element = decltype(read(Json()));
  std::vector<Element> out;
  const Json* const list = in.find(pointer);
  for (std::size_t i = 0; list != nullptr && list->is_array() && i < list->size(); ++i) {
    out.push_back(read((*list)[i]));
    if (!out.back()) {
      in.fail(pointer + references::pointer_step(i));
    }
  }
  return out;
}

Result<Bundle> read_bundle(const Json& json) {
  BundleReader in(json);
  Bundle out;
  out.binding.host = HostUid::from_hex(in.text("/host/uuid")).value_or(HostUid());
  out.binding.generation = static_cast<std::uint32_t>(in.number("/host/generation"));
  out.binding.host_key = in.array<32>("/host/curve_key");
  out.binding.server_key = in.array<32>("/verifier/curve_key");
  out.ak_public = in.bytes("/host/ak_public");
  out.evidence = in.bytes("/appraisal/evidence");
  out.challenge.sequence = in.number("/appraisal/seq");
  out.challenge.nonce = in.array<32>("/appraisal/nonce");
  out.challenge.kind = in.text("/appraisal/nonce_kind") == "interactive" ? NonceKind::kInteractive
                                                                         : NonceKind::kPreissued;
  out.snapshot = in.array<32>("/appraisal/snapshot");
  out.time = in.moment("/appraisal/time");
  out.fresh_from = in.moment("/appraisal/fresh_from");
  out.findings = in.find("/appraisal/findings");
  if (const Json* const pcrs = in.find("/pcrs")) {
    out.pcrs = read_pcrs(*pcrs);
    if (!out.pcrs) {
      in.fail("/pcrs");
    }
  }
  if (in.find("/boot_log") != nullptr) {
    out.log = in.bytes("/boot_log");
  }
  if (in.find("/policy") != nullptr) {
    out.policy = in.text("/policy/text");
  }
  out.baselines = read_list(in, "/baselines", read_baseline);
  for (const std::optional<AuditRecord>& act : read_list(in, "/audit", read_act)) {
    out.audit.push_back(act.value_or(AuditRecord()));
  }
  return in.error() ? Result<Bundle>(*in.error()) : Result<Bundle>(std::move(out));
}

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
    check_evidence();
    check_audit();
    report_.on_trust = {
        "that this key is the host's: enrolment bound it to the endorsement key",
        "when the nonce was made and when the evidence came",
        "the findings that compare this quote with the one before (clock, counters)",
        "the findings that latched at an earlier attestation (latch.held)"};
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
    const VerifiedEvidence evidence = verify_boot_log(std::move(quote), *bundle_.log);
    const std::string wrong = messages_of(evidence.findings());
    add("log", wrong.empty() ? BundleOutcome::kProven : BundleOutcome::kNotProven,
        wrong.empty() ? "replays to the quoted PCR values" : wrong);
    check_policy(evidence);
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
          "policy and baselines are not those whose snapshot the verdict names");
      return;
    }
    add("policy", BundleOutcome::kProven, "snapshot " + to_hex(snapshot->id()));
    check_verdict(appraise_boot(evidence, *snapshot));
  }

  // The one that the verdict names, with the values that counted then: a validity may have begun or
  // ended between question and verdict. Null if there is none.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot_of_then(const Policy& policy) const {
    for (const WallTime moment : {bundle_.time, bundle_.fresh_from}) {
      auto snapshot = Snapshot::compile(policy, valid_at(bundle_.baselines, moment).baselines);
      if (snapshot->id() == bundle_.snapshot) {
        return snapshot;
      }
    }
    return nullptr;
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
  BundleReader in(*json);
  const std::string format = in.text("/format");
  if (format != kFormat) {
    return Error{ErrorCode::kUnsupported, "bundle", 0,
                 "is of format '" + escaped(format, 40) + "'; this program checks " + kFormat};
  }
  BundleReport report;
  report.host = printable(in.text("/host/name"));
  report.state = printable(in.text("/appraisal/state"));
  report.time = printable(in.text("/appraisal/time"));
  if (in.error()) {
    return *in.error();
  }
  const Result<Bundle> bundle = read_bundle(*json);
  if (!bundle) {
    return bundle.error();
  }
  BundleCheck(*bundle, report).run();
  return report;
}

}  // namespace quotemill::offline
