#include "deploy/references/esxi/descriptors.h"

#include <algorithm>
#include <map>

#include "deploy/references/esxi/image_file.h"
#include "deploy/xml/xml_element.h"
#include "engine/base/text.h"
#include "engine/esxi/image/limits.h"

namespace quotemill::references {
namespace {

Error refused(ErrorCode code, std::string detail) {
  return {code, "descriptor", 0, std::move(detail)};
}

Result<XmlElement> read_root(std::string_view xml, std::string_view name) {
  XmlLimits limits;
  limits.size = limits::kEsxiDescriptorSizeMax;
  Result<XmlElement> root = parse_xml(xml, limits);
  if (root && root->name != name) {
    return refused(ErrorCode::kMalformed,
                   "is <" + escaped(root->name, 40) + ">, not <" + std::string(name) + ">");
  }
  return root;
}

// The element's text, which must be there.
Result<std::string> required(const XmlElement& root, const char* name) {
  const std::string_view text = root.text_of(name);
  if (text.empty() || text.size() > limits::kEsxiTextSizeMax) {
    return refused(ErrorCode::kMalformed,
                   std::string("has no <") + name + ">, or one that is too long");
  }
  return std::string(text);
}

Result<std::optional<Digest>> measured_digest(const XmlElement& payload) {
  std::optional<Digest> found;
  for (const XmlElement& checksum : payload.children) {
    if (checksum.name != "checksum" || checksum.attribute("checksum-type") != "sha-256" ||
        checksum.attribute("verify-process") != "gunzip") {
      continue;
    }
    const std::optional<Bytes> bytes = from_hex(trimmed(checksum.text));
    const auto digest = bytes ? Digest::from(HashAlgorithm::kSha256, *bytes) : std::nullopt;
    if (!digest || (found && found != digest)) {
      return refused(ErrorCode::kMalformed, digest ? "has a payload with two checksums of one kind"
                                                   : "has a checksum that is no SHA-256");
    }
    found = digest;
  }
  return found;
}

Result<void> read_payloads(const XmlElement& root, VibDescriptor& out) {
  const XmlElement* const payloads = root.child("payloads");
  if (payloads == nullptr) {
    return {};
  }
  for (const XmlElement& payload : payloads->children) {
    if (payload.name != "payload") {
      continue;
    }
    const std::string name(payload.attribute("name"));
    const Result<std::optional<Digest>> digest = measured_digest(payload);
    if (!digest) {
      return digest.error();
    }
    if (name.empty() || name.size() > limits::kEsxiTextSizeMax ||
        out.vib.payloads.size() == limits::kEsxiPayloadsMax) {
      return refused(ErrorCode::kMalformed, "has a payload without a name, or too many");
    }
    if (*digest) {
      out.vib.payloads.push_back({name, {}, **digest});
    } else {
      out.without_digest.push_back(name);
    }
  }
  return {};
}

// The word that a descriptor has: "certified", in older ones "VMwareCertified".
AcceptanceLevel level_of(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char letter) {
    return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
  });
  for (const auto& [old, level] : {std::pair{"vmwarecertified", AcceptanceLevel::kCertified},
                                   std::pair{"vmwareaccepted", AcceptanceLevel::kAccepted},
                                   std::pair{"partnersupported", AcceptanceLevel::kPartner},
                                   std::pair{"communitysupported", AcceptanceLevel::kCommunity}}) {
    if (lower == old) {
      return level;
    }
  }
  return acceptance_level_named(lower).value_or(AcceptanceLevel::kUnknown);
}

Result<ProfileVib> read_profile_vib(const XmlElement& element) {
  Result<std::string> id = required(element, "vib-id");
  if (!id) {
    return id.error();
  }
  ProfileVib out{*std::move(id), {}};
  const XmlElement* const payloads = element.child("payloads");
  for (std::size_t i = 0; payloads != nullptr && i < payloads->children.size(); ++i) {
    const XmlElement& payload = payloads->children[i];
    const std::string_view file = trimmed(payload.text);
    if (payload.name != "payload" || file.empty()) {
      continue;
    }
    if (file.size() > limits::kEsxiTextSizeMax || file.find('/') != std::string_view::npos) {
      return refused(ErrorCode::kMalformed, "has an odd boot file: " + escaped(file, 64));
    }
    out.boot_files.emplace_back(payload.attribute("payload-name"), file);
  }
  return out;
}

void note_left_out(const VibDescriptor& from, std::vector<std::string>& left_out) {
  for (const std::string& payload : from.without_digest) {
    left_out.push_back("payload " + escaped(payload, 64) + " of VIB " + title_of(from.vib) +
                       ": it has no SHA-256 of its content after gunzip");
  }
}

// The VIB with the names that its payloads are booted under.
Result<Vib> booted(const VibDescriptor& from, const ProfileVib& profile) {
  Vib out = from.vib;
  for (const auto& [payload, file] : profile.boot_files) {
    const auto found = std::find_if(out.payloads.begin(), out.payloads.end(),
                                    [&](const VibPayload& each) { return each.name == payload; });
    if (found == out.payloads.end()) {
      return refused(
          ErrorCode::kMalformed,
          "VIB " + title_of(from.vib) + " has no digest of what is booted as " + escaped(file, 64));
    }
    if (from.type != "locker") {
      found->boot_file = file;
    }
  }
  return out;
}

// Payloads that nothing can be found by are no image, and the bound of an image would only say that
// there are none.
Result<void> check_known(const BaseImage& image, const std::vector<std::string>& left_out) {
  const bool is_any = std::any_of(image.vibs.begin(), image.vibs.end(),
                                  [](const Vib& vib) { return !vib.payloads.empty(); });
  return is_any || left_out.empty()
             ? Result<void>()
             : Result<void>(
                   refused(ErrorCode::kMalformed,
                           "nothing that a host boots could be known by it: " + left_out.front() +
                               ", which VIBs that ESXi 8 installs have"));
}

Result<BaseImage> finish(BaseImage image, const std::vector<std::string>& left_out) {
  if (Result<void> known = check_known(image, left_out); !known) {
    return known.error();
  }
  std::sort(image.vibs.begin(), image.vibs.end(), [](const Vib& left, const Vib& right) {
    return std::pair(left.name, left.version) < std::pair(right.name, right.version);
  });
  if (Result<void> checked = check_image(image); !checked) {
    return checked.error();
  }
  derive_from_vibs(image);
  return image;
}

}  // namespace

Result<VibDescriptor> read_vib_descriptor(std::string_view xml) {
  const Result<XmlElement> root = read_root(xml, "vib");
  if (!root) {
    return root.error();
  }
  VibDescriptor out;
  for (const auto& [field, name] :
       {std::pair{&out.vib.name, "name"}, std::pair{&out.vib.version, "version"},
        std::pair{&out.vib.vendor, "vendor"}, std::pair{&out.type, "type"}}) {
    Result<std::string> text = required(*root, name);
    if (!text) {
      return text.error();
    }
    *field = *std::move(text);
  }
  out.vib.acceptance = level_of(root->text_of("acceptance-level"));
  out.id = out.vib.vendor + "_" + out.type + "_" + out.vib.name + "_" + out.vib.version;
  const Result<void> read = read_payloads(*root, out);
  return read ? Result<VibDescriptor>(std::move(out)) : read.error();
}

Result<ImageProfile> read_image_profile(std::string_view xml) {
  const Result<XmlElement> root = read_root(xml, "imageprofile");
  Result<std::string> name = root ? required(*root, "name") : root.error();
  if (!name) {
    return name.error();
  }
  ImageProfile out{*std::move(name), std::string(root->text_of("creator")), {}};
  out.creator.resize(std::min(out.creator.size(), limits::kEsxiTextSizeMax));
  const XmlElement* const list = root->child("viblist");
  for (std::size_t i = 0; list != nullptr && i < list->children.size(); ++i) {
    if (list->children[i].name != "vib") {
      continue;
    }
    Result<ProfileVib> vib = read_profile_vib(list->children[i]);
    if (!vib) {
      return vib.error();
    }
    out.vibs.push_back(*std::move(vib));
  }
  return out.vibs.empty() || out.vibs.size() > limits::kEsxiVibsMax
             ? Result<ImageProfile>(refused(ErrorCode::kMalformed, "names no VIB, or too many"))
             : Result<ImageProfile>(std::move(out));
}

Result<BaseImage> image_of(const ImageProfile& profile, const std::vector<VibDescriptor>& vibs,
                           std::vector<std::string>& left_out) {
  std::map<std::string_view, const VibDescriptor*> by_id;
  for (const VibDescriptor& vib : vibs) {
    by_id.emplace(vib.id, &vib);
  }
  BaseImage image;
  image.name = profile.name;
  image.vendor = profile.creator;
  for (const ProfileVib& wanted : profile.vibs) {
    const auto found = by_id.find(wanted.id);
    if (found == by_id.end()) {
      return refused(ErrorCode::kNotFound, "profile " + escaped(profile.name, 100) + " names VIB " +
                                               escaped(wanted.id, 100) + ", which is not there");
    }
    Result<Vib> vib = booted(*found->second, wanted);
    if (!vib) {
      return vib.error();
    }
    note_left_out(*found->second, left_out);
    image.vibs.push_back(*std::move(vib));
  }
  return finish(std::move(image), left_out);
}

Result<BaseImage> vib_set_of(const std::string& name, const std::vector<VibDescriptor>& vibs,
                             std::vector<std::string>& left_out) {
  BaseImage image;
  image.name = name;
  for (const VibDescriptor& from : vibs) {
    note_left_out(from, left_out);
    image.vibs.push_back(from.vib);
    image.vendor = vibs.size() == 1 ? from.vib.vendor : std::string();
  }
  return finish(std::move(image), left_out);
}

}  // namespace quotemill::references
