#include "deploy/quotemill/commands/upload.h"

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill::cli {

std::optional<std::string> upload(Session& session, const std::string& content) {
  const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(content)).hex();
  std::size_t sent = 0;
  do {
    const std::string_view part =
        std::string_view(content).substr(sent, limits::kUploadPartSizeMax);
    if (!session.ask("upload", {{"sha256", sha256},
                                {"size", content.size()},
                                {"offset", sent},
                                {"hex", to_hex(as_bytes(part))}})) {
      return std::nullopt;
    }
    sent += part.size();
  } while (sent < content.size());
  return sha256;
}

}  // namespace quotemill::cli
