// Simulated ESXi base images: VIBs, and the boot files that they bring, in boot order.
//
// Names are those of real hosts as far as public sources show them; contents are derived from a
// VIB's name and version, so that images share what their VIBs share. The same number gives the
// same image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"

namespace quotemill::bench {

struct EsxiBootFile {
  std::string name;     // "vmx.v00"
  std::string payload;  // "vmx"
  std::string vib;      // "esx-base"; empty of what belongs to the host alone
  std::string vib_version;
  Bytes content;  // after gunzip
};

struct EsxiImageModel {
  std::string name;                 // "ESXi-8.0.3-24280767-standard"
  std::string version;              // "8.0.3"
  std::string build;                // "24280767"
  std::vector<EsxiBootFile> files;  // the kernel first; without imgdb.tgz and state.tgz
  Bytes database;                   // imgdb.tgz after gunzip
};

inline constexpr std::uint32_t kEsxiModules = 150;

// Of image `number`. REQUIRES: modules >= 24
EsxiImageModel esxi_image(std::uint32_t number, std::uint32_t modules = kEsxiModules);

}  // namespace quotemill::bench
