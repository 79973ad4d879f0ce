#include "bench/workload/ima_list.h"

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"

namespace quotemill::bench {

std::string ima_path(std::size_t number) {
  return "/usr/lib/x86_64-linux-gnu/libexample-" + std::to_string(number) + ".so";
}

Digest ima_file(std::size_t number) {
  return hash(HashAlgorithm::kSha256, as_bytes(ima_path(number)));
}

Bytes ima_template_data(std::size_t number) {
  const std::string path = ima_path(number);
  const Digest file = ima_file(number);
  const std::string_view algorithm("sha256:\0", 8);
  ByteWriter out;
  out.u32_le(static_cast<std::uint32_t>(algorithm.size() + file.view().size()));
  out.bytes(as_bytes(algorithm)).bytes(file.view());
  out.u32_le(static_cast<std::uint32_t>(path.size() + 1)).bytes(as_bytes(path)).u8(0);
  return out.take();
}

Bytes ima_list(std::size_t count) {
  ByteWriter out;
  for (std::size_t number = 0; number < count; ++number) {
    const Bytes data = ima_template_data(number);
    out.u32_le(kImaPcr).bytes(hash(HashAlgorithm::kSha1, data).view());
    out.sized32_le(as_bytes("ima-ng")).sized32_le(data);
  }
  return out.take();
}

}  // namespace quotemill::bench
