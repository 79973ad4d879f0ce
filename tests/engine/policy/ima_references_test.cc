#include "engine/policy/ima_references.h"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

Digest digest_of(std::string_view text, HashAlgorithm algorithm = HashAlgorithm::kSha256) {
  return hash(algorithm, as_bytes(text));
}

ImaReferences set_of(std::string_view text) {
  ImaReferencesBuilder builder;
  const Result<void> added = builder.add_text(text);
  EXPECT_TRUE(added) << added.error().to_string();
  return builder.build();
}

TEST(ImaReferences, FindThePathsDigestsAndTheDigestsPackage) {
  ImaReferencesBuilder builder;
  ASSERT_TRUE(builder.add("/usr/bin/ls", digest_of("ls 1"), "coreutils 9.1-1"));
  ASSERT_TRUE(builder.add("/usr/bin/cat", digest_of("cat"), "coreutils 9.1-1"));
  ASSERT_TRUE(builder.add("/usr/bin/ls", digest_of("ls 2"), "coreutils 9.1-2"));
  const ImaReferences set = builder.build();
  EXPECT_EQ(set.size(), 3U);
  const ImaReferenceMatch second = set.find("/usr/bin/ls", digest_of("ls 2"));
  EXPECT_TRUE(second.path_known);
  EXPECT_TRUE(second.digest_known);
  EXPECT_EQ(second.package, "coreutils 9.1-2");
  EXPECT_FALSE(second.expected);
  const ImaReferenceMatch wrong = set.find("/usr/bin/ls", digest_of("cat"));
  EXPECT_TRUE(wrong.path_known);
  EXPECT_FALSE(wrong.digest_known) << "another path's contents are no version of this one";
  EXPECT_EQ(wrong.expected, digest_of("ls 1"));
  const ImaReferenceMatch moved = set.find("/opt/cat", digest_of("cat"));
  EXPECT_FALSE(moved.path_known);
  EXPECT_TRUE(moved.digest_known);
  EXPECT_EQ(moved.package, "coreutils 9.1-1");
  const ImaReferenceMatch unknown = set.find("/opt/x", digest_of("x"));
  EXPECT_FALSE(unknown.path_known || unknown.digest_known);
}

TEST(ImaReferences, NoneKnowNothing) {
  EXPECT_FALSE(ImaReferences().find("/x", digest_of("x")).digest_known);
  EXPECT_FALSE(ImaReferences().knows_path("/x"));
  EXPECT_FALSE(set_of("").knows_path(""));
}

TEST(ImaReferences, ADigestOfAnotherAlgorithmIsAnotherDigest) {
  const ImaReferences set = set_of(digest_of("x", HashAlgorithm::kSha1).hex() + "  /x\n");
  EXPECT_TRUE(set.find("/x", digest_of("x", HashAlgorithm::kSha1)).digest_known);
  const ImaReferenceMatch match = set.find("/x", digest_of("x"));
  EXPECT_FALSE(match.digest_known);
  EXPECT_FALSE(match.expected) << "nothing to compare with";
}

TEST(ImaReferences, ReadWhatSha256sumWrites) {
  const std::string hex = digest_of("x").hex();
  const ImaReferences set = set_of("# package: first 1.0\n" + hex + "  /usr/bin/one\n" + hex +
                                   " */usr/bin/two\n\n# a comment\n# package: second\n" + hex +
                                   "  ./usr/bin/three\r\n\\" + hex + "  /odd\\\\name\\nhere\n" +
                                   "sha256:" + hex + "  /usr/bin/with space");
  for (const char* const path : {"/usr/bin/one", "/usr/bin/two", "/usr/bin/three",
                                 "/odd\\name\nhere", "/usr/bin/with_space"}) {
    EXPECT_TRUE(set.find(path, digest_of("x")).digest_known) << path;
  }
  EXPECT_EQ(set.find("/usr/bin/two", digest_of("x")).package, "first 1.0");
  EXPECT_EQ(set.find("/usr/bin/three", digest_of("x")).package, "second");
}

TEST(ImaReferences, RefuseOtherLinesByNumber) {
  const std::string hex = digest_of("x").hex();
  for (const std::string& line : {std::string("nonsense"), hex, hex + " ", hex.substr(2) + "  /x",
                                  "\\" + hex + "  /x\\q", "md5:" + hex + "  /x", "  " + hex}) {
    ImaReferencesBuilder builder;
    const Result<void> added = builder.add_text(hex + "  /good\n" + line + "\n");
    ASSERT_FALSE(added) << line;
    EXPECT_EQ(added.error().code, ErrorCode::kMalformed);
    EXPECT_NE(added.error().detail.find("line 2"), std::string::npos) << added.error().detail;
  }
  ImaReferencesBuilder builder;
  EXPECT_FALSE(builder.add(std::string(limits::kImaPathSizeMax + 1, 'p'), digest_of("x")));
  EXPECT_FALSE(builder.add("", digest_of("x")));
}

// Against a plain map.
TEST(ImaReferences, LargeSetsAnswerLikeAMap) {
  std::mt19937 random(5);
  std::map<std::string, std::set<Digest>> plain;
  ImaReferencesBuilder builder;
  for (int i = 0; i < 20'000; ++i) {
    const std::string path = "/usr/lib/" + std::to_string(random() % 8'000);
    const Digest digest = digest_of(std::to_string(random() % 15'000));
    plain[path].insert(digest);
    ASSERT_TRUE(builder.add(path, digest));
  }
  const ImaReferences set = builder.build();
  EXPECT_EQ(set.size(), 20'000U);
  for (int i = 0; i < 20'000; ++i) {
    const std::string path = "/usr/lib/" + std::to_string(random() % 9'000);
    const Digest digest = digest_of(std::to_string(random() % 16'000));
    const ImaReferenceMatch match = set.find(path, digest);
    const auto known = plain.find(path);
    ASSERT_EQ(match.path_known, known != plain.end());
    if (match.path_known) {
      ASSERT_EQ(match.digest_known, known->second.count(digest) == 1);
    }
  }
}

}  // namespace
}  // namespace quotemill
