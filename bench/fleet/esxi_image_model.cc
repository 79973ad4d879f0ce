#include "bench/fleet/esxi_image_model.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "bench/fleet/efi_structures.h"
#include "bench/fleet/esxi_database.h"

namespace quotemill::bench {
namespace {

constexpr std::size_t kContentSize = 96;

struct NamedFile {
  std::string_view file;
  std::string_view payload;
  std::string_view vib;
};

// In the order of a real boot.cfg.
constexpr std::array kFirst = {
    NamedFile{"b.b00", "b", "esx-base"},
    NamedFile{"jumpstrt.gz", "jumpstrt", "esx-base"},
    NamedFile{"useropts.gz", "useropts", "esx-base"},
    NamedFile{"features.gz", "features", "esx-base"},
    NamedFile{"k.b00", "k", "esx-base"},
    NamedFile{"chardevs.b00", "chardevs", "esx-base"},
    NamedFile{"user.b00", "user", "esx-base"},
    NamedFile{"procfs.b00", "procfs", "esx-base"},
    NamedFile{"vmx.v00", "vmx", "esx-base"},
    NamedFile{"vim.v00", "vim", "esx-base"},
    NamedFile{"tpm.v00", "tpm", "esx-base"},
    NamedFile{"sb.v00", "sb", "esx-base"},
    NamedFile{"s.v00", "s", "esx-base"},
    NamedFile{"i40en.v00", "i40en", "i40en"},
};

constexpr std::array kLast = {
    NamedFile{"esx_dvfi.v00", "esx-dvfilter-generic-fastpath", "esx-dvfilter-generic-fastpath"},
    NamedFile{"esx_ui.v00", "esx-ui", "esx-ui"},
    NamedFile{"esxupdt.v00", "esxupdt", "esx-update"},
    NamedFile{"tpmesxup.v00", "tpmesxup", "esx-update"},
    NamedFile{"weaselin.v00", "weaselin", "esx-update"},
    NamedFile{"loadesx.v00", "loadesx", "loadesx"},
    NamedFile{"lsuv2_nv.v00", "lsuv2-nvme", "lsuv2-nvme-pcie-plugin"},
};

Bytes content_of(std::string_view payload, const std::string& vib_title) {
  if (payload == "useropts") {
    return {'\n'};
  }
  if (payload == "features") {
    return {};
  }
  return synthetic_bytes(vib_title + "/" + std::string(payload), kContentSize);
}

std::string padded(std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

class ImageWriter {
 public:
  ImageWriter(std::uint32_t number, std::uint32_t modules) : modules_(modules) {
    image_.version = "8.0." + std::to_string(number % 4);
    image_.build = std::to_string(24280767 + number);
    image_.name = "ESXi-" + image_.version + "-" + image_.build + "-standard";
  }

  EsxiImageModel run() {
    for (const NamedFile& file : kFirst) {
      add(file.file, file.payload, file.vib);
    }
    const std::uint32_t fixed = static_cast<std::uint32_t>(kFirst.size() + kLast.size());
    for (std::uint32_t i = 0; i + fixed < modules_; ++i) {
      const std::string driver = "drv" + padded(i);
      add(driver + ".v00", driver, "driver-" + padded(i));
    }
    for (const NamedFile& file : kLast) {
      add(file.file, file.payload, file.vib);
    }
    return std::move(image_);
  }

 private:
  void add(std::string_view name, std::string_view payload, std::string_view vib) {
    EsxiBootFile& file = image_.files.emplace_back();
    file.name = name;
    file.payload = payload;
    file.vib = vib;
    // Drivers stay what they are over a release; VMware's own VIBs are of the build.
    const bool is_of_build = vib.substr(0, 3) == "esx" || vib == "loadesx";
    file.vib_version =
        is_of_build ? image_.version + "-0.0." + image_.build : "1.0.0-1OEM." + image_.version;
    file.content = content_of(payload, file.vib + " " + file.vib_version);
  }

  std::uint32_t modules_;
  EsxiImageModel image_;
};

}  // namespace

EsxiImageModel esxi_image(std::uint32_t number, std::uint32_t modules) {
  EsxiImageModel image = ImageWriter(number, modules).run();
  image.database = esxi_image_database(image);
  return image;
}

}  // namespace quotemill::bench
