// What VMware's XML says of a VIB (descriptor.xml) and of an image profile, as values; and an image
// put together from both.
//
// The forms were taken from public samples; where they differ by release, what is not known is
// passed over. Nothing of it is authenticated here: whoever imports a file trusts where it is from.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/esxi/image/base_image.h"

namespace quotemill::references {

struct VibDescriptor {
  Vib vib;         // without boot files: the profile has them
  std::string id;  // "VMware_bootbank_esx-base_8.0.3-0.35.24280767"
  // Payloads without a SHA-256 of their content after gunzip: nothing that is measured can be found
  // by them.
  std::vector<std::string> without_digest;
  // "bootbank", or "locker" for what is installed beside the boot files and never booted.
  std::string type;
};

// <vib>: kMalformed or kTooLarge with what is missing or odd. Pure.
Result<VibDescriptor> read_vib_descriptor(std::string_view xml);

struct ProfileVib {
  std::string id;
  std::vector<std::pair<std::string, std::string>> boot_files;  // by payload
};

struct ImageProfile {
  std::string name;
  std::string creator;
  std::vector<ProfileVib> vibs;
};

// <imageprofile>: likewise.
Result<ImageProfile> read_image_profile(std::string_view xml);

// The profile's image of these VIBs, in the order of their names. kNotFound for a VIB that is not
// there; kMalformed for a payload with a boot file and no digest; and the errors of check_image().
// `left_out` gets, in words, what of the descriptors is not in the image.
Result<BaseImage> image_of(const ImageProfile& profile, const std::vector<VibDescriptor>& vibs,
                           std::vector<std::string>& left_out);

// VIBs without a profile, as a set of this name: hosts may have them beside an image.
Result<BaseImage> vib_set_of(const std::string& name, const std::vector<VibDescriptor>& vibs,
                             std::vector<std::string>& left_out);

}  // namespace quotemill::references
