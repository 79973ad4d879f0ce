#include "engine/policy/rule_lists.h"

#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "engine/policy/toml_reader.h"

namespace quotemill {
namespace {

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

}  // namespace

void refuse_empty_list(TomlReader& in, std::string_view key) {
  if (in.has(key) && in.texts(key, {}).empty()) {
    in.fail(key, quoted(key) + " is empty: leave it out, or it would ask for nothing");
  }
}

std::vector<Digest> read_digests(TomlReader& in, std::string_view key, std::string_view what) {
  std::vector<Digest> digests;
  for (const std::string& text : in.texts(key, {})) {
    const std::optional<Bytes> bytes = from_hex(text);
    const std::optional<Digest> digest =
        bytes ? Digest::from(HashAlgorithm::kSha256, *bytes) : std::nullopt;
    if (digest) {
      digests.push_back(*digest);
    } else {
      in.fail(key, quoted(key) + ": " + quoted(escaped(text)) + " is no " + std::string(what) +
                       " of 64 hexadecimal digits");
    }
  }
  return digests;
}

PathPatterns compile_patterns(TomlReader& in, std::string_view key,
                              std::span<const std::string> patterns) {
  Result<PathPatterns> compiled = PathPatterns::compile(patterns);
  if (!compiled) {
    in.fail(key, quoted(key) + ": " + compiled.error().detail);
    return {};
  }
  return *std::move(compiled);
}

}  // namespace quotemill
