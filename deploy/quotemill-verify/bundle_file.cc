#include "deploy/quotemill-verify/bundle_file.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "deploy/references/reference_file.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
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

  bool flag(const std::string& pointer) {
    const Json* const found = find(pointer);
    if (found == nullptr || !found->is_boolean()) {
      fail(pointer);
      return false;
    }
    return found->get<bool>();
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
  out.values = std::move(reading->values);
  out.image = std::move(reading->image);
  out.file = ImportedFile{
      hash(HashAlgorithm::kSha256, content), content.size(), format, {}, {}, values_of(out).size()};
  const Json* const approved = in.find("/approved");
  if (out.image && approved != nullptr && approved->is_boolean() && approved->get<bool>()) {
    out.approved.ms = 1;  // when, tells the trail
  }
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

std::optional<std::uint32_t> read_event_number(const Json& json) {
  return json.is_number_unsigned() && json.get<std::uint64_t>() <= UINT32_MAX
             ? std::optional(json.get<std::uint32_t>())
             : std::nullopt;
}

// Where the verdict is: the appraisal's own, or one that took its place without new evidence.
std::string verdict_in(const BundleReader& in) {
  return in.find("/revision") != nullptr ? "/revision" : "/appraisal";
}

std::optional<RolloutNamed> read_rollout(BundleReader& in) {
  if (in.find("/rollout") == nullptr) {
    return std::nullopt;
  }
  return RolloutNamed{
      in.text("/rollout/name"),
      in.text("/rollout/from"),
      {in.text("/rollout/to/name"), static_cast<std::uint32_t>(in.number("/rollout/to/version"))},
      in.flag("/rollout/has_old")};
}

}  // namespace

Result<Bundle> read_bundle(const Json& json) {
  BundleReader in(json);
  const std::string format = in.text("/format");
  if (format != kFormat) {
    return Error{ErrorCode::kUnsupported, "bundle", 0,
                 "is of format '" + escaped(format, 40) + "'; this program checks " + kFormat};
  }
  const std::string verdict = verdict_in(in);
  Bundle out;
  out.host_name = in.text("/host/name");
  out.state = in.text(verdict + "/state");
  out.told_time = in.text(verdict + "/time");
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
  if (in.find(verdict + "/snapshot") != nullptr) {  // none: by decision, and not by evidence
    out.snapshot = in.array<32>(verdict + "/snapshot");
    out.fresh_from = in.moment(verdict + "/fresh_from");
  }
  out.time = in.moment(verdict + "/time");
  out.findings = in.find(verdict + "/findings");
  if (const Json* const pcrs = in.find("/pcrs")) {
    out.pcrs = read_pcrs(*pcrs);
    if (!out.pcrs) {
      in.fail("/pcrs");
    }
  }
  if (in.find("/boot_log") != nullptr) {
    out.log = in.bytes("/boot_log");
  }
  if (in.find("/boot_log_secrets") != nullptr) {
    out.secrets.emplace();
    for (const auto& number : read_list(in, "/boot_log_secrets", read_event_number)) {
      out.secrets->push_back(number.value_or(0));
    }
  }
  if (in.find("/policy") != nullptr) {
    out.policy = in.text("/policy/text");
  }
  out.baselines = read_list(in, "/baselines", read_baseline);
  out.rollout = read_rollout(in);
  for (const std::optional<AuditRecord>& act : read_list(in, "/audit", read_act)) {
    out.audit.push_back(act.value_or(AuditRecord()));
  }
  return in.error() ? Result<Bundle>(*in.error()) : Result<Bundle>(std::move(out));
}

}  // namespace quotemill::offline
