// IMA lists as the kernel writes them, for tests.
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"

namespace quotemill::testing {

// d-ng | n-ng of "ima-ng", by the kernel's documentation.
inline Bytes ng_data(ByteView digest, std::string_view file) {
  ByteWriter out;
  out.u32_le(static_cast<std::uint32_t>(8 + digest.size()));
  out.bytes(as_bytes(std::string_view("sha256:\0", 8))).bytes(digest);
  out.u32_le(static_cast<std::uint32_t>(file.size() + 1)).bytes(as_bytes(file)).u8(0);
  return out.take();
}

inline Bytes binary_entry(std::uint32_t pcr, ByteView template_hash, std::string_view name,
                          ByteView data) {
  ByteWriter out;
  out.u32_le(pcr).bytes(template_hash).sized32_le(as_bytes(name)).sized32_le(data);
  return out.take();
}

inline Bytes ng_entry(std::string_view file, std::uint32_t pcr = kImaPcr) {
  const Bytes data = ng_data(Bytes(32, 0xAB), file);
  return binary_entry(pcr, hash(HashAlgorithm::kSha1, data).view(), "ima-ng", data);
}

// One field of any template but "ima": a length and a value.
inline Bytes field(ByteView value) {
  ByteWriter out;
  return out.sized32_le(value).take();
}

inline Bytes text_field(std::string_view text) {
  ByteWriter value;
  value.bytes(as_bytes(text)).u8(0);
  return field(value.view());
}

// "sha256:", zero, digest.
inline Bytes digest_field(std::string_view algorithm, ByteView digest) {
  ByteWriter value;
  value.bytes(as_bytes(algorithm)).u8(':').u8(0).bytes(digest);
  return field(value.view());
}

// An entry for PCR 10 with the SHA-1 hash of its data.
inline Bytes measured_entry(std::string_view name, ByteView data) {
  return binary_entry(kImaPcr, hash(HashAlgorithm::kSha1, data).view(), name, data);
}

inline Bytes joined(const std::vector<Bytes>& parts) {
  ByteWriter out;
  for (const Bytes& part : parts) {
    out.bytes(part);
  }
  return out.take();
}

}  // namespace quotemill::testing
