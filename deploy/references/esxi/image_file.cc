#include "deploy/references/esxi/image_file.h"

#include <algorithm>
#include <array>
#include <set>

#include "deploy/references/json_fields.h"
#include "engine/base/text.h"
#include "engine/esxi/image/limits.h"

namespace quotemill::references {
namespace {

// One object's members, one by one. Sticky: the first mistake stays.
class Fields {
 public:
  Fields(const Json& object, std::string at) : object_(object), at_(std::move(at)) {
    require(object_.is_object(), "", "is no object");
  }

  void only(std::initializer_list<std::string_view> members) {
    if (error_) {
      return;
    }
    for (const auto& [name, value] : object_.items()) {
      if (std::find(members.begin(), members.end(), name) == members.end()) {
        const std::string_view near = nearest(name, members);
        require(false, pointer_step(name),
                near.empty() ? "is no member"
                             : "is no member; did you mean '" + std::string(near) + "'?");
      }
    }
  }

  std::string text(const char* name) {
    const Json* const found = find(name, true);
    const bool is_text = found != nullptr && found->is_string();
    require(is_text, pointer_step(name), "is no text");
    return is_text ? found->get<std::string>() : std::string();
  }

  std::string text_or_none(const char* name) {
    return find(name, false) == nullptr ? std::string() : text(name);
  }

  Digest digest(const char* name) {
    const Json* const found = find(name, true);
    const std::optional<Digest> digest = found == nullptr ? std::nullopt : digest_in(*found);
    require(digest && digest->algorithm() == HashAlgorithm::kSha256, pointer_step(name),
            "is no SHA-256: \"sha256:<hexadecimal>\"");
    return digest.value_or(Digest());
  }

  // The list's elements; none after a mistake.
  const Json& list(const char* name) {
    static const Json kNone = Json::array();
    const Json* const found = find(name, true);
    require(found != nullptr && found->is_array(), pointer_step(name), "is no list");
    return error_ ? kNone : *found;
  }

  [[nodiscard]] bool has(const char* name) { return find(name, false) != nullptr; }

  [[nodiscard]] std::string at(const char* name, std::size_t index) const {
    return at_ + pointer_step(name) + pointer_step(index);
  }

  void require(bool holds, const std::string& step, const std::string& what) {
    if (!holds && !error_) {
      error_ = wrong_at(at_ + step, what);
    }
  }

  void fail(const Error& error) {
    if (!error_) {
      error_ = error;
    }
  }

  template <class T>
  Result<T> finish(T value) {
    return error_ ? Result<T>(*error_) : Result<T>(std::move(value));
  }

 private:
  const Json* find(const char* name, bool is_required) {
    if (error_) {
      return nullptr;
    }
    const Json* const found = member(object_, name);
    require(found != nullptr || !is_required, "", std::string("has no '") + name + "'");
    return found;
  }

  const Json& object_;
  const std::string at_;
  std::optional<Error> error_;
};

Result<VibPayload> read_payload(const Json& json, const std::string& at) {
  Fields in(json, at);
  in.only({"name", "boot_file", "digest"});
  VibPayload out;
  out.name = in.text("name");
  out.boot_file = in.text_or_none("boot_file");
  out.digest = in.digest("digest");
  return in.finish(std::move(out));
}

Result<Vib> read_vib(const Json& json, const std::string& at) {
  Fields in(json, at);
  in.only({"name", "version", "vendor", "acceptance", "payloads"});
  Vib out;
  out.name = in.text("name");
  out.version = in.text("version");
  out.vendor = in.text("vendor");
  const auto level = acceptance_level_named(in.text("acceptance"));
  in.require(level.has_value(), "/acceptance",
             "is none of unknown, community, partner, accepted, certified");
  out.acceptance = level.value_or(AcceptanceLevel::kUnknown);
  const Json& payloads = in.list("payloads");
  for (std::size_t i = 0; i < payloads.size() && i <= limits::kEsxiPayloadsMax; ++i) {
    Result<VibPayload> payload = read_payload(payloads[i], in.at("payloads", i));
    if (!payload) {
      in.fail(payload.error());
      break;
    }
    out.payloads.push_back(*std::move(payload));
  }
  return in.finish(std::move(out));
}

Error refused(ErrorCode code, const Vib* vib, const std::string& what) {
  return {code, "image", 0, vib == nullptr ? what : "VIB " + title_of(*vib) + " " + what};
}

bool is_text(std::string_view text) {
  return !text.empty() && text.size() <= limits::kEsxiTextSizeMax;
}

Result<void> check_payloads(const Vib& vib, std::set<std::string_view>& boot_files) {
  std::set<std::string_view> names;
  for (const VibPayload& payload : vib.payloads) {
    if (!is_text(payload.name) || payload.boot_file.size() > limits::kEsxiTextSizeMax) {
      return refused(ErrorCode::kMalformed, &vib, "has a payload without a name, or a long one");
    }
    if (!names.insert(payload.name).second) {
      return refused(ErrorCode::kConflict, &vib,
                     "has payload " + escaped(payload.name, 64) + " twice");
    }
    if (!payload.boot_file.empty() && !boot_files.insert(payload.boot_file).second) {
      return refused(ErrorCode::kConflict, &vib,
                     "boots " + escaped(payload.boot_file, 64) + ", and so does another payload");
    }
    if (payload.digest.is_filled_with(0)) {
      return refused(ErrorCode::kMalformed, &vib, "has a payload with a digest of zeros");
    }
  }
  return {};
}

Json render(const Vib& vib) {
  Json payloads = Json::array();
  for (const VibPayload& payload : vib.payloads) {
    Json out = {{"name", payload.name}, {"digest", "sha256:" + payload.digest.hex()}};
    if (!payload.boot_file.empty()) {
      out["boot_file"] = payload.boot_file;
    }
    payloads.push_back(std::move(out));
  }
  return {{"name", vib.name},
          {"version", vib.version},
          {"vendor", vib.vendor},
          {"acceptance", name_of(vib.acceptance)},
          {"payloads", std::move(payloads)}};
}

}  // namespace

Result<void> check_image(const BaseImage& image) {
  if (!is_text(image.name) || image.vendor.size() > limits::kEsxiTextSizeMax) {
    return refused(ErrorCode::kMalformed, nullptr, "has no name, or a long one");
  }
  if (image.vibs.empty() || image.vibs.size() > limits::kEsxiVibsMax) {
    return refused(image.vibs.empty() ? ErrorCode::kMalformed : ErrorCode::kTooLarge, nullptr,
                   "has " + std::to_string(image.vibs.size()) + " VIBs");
  }
  std::size_t payloads = 0;
  std::set<std::string_view> names;
  std::set<std::string_view> boot_files;
  for (const Vib& vib : image.vibs) {
    if (!is_text(vib.name) || !is_text(vib.version) ||
        vib.vendor.size() > limits::kEsxiTextSizeMax) {
      return refused(ErrorCode::kMalformed, nullptr, "has a VIB without name or version");
    }
    if (!names.insert(vib.name).second) {
      return refused(ErrorCode::kConflict, &vib, "is there in two versions");
    }
    if (Result<void> checked = check_payloads(vib, boot_files); !checked) {
      return checked;
    }
    payloads += vib.payloads.size();
  }
  return payloads != 0 && payloads <= limits::kEsxiPayloadsMax
             ? Result<void>()
             : refused(payloads == 0 ? ErrorCode::kMalformed : ErrorCode::kTooLarge, nullptr,
                       "has " + std::to_string(payloads) + " payloads");
}

Result<BaseImage> read_image_file(const Json& file) {
  Fields in(file, "");
  in.only({"quotemill", "name", "vendor", "database", "vibs"});
  in.require(in.text("quotemill") == kImageFileVersion, "/quotemill",
             std::string("is not \"") + kImageFileVersion + "\"");
  BaseImage out;
  out.name = in.text("name");
  out.vendor = in.text("vendor");
  if (in.has("database")) {
    out.database = in.digest("database");
  }
  const Json& vibs = in.list("vibs");
  for (std::size_t i = 0; i < vibs.size() && i <= limits::kEsxiVibsMax; ++i) {
    Result<Vib> vib = read_vib(vibs[i], in.at("vibs", i));
    if (!vib) {
      return vib.error();
    }
    out.vibs.push_back(*std::move(vib));
  }
  Result<BaseImage> image = in.finish(std::move(out));
  if (!image) {
    return image;
  }
  if (Result<void> checked = check_image(*image); !checked) {
    return checked.error();
  }
  derive_from_vibs(*image);
  return image;
}

std::string write_image_file(const BaseImage& image) {
  Json vibs = Json::array();
  for (const Vib& vib : image.vibs) {
    vibs.push_back(render(vib));
  }
  Json file = {{"quotemill", kImageFileVersion},
               {"name", image.name},
               {"vendor", image.vendor},
               {"vibs", std::move(vibs)}};
  if (image.database) {
    file["database"] = "sha256:" + image.database->hex();
  }
  return file.dump(1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

}  // namespace quotemill::references
