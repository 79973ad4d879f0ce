// Images, and hosts that booted them, for the tests of software inference.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/crypto/hash.h"
#include "engine/esxi/image/software.h"

namespace quotemill::testing {

inline Digest digest_of(std::string_view content) {
  return hash(HashAlgorithm::kSha256, as_bytes(content));
}

// A payload whose content is its VIB's name and version and its own name: other versions have other
// contents.
inline VibPayload payload_of(const Vib& vib, const std::string& name,
                             const std::string& boot_file) {
  return {name, boot_file, digest_of(vib.name + vib.version + name)};
}

inline Vib vib_of(const std::string& name, const std::string& version,
                  const std::vector<std::string>& boot_files) {
  Vib vib{name, version, "VMware", AcceptanceLevel::kCertified, {}};
  for (const std::string& file : boot_files) {
    vib.payloads.push_back(payload_of(vib, file.substr(0, file.find('.')), file));
  }
  return vib;
}

// esx-base and a driver of its own version.
inline BaseImage image_of(const std::string& name, const std::string& esx_version,
                          const std::string& driver_version) {
  BaseImage image;
  image.name = name;
  image.vendor = "VMware, Inc.";
  image.vibs = {vib_of("esx-base", esx_version, {"b.b00", "k.b00", "vmx.v00", "jumpstrt.gz"}),
                vib_of("i40en", driver_version, {"i40en.v00"})};
  derive_from_vibs(image);
  image.database = digest_of("database of " + name);
  return image;
}

inline BaseImage image_803() {
  return image_of("ESXi-8.0U3-24280767-standard", "8.0.3-0.35.24280767", "1.2.3");
}

inline BaseImage image_802() {
  return image_of("ESXi-8.0U2-22380479-standard", "8.0.2-0.0.22380479", "1.2.2");
}

inline std::shared_ptr<const ImageIndex> index_of(const std::vector<BaseImage>& approved,
                                                  const std::vector<BaseImage>& known = {}) {
  std::vector<KnownImage> images;
  for (const BaseImage& image : approved) {
    images.push_back({std::make_shared<const BaseImage>(image), true});
  }
  for (const BaseImage& image : known) {
    images.push_back({std::make_shared<const BaseImage>(image), false});
  }
  return std::make_shared<const ImageIndex>(std::move(images));
}

// A host's modules; owns the names that the views are of.
class Boot {
 public:
  explicit Boot(const BaseImage& image) {
    for (const Vib& vib : image.vibs) {
      for (const VibPayload& payload : vib.payloads) {
        add(payload.boot_file, payload.digest);
      }
    }
    add("imgdb.tgz", image.database.value_or(Digest()));
    add("state.tgz", digest_of("configuration"));
  }

  // In front of those of the host alone.
  Boot& insert(const std::string& name, const Digest& digest) {
    modules_.insert(modules_.end() - 2, {name, digest});
    return *this;
  }

  Boot& add(const std::string& name, const Digest& digest) {
    modules_.push_back({name, digest});
    return *this;
  }

  Boot& remove(const std::string& name) {
    std::erase_if(modules_, [&](const Module& module) { return module.name == name; });
    return *this;
  }

  Boot& change(const std::string& name, const Digest& digest) {
    for (Module& module : modules_) {
      module.digest = module.name == name ? digest : module.digest;
    }
    return *this;
  }

  Boot& rename(const std::string& name, const std::string& to) {
    for (Module& module : modules_) {
      module.name = module.name == name ? to : module.name;
    }
    return *this;
  }

  // Borrows.
  [[nodiscard]] std::vector<MeasuredModule> modules() const {
    std::vector<MeasuredModule> out;
    for (const Module& module : modules_) {
      out.push_back({module.name, module.digest, module.name.ends_with(".gz"),
                     static_cast<std::uint32_t>(out.size()) + 40});
    }
    return out;
  }

 private:
  struct Module {
    std::string name;
    Digest digest;
  };

  std::vector<Module> modules_;
};

inline SoftwareReport infer(const ImageIndex& index, const Boot& boot,
                            std::string_view version_record = "8.0.3-24280767",
                            std::string_view system_version = {}) {
  const std::vector<MeasuredModule> modules = boot.modules();
  return infer_software(index, {modules, version_record, system_version});
}

}  // namespace quotemill::testing
