// ImaReferences: which content which path may have, compiled for lookups that cost the same however
// many there are.
//
// A set is text as sha256sum writes it, or made by an importer. Of each path it knows the digests
// that are allowed (of several versions, by several hashes), of each digest the package it is from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace quotemill {

// What a set says of a file.
struct ImaReferenceMatch {
  bool path_known = false;
  bool digest_known = false;  // allowed for this path if the path is known, else for another one
  std::string_view package;   // of the digest; empty if nobody said
  std::optional<Digest> expected;  // a digest of the path by the same hash, if it is another
};

// Immutable once built: about 60 bytes and the digest for each reference, and the paths once. Any
// thread.
class ImaReferences {
 public:
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // Borrows the set. Two probes of a table; linear in the path's length and in the number of
  // digests that the path has.
  [[nodiscard]] ImaReferenceMatch find(std::string_view path, const Digest& digest) const;

  [[nodiscard]] bool knows_path(std::string_view path) const;

 private:
  friend class ImaReferencesBuilder;

  struct Text {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };

  struct Path {
    Text text;
    std::uint32_t first = 0;  // of its entries
    std::uint32_t count = 0;
  };

  struct Entry {
    std::uint32_t digest = 0;   // its place in digests_
    std::uint32_t package = 0;  // its place in packages_
    HashAlgorithm algorithm = HashAlgorithm::kSha256;
  };

  [[nodiscard]] std::string_view text_of(Text text) const {
    return std::string_view(texts_).substr(text.begin, text.size);
  }

  [[nodiscard]] ByteView digest_of(const Entry& entry) const {
    return ByteView(digests_).subspan(entry.digest, digest_size(entry.algorithm));
  }

  [[nodiscard]] bool is(const Entry& entry, const Digest& digest) const {
    return entry.algorithm == digest.algorithm() && equal(digest_of(entry), digest.view());
  }

  [[nodiscard]] const Path* find_path(std::string_view path) const;
  [[nodiscard]] const Entry* find_digest(const Digest& digest) const;
  void index();

  std::string texts_;
  Bytes digests_;
  std::vector<Text> packages_;
  std::vector<Path> paths_;
  std::vector<Entry> entries_;               // those of a path side by side
  std::vector<std::uint32_t> path_slots_;    // open addressing: places in paths_
  std::vector<std::uint32_t> digest_slots_;  // and in entries_
};

// Collects references of any number of sources. Not for sharing between threads.
class ImaReferencesBuilder {
 public:
  // The kernel lists a space of a path as '_', so does this. kTooLarge beyond
  // limits::kImaReferencesMax, kImaPathSizeMax or kImaReferenceTextMax.
  Result<void> add(std::string_view path, const Digest& digest, std::string_view package = {});

  // A list as engine/baseline/reference_list.h has them. kMalformed names the line.
  Result<void> add_text(std::string_view text);

  // The builder is empty afterwards.
  ImaReferences build();

 private:
  struct Pending {
    std::uint32_t path_begin = 0;
    std::uint32_t path_size = 0;
    std::uint32_t digest = 0;
    std::uint32_t package = 0;
    HashAlgorithm algorithm = HashAlgorithm::kSha256;
  };

  std::optional<std::uint32_t> package_named(std::string_view name);
  bool append(std::string_view text, std::uint32_t& begin);

  std::string texts_;
  Bytes digests_;
  std::vector<ImaReferences::Text> packages_;
  std::vector<Pending> pending_;
  std::string path_;  // memory to be used again
};

}  // namespace quotemill
