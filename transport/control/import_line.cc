#include "transport/control/import_line.h"

#include <array>
#include <optional>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "transport/socket/curve.h"

namespace quotemill::transport {
namespace {

constexpr std::array<std::string_view, 6> kFields = {"name",      "ak_public",      "curve_key",
                                                     "ek_public", "ek_certificate", "uid"};

// The fields of one line, read by name. Sticky: the first mistake stays.
class LineReader {
 public:
  explicit LineReader(const Json& line) : line_(line) {}

  std::string text(const char* field, bool is_required) {
    const auto found = line_.find(field);
    if (found == line_.end() || found->is_null()) {
      if (is_required) {
        fail(field, "is missing");
      }
      return {};
    }
    if (!found->is_string()) {
      fail(field, "is no text");
      return {};
    }
    return found->get<std::string>();
  }

  Bytes hex(const char* field, std::size_t size_max, bool is_required) {
    const std::string digits = text(field, is_required);
    std::optional<Bytes> bytes = from_hex(digits);
    if (!bytes) {
      fail(field, "is no even number of hexadecimal digits, such as 'xxd -p -c0 FILE' prints");
      return {};
    }
    if (bytes->size() > size_max) {
      fail(field, "is longer than " + std::to_string(size_max) + " bytes");
    }
    return *std::move(bytes);
  }

  void fail(std::string_view field, const std::string& what) {
    if (!error_) {
      error_ = Error{ErrorCode::kConfig, "", 0, std::string(field) + " " + what};
    }
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const Json& line_;
  std::optional<Error> error_;
};

void check_fields(const Json& line, LineReader& in) {
  for (const auto& [field, value] : line.items()) {
    bool is_known = false;
    for (const std::string_view known : kFields) {
      is_known = is_known || known == field;
    }
    if (!is_known) {
      const std::string_view near = nearest(field, kFields);
      in.fail(escaped(field, 40), near.empty()
                                      ? "is no field of a host"
                                      : "is no field; did you mean " + std::string(near) + "?");
    }
  }
}

}  // namespace

Result<ImportedIdentity> read_import(const Json& line) {
  if (!line.is_object()) {
    return Error{ErrorCode::kConfig, "", 0,
                 "is no JSON object; a host is {\"name\": ...} in one line"};
  }
  LineReader in(line);
  check_fields(line, in);
  ImportedIdentity identity;
  identity.name = in.text("name", true);
  identity.ak_public = in.hex("ak_public", limits::kPublicSizeMax + 2, true);
  const std::optional<CurveKey> curve_key = from_z85(in.text("curve_key", true));
  if (!curve_key) {
    in.fail("curve_key", "is no CURVE public key: 40 characters of Z85, as key files have it");
  }
  identity.curve_key = curve_key.value_or(CurveKey{});
  identity.ek_public = in.hex("ek_public", limits::kPublicSizeMax + 2, false);
  identity.ek_certificate = in.hex("ek_certificate", limits::kCertificateSizeMax, false);
  if (const std::string uid = in.text("uid", false); !uid.empty()) {
    identity.uid = HostUid::from_hex(uid);
    if (!identity.uid) {
      in.fail("uid", "is no 32 hexadecimal digits; leave it out, and one is chosen");
    }
  }
  if (in.error()) {
    return *in.error();
  }
  return identity;
}

Json render_import(const ImportedIdentity& identity) {
  Json line = {{"name", identity.name},
               {"ak_public", to_hex(identity.ak_public)},
               {"curve_key", to_z85(identity.curve_key)}};
  if (!identity.ek_public.empty()) {
    line["ek_public"] = to_hex(identity.ek_public);
  }
  if (!identity.ek_certificate.empty()) {
    line["ek_certificate"] = to_hex(identity.ek_certificate);
  }
  if (identity.uid) {
    line["uid"] = identity.uid->hex();
  }
  return line;
}

}  // namespace quotemill::transport
