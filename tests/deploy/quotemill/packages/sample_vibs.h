// VIBs of ESXi, for the tests of their readers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/crypto/hash.h"
#include "tests/deploy/quotemill/packages/sample_archives.h"

namespace quotemill::cli::testing {

inline std::string sha256(std::string_view content) {
  return hash(HashAlgorithm::kSha256, as_bytes(content)).hex();
}

inline std::string gzip_of(const std::string& content) {
  return archive_of(archive_write_set_format_raw, archive_write_add_filter_gzip,
                    {{"content", content}});
}

// A VIB of ESXi as VMware's descriptors tell it, with payloads of these names and contents.
struct SampleVib {
  std::string name;
  std::string version;
  std::vector<std::pair<std::string, std::string>> payloads;
  std::string type = "bootbank";
  std::string level = "certified";

  [[nodiscard]] std::string id() const { return "VMware_" + type + "_" + name + "_" + version; }

  [[nodiscard]] std::string descriptor() const {
    std::string out = "<?xml version=\"1.0\"?>\n<vib version=\"5.0\"><type>" + type +
                      "</type><name>" + name + "</name><version>" + version +
                      "</version><vendor>VMware</vendor><acceptance-level>" + level +
                      "</acceptance-level><file-list><file>bin/x</file></file-list><payloads>";
    for (const auto& [payload, content] : payloads) {
      out += "<payload name=\"" + payload +
             "\" type=\"vgz\" size=\"5\"><checksum checksum-type=\"sha-256\">" +
             sha256("as shipped") +
             "</checksum><checksum checksum-type=\"sha-256\" verify-process=\"gunzip\">" +
             sha256(content) + "</checksum></payload>";
    }
    return out + "</payloads></vib>";
  }

  [[nodiscard]] std::string file() const {
    std::vector<File> files = {{"descriptor.xml", descriptor()}, {"sig.pkcs7", "signature"}};
    for (const auto& [payload, content] : payloads) {
      files.push_back({payload, gzip_of(content)});
    }
    return archive_of(archive_write_set_format_ar_svr4, archive_write_add_filter_none, files);
  }
};

}  // namespace quotemill::cli::testing
