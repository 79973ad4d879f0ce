#include "engine/policy/policy_content.h"

namespace quotemill {

void add_texts(const std::vector<std::string>& texts, ByteWriter& out) {
  out.u32_le(static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) {
    out.sized16_le(as_bytes(text));
  }
}

void add_digests(const std::vector<Digest>& digests, ByteWriter& out) {
  out.u32_le(static_cast<std::uint32_t>(digests.size()));
  for (const Digest& digest : digests) {
    out.bytes(digest.view());
  }
}

}  // namespace quotemill
