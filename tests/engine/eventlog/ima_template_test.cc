#include "engine/eventlog/ima_template.h"

#include <gtest/gtest.h>

#include "tests/engine/eventlog/ima_bytes.h"

namespace quotemill {
namespace {

using testing::digest_field;
using testing::field;
using testing::joined;
using testing::text_field;

const Bytes kFileDigest(32, 0xAB);

std::optional<ImaFields> fields_of(std::string_view name, const std::vector<Bytes>& fields) {
  static Bytes data;  // borrowed by the result
  data = joined(fields);
  const std::optional<ImaTemplate> known = ima_template(name);
  return known ? read_ima_fields(*known, data) : std::nullopt;
}

TEST(ImaTemplate, KnowsAllThatTheKernelHas) {
  for (const char* const name :
       {"ima", "ima-ng", "ima-ngv2", "ima-sig", "ima-sigv2", "ima-buf", "ima-modsig", "evm-sig",
        "d|n", "d|n-ng", "d-ng|n-ng|sig", "d-ngv2|n-ng|iuid|igid|imode"}) {
    EXPECT_TRUE(ima_template(name)) << name;
  }
}

TEST(ImaTemplate, RefusesWhatTheKernelHasNot) {
  for (const char* const name : {"", "ima-ngv3", "IMA", "|", "d-ng|", "d-ng||n-ng", "d-ng|n-ng|",
                                 "d-ng,n-ng", "d-ng|x", "n|n|n|n|n|n|n|n|n|n|n|n|n|n|n|n"}) {
    // A format may end in '|': the kernel cuts it off as well.
    if (std::string_view(name) == "d-ng|n-ng|") {
      EXPECT_TRUE(ima_template(name)) << name;
    } else {
      EXPECT_FALSE(ima_template(name)) << name;
    }
  }
}

// The name of a template is not measured: a host that was measured by "d-ng|n-ng|sig" could list
// another format of three fields, under which a file's attribute is its digest or its name.
TEST(ImaTemplateHostile, AFormatThatLeavesOpenWhichFileItIsAboutIsNone) {
  for (const char* const name :
       {"d-ng", "n-ng", "n-ng|d-ng", "sig|n-ng", "d-ng|sig|n-ng", "sig|n-ng|d-ngv2",
        "d-ng|n-ng|d-ngv2", "d-ng|n-ng|d-ng", "d-ng|n-ng|d", "d-ng|n-ng|n-ng", "d-ng|n-ng|n",
        "d-ng|n-ng|sig|sig", "d-ng|n-ng|iuid|iuid"}) {
    EXPECT_FALSE(ima_template(name)) << name;
  }
}

TEST(ImaTemplate, ReadsADigestWithItsAlgorithmAndAName) {
  const auto fields =
      fields_of("ima-ng", {digest_field("sha256", kFileDigest), text_field("/usr/bin/id")});
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->algorithm, "sha256");
  EXPECT_EQ(fields->name, "/usr/bin/id");
  EXPECT_EQ(fields->file_digest(), Digest::from(HashAlgorithm::kSha256, kFileDigest));
}

TEST(ImaTemplate, ReadsTheKindOfDigestOfVersionTwo) {
  const auto fields = fields_of("ima-sigv2", {digest_field("verity:sha256", kFileDigest),
                                              text_field("/f"), field(Bytes{6, 3, 4})});
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->digest_type, "verity");
  EXPECT_EQ(fields->algorithm, "sha256");
  EXPECT_EQ(fields->signature.size(), 3U);
  EXPECT_TRUE(fields->file_digest());
}

TEST(ImaTemplate, ReadsTheOriginalTemplate) {
  Bytes data(20, 0x11);
  const std::string name = "/init";
  data.insert(data.end(), name.begin(), name.end());
  data.resize(276);
  const auto fields = read_ima_fields(*ima_template("ima"), data);
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->name, "/init");
  EXPECT_EQ(fields->file_digest(), Digest::from(HashAlgorithm::kSha1, Bytes(20, 0x11)));
  data.back() = 'x';  // hashed and not shown
  EXPECT_FALSE(read_ima_fields(*ima_template("ima"), data));
}

TEST(ImaTemplate, ReadsModuleSignatures) {
  const auto fields =
      fields_of("ima-modsig", {digest_field("sha256", kFileDigest), text_field("/m.ko"), field({}),
                               digest_field("sha512", Bytes(64, 1)), field(Bytes(9, 2))});
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->modsig_algorithm, "sha512");
  EXPECT_EQ(fields->modsig_digest.size(), 64U);
  EXPECT_EQ(fields->modsig.size(), 9U);
  EXPECT_TRUE(fields_of("ima-modsig", {digest_field("sha256", kFileDigest), text_field("/m.ko"),
                                       field({}), field({}), field({})}));
}

TEST(ImaTemplate, ReadsInodeMetadata) {
  const auto fields =
      fields_of("evm-sig", {digest_field("sha256", kFileDigest), text_field("/f"),
                            field(Bytes{5, 2}), text_field("security.ima|security.selinux"),
                            field(Bytes(8, 1)), field(Bytes(40, 2)), field(Bytes{0xE8, 3, 0, 0}),
                            field(Bytes{1, 0, 0, 0}), field(Bytes{0xED, 0x81})});
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->evm_signature.size(), 2U);
  EXPECT_EQ(fields->xattr_names, "security.ima|security.selinux");
  EXPECT_EQ(fields->uid, 1000U);
  EXPECT_EQ(fields->gid, 1U);
  EXPECT_EQ(fields->mode, 0100755);
}

TEST(ImaTemplate, RefusesDataThatIsNotTheTemplates) {
  const Bytes digest = digest_field("sha256", kFileDigest);
  const Bytes name = text_field("/f");
  EXPECT_FALSE(fields_of("ima-ng", {digest}));
  EXPECT_FALSE(fields_of("ima-ng", {digest, name, field({})}));
  EXPECT_FALSE(fields_of("ima-ng", {digest, field(as_bytes("/f"))})) << "no zero at the end";
  EXPECT_FALSE(fields_of("ima-ng", {digest, text_field(std::string_view("/f\0/g", 5))}));
  EXPECT_FALSE(fields_of("ima-ng", {digest, field({})}));
  EXPECT_FALSE(fields_of("ima-ng", {field(as_bytes("sha256")), name}));
  EXPECT_FALSE(fields_of("ima-ng", {field(Bytes(20, 0)), name}));
  EXPECT_FALSE(fields_of("d-ng|n-ng|iuid", {digest, name, field(Bytes(3, 0))}));
  EXPECT_FALSE(fields_of("ima-ng", {digest, Bytes{0xFF, 0xFF, 0xFF, 0xFF, 'x'}}));
}

TEST(ImaTemplate, ADigestOfAnUnknownAlgorithmIsNone) {
  const auto md5 = fields_of("ima-ng", {digest_field("md5", Bytes(16, 1)), text_field("/f")});
  ASSERT_TRUE(md5);
  EXPECT_FALSE(md5->file_digest());
  const auto shorter =
      fields_of("ima-ng", {digest_field("sha256", Bytes(20, 1)), text_field("/f")});
  ASSERT_TRUE(shorter);
  EXPECT_FALSE(shorter->file_digest());
}

}  // namespace
}  // namespace quotemill
