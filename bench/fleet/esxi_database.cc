#include "bench/fleet/esxi_database.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "engine/crypto/hash.h"

namespace quotemill::bench {
namespace {

constexpr std::size_t kBlock = 512;  // of a tar (POSIX.1-1988, ustar)

// The files of one VIB.
using Vib = std::vector<const EsxiBootFile*>;

std::vector<Vib> vibs_of(const EsxiImageModel& image) {
  std::vector<Vib> vibs;
  for (const EsxiBootFile& file : image.files) {
    if (file.vib.empty()) {
      continue;
    }
    const auto same = std::find_if(vibs.begin(), vibs.end(),
                                   [&](const Vib& vib) { return vib.front()->vib == file.vib; });
    (same == vibs.end() ? vibs.emplace_back() : *same).push_back(&file);
  }
  return vibs;
}

std::string id_of(const Vib& vib) {
  return "VMware_bootbank_" + vib.front()->vib + "_" + vib.front()->vib_version;
}

std::string descriptor_of(const Vib& vib) {
  std::string out = "<vib version=\"5.0\"><type>bootbank</type><name>" + vib.front()->vib +
                    "</name><version>" + vib.front()->vib_version +
                    "</version><vendor>VMware</vendor>"
                    "<acceptance-level>certified</acceptance-level><payloads>";
  for (const EsxiBootFile* const file : vib) {
    out += "<payload name=\"" + file->payload +
           "\" type=\"vgz\"><checksum checksum-type=\"sha-256\" verify-process=\"gunzip\">" +
           hash(HashAlgorithm::kSha256, file->content).hex() + "</checksum></payload>";
  }
  return out + "</payloads></vib>";
}

std::string profile_of(const EsxiImageModel& image, const std::vector<Vib>& vibs) {
  std::string out =
      "<imageprofile><name>" + image.name + "</name><creator>VMware, Inc.</creator><viblist>";
  for (const Vib& vib : vibs) {
    out += "<vib><vib-id>" + id_of(vib) + "</vib-id><payloads>";
    for (const EsxiBootFile* const file : vib) {
      out += "<payload payload-name=\"" + file->payload + "\">" + file->name + "</payload>";
    }
    out += "</payloads></vib>";
  }
  return out + "</viblist></imageprofile>";
}

std::string octal(std::size_t number, std::size_t digits) {
  std::string out(digits, '0');
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit, number /= 8) {
    *digit = static_cast<char>('0' + number % 8);
  }
  return out;
}

// One file in a tar: its head, and its content up to the next block.
std::string tar_entry(std::string path, const std::string& content) {
  constexpr std::size_t kChecksumAt = 148;
  path.resize(100);
  std::string head = path + octal(0644, 7) + '\0' + octal(0, 7) + '\0' + octal(0, 7) + '\0' +
                     octal(content.size(), 11) + '\0' + octal(0, 11) + '\0' + "        " + '0';
  head.resize(257);
  head += std::string("ustar\0", 6) + "00";
  head.resize(kBlock);
  const std::size_t sum = std::accumulate(
      head.begin(), head.end(), std::size_t{0},
      [](std::size_t total, char byte) { return total + static_cast<std::uint8_t>(byte); });
  head.replace(kChecksumAt, 8, octal(sum, 6) + std::string("\0 ", 2));
  std::string out = head + content;
  out.resize((out.size() + kBlock - 1) / kBlock * kBlock);
  return out;
}

}  // namespace

Bytes esxi_image_database(const EsxiImageModel& image) {
  const std::vector<Vib> vibs = vibs_of(image);
  std::string tar;
  for (const Vib& vib : vibs) {
    tar += tar_entry("var/db/esximg/vibs/" + vib.front()->vib + ".xml", descriptor_of(vib));
  }
  tar += tar_entry("var/db/esximg/profiles/" + image.name, profile_of(image, vibs));
  tar.resize(tar.size() + 2 * kBlock);
  return to_bytes(as_bytes(tar));
}

}  // namespace quotemill::bench
