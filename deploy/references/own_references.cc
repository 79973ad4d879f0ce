// Our own format:
//
//   {"quotemill": "references/1",
//    "values": [{"digest": "sha256:5a…", "kind": "event", "pcr": 4, "name": "shimx64.efi",
//                "version": "15.8", "vendor": "Debian", "source": "shim-signed_1.44",
//                "valid_from": "2026-06-01T00:00:00Z", "valid_until": "2027-06-01T00:00:00Z"}, …]}
//
// Only `digest` is required; kind is "digest", "event", "pcr" or "file". A name that is not UTF-8,
// as those of files may be, is "name_hex", its bytes. Unknown members are refused: one that is
// misspelt would silently mean nothing.
#include <algorithm>
#include <array>

#include "deploy/references/json_fields.h"
#include "deploy/references/readers.h"
#include "deploy/references/reference_file.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::references {
namespace {

constexpr const char* kFormatMember = "quotemill";
constexpr const char* kFormatVersion = "references/1";
constexpr std::array<std::string_view, 10> kMembers = {
    "digest",  "kind",   "pcr",    "name",       "name_hex",
    "version", "vendor", "source", "valid_from", "valid_until"};

// One value, member by member. Sticky: the first mistake stays.
class ValueReader {
 public:
  ValueReader(const Json& value, std::string at) : value_(value), at_(std::move(at)) {}

  Result<ReferenceValue> read() {
    check_members();
    ReferenceValue out;
    const Json* const digest = member(value_, "digest");
    const std::optional<Digest> known = digest != nullptr ? digest_in(*digest) : std::nullopt;
    require(known.has_value(), "/digest", "is no digest: \"sha256:<hexadecimal>\"");
    out.digest = known.value_or(Digest());
    const std::string kind = text("kind");
    const std::optional<ReferenceKind> named = reference_kind_named(kind.empty() ? "digest" : kind);
    require(named.has_value(), "/kind", "is none of digest, event, pcr, file");
    out.kind = named.value_or(ReferenceKind::kDigest);
    if (const Json* const pcr = member(value_, "pcr")) {
      require(pcr->is_number_unsigned() && *pcr < limits::kPcrCount, "/pcr", "is no PCR: 0 to 23");
      out.pcr = error_ ? std::nullopt : std::optional(pcr->get<std::uint32_t>());
    }
    out.name = file_name();
    out.version = text("version");
    out.vendor = text("vendor");
    out.source = text("source");
    out.valid_from = moment("valid_from");
    out.valid_until = moment("valid_until");
    return error_ ? Result<ReferenceValue>(*error_) : Result<ReferenceValue>(std::move(out));
  }

 private:
  void check_members() {
    for (const auto& [name, value] : value_.items()) {
      if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end()) {
        const std::string_view near = nearest(name, kMembers);
        require(false, pointer_step(name),
                near.empty() ? "is no member of a value"
                             : "is no member; did you mean '" + std::string(near) + "'?");
      }
    }
  }

  std::string text(const char* name) {
    const Json* const found = member(value_, name);
    require(found == nullptr || found->is_string(), pointer_step(name), "is no text");
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
  }

  std::string file_name() {
    const std::string written = text("name");
    const std::string in_hex = text("name_hex");
    const std::optional<Bytes> bytes = from_hex(in_hex);
    require(bytes.has_value(), "/name_hex", "is not hexadecimal");
    require(written.empty() || in_hex.empty(), "/name_hex", "stands beside a name");
    return bytes && !bytes->empty() ? std::string(as_text(*bytes)) : written;
  }

  WallTime moment(const char* name) {
    const std::string written = text(name);
    const std::optional<WallTime> moment =
        written.empty() ? std::optional(WallTime{}) : transport::parse_iso_time(written);
    require(moment.has_value(), pointer_step(name), "is no moment such as 2026-06-01T00:00:00Z");
    return moment.value_or(WallTime{});
  }

  void require(bool holds, const std::string& step, const std::string& what) {
    if (!holds && !error_) {
      error_ = wrong_at(at_ + step, what);
    }
  }

  const Json& value_;
  const std::string at_;
  std::optional<Error> error_;
};

void put(Json& out, const char* name, const std::string& text) {
  if (!text.empty()) {
    out[name] = text;
  }
}

// Whether JSON can hold it as it is.
bool is_utf8(const std::string& text) {
  const bool is_ascii = std::all_of(text.begin(), text.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return is_ascii ||
         Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore)) == text;
}

Json render(const ReferenceValue& value) {
  Json out = {{"digest", std::string(name_of(value.digest.algorithm())) + ":" + value.digest.hex()},
              {"kind", name_of(value.kind)}};
  if (value.pcr) {
    out["pcr"] = *value.pcr;
  }
  put(out, is_utf8(value.name) ? "name" : "name_hex",
      is_utf8(value.name) ? value.name : to_hex(as_bytes(value.name)));
  put(out, "version", value.version);
  put(out, "vendor", value.vendor);
  put(out, "source", value.source);
  if (value.valid_from.ms != 0) {
    out["valid_from"] = transport::iso_time(value.valid_from);
  }
  if (value.valid_until.ms != 0) {
    out["valid_until"] = transport::iso_time(value.valid_until);
  }
  return out;
}

}  // namespace

Result<void> read_own(const Json& file, ReferenceCollector& out, LeftOut& /*left_out*/) {
  const Json* const version = member(file, kFormatMember);
  if (version == nullptr || *version != kFormatVersion) {
    return wrong_at(pointer_step(kFormatMember), std::string("is not \"") + kFormatVersion + "\"");
  }
  const Result<const Json*> values = required(file, "", "values", Json::value_t::array, "list");
  if (!values) {
    return values.error();
  }
  for (std::size_t i = 0; i < (*values)->size(); ++i) {
    const std::string at = "/values" + pointer_step(i);
    const Json& each = (**values)[i];
    if (!each.is_object()) {
      return wrong_at(at, "is no object");
    }
    Result<ReferenceValue> value = ValueReader(each, at).read();
    if (!value) {
      return value.error();
    }
    if (Result<void> added = add_at(out, *std::move(value), at); !added) {
      return added;
    }
  }
  return {};
}

std::string write_own_references(const Baseline& baseline) {
  Json values = Json::array();
  for (const ReferenceValue& value : values_of(baseline)) {
    values.push_back(render(value));
  }
  const Json file = {{kFormatMember, kFormatVersion}, {"values", std::move(values)}};
  return file.dump(1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

}  // namespace quotemill::references
