#include "deploy/quotemilld/trust_files.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "engine/crypto/hash.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/signing_key.h"
#include "tests/support/temp_folder.h"

namespace quotemill::daemon {
namespace {

using testing::issue;
using testing::self_signed;
using testing::SigningKey;
using testing::to_pem;

const std::string kDigest(64, 'a');

class TrustFiles : public ::testing::Test {
 protected:
  TrustFiles() {
    trust.roots = (folder / "roots").string();
    std::filesystem::create_directory(trust.roots);
  }

  void write(const std::string& name, std::string_view text) const {
    testing::write_file(folder / name, as_bytes(text));
  }

  [[nodiscard]] Result<transport::AdmissionInputs> load() const {
    return load_trust_files(trust, program::Log("test", {.level = "off"}));
  }

  [[nodiscard]] Result<EkList> parse(std::string_view text) const {
    return parse_ek_list(text, (folder / "ek.list").string());
  }

  testing::TempFolder folder;
  Config::Trust trust;
  SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  Certificate root = self_signed({.common_name = "root", .ca = true}, key);
};

TEST_F(TrustFiles, ReadsRootsAndIntermediatesInPemAndDer) {
  const SigningKey second = SigningKey::generate(KeyKind::kEcP256);
  const Certificate middle =
      issue({.common_name = "middle", .ca = true}, second.public_key(), key, root);
  const Certificate other = self_signed({.common_name = "other", .ca = true}, second);
  testing::write_file(folder / "roots/root.der", root.der());
  write("roots/more.pem", to_pem(middle) + "text between\n" + to_pem(other));
  const auto inputs = load();
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->roots.anchors(), 2U);
  EXPECT_EQ(inputs->roots.intermediates(), 1U);
}

TEST_F(TrustFiles, LeavesOutWhatIsNoCertificate) {
  write("roots/a.txt", "read me");
  write("roots/b.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  write("roots/c.der", "");
  testing::write_file(folder / "roots/d.der", root.der());
  const auto inputs = load();
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->roots.anchors(), 1U);
}

TEST_F(TrustFiles, WithoutTheFolderNothingIsTrusted) {
  std::filesystem::remove_all(trust.roots);
  const auto inputs = load();
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->roots.anchors(), 0U);
}

TEST_F(TrustFiles, AnEkListThatIsNotThereIsAnError) {
  trust.ek_list = (folder / "ek.list").string();
  const auto inputs = load();
  ASSERT_FALSE(inputs);
  EXPECT_NE(inputs.error().to_string().find(trust.ek_list), std::string::npos);
  write("ek.list", kDigest + " web-1\n");
  ASSERT_TRUE(load());
  EXPECT_EQ(load()->eks.name_of(kDigest), "web-1");
}

TEST_F(TrustFiles, ReadsDigestsCommentsAndBlankLines) {
  const auto list = parse("# the fleet\n\n" + std::string(64, 'A') + "  web-1  # rack 4\n\t\n" +
                          std::string(64, 'b') + "\tweb-2\r\n");
  ASSERT_TRUE(list) << list.error().to_string();
  EXPECT_EQ(list->name_of(kDigest), "web-1");
  EXPECT_EQ(list->name_of(std::string(64, 'b')), "web-2");
}

TEST_F(TrustFiles, ReadsKeysAndCertificatesBesideTheList) {
  const std::string digest = hash(HashAlgorithm::kSha256, key.public_key().spki_der()).hex();
  write("ek.crt", to_pem(root));
  const auto by_certificate = parse("ek.crt web-1\n");
  ASSERT_TRUE(by_certificate) << by_certificate.error().to_string();
  EXPECT_EQ(by_certificate->name_of(digest), "web-1");
  const Bytes der = key.public_key().spki_der();
  Bytes base64(2 * der.size());
  const int size = EVP_EncodeBlock(base64.data(), der.data(), static_cast<int>(der.size()));
  base64.resize(static_cast<std::size_t>(size));
  write("ek.pem", "-----BEGIN PUBLIC KEY-----\n" + std::string(as_text(base64)) +
                      "\n-----END PUBLIC KEY-----\n");
  const auto by_key = parse("ek.pem web-1\n");
  ASSERT_TRUE(by_key) << by_key.error().to_string();
  EXPECT_EQ(by_key->name_of(digest), "web-1");
}

TEST_F(TrustFiles, MistakesAreNamedWithFileAndLine) {
  write("two.pem", to_pem(root) + to_pem(root));
  for (const std::string& line :
       {std::string("abc web-1"), kDigest, kDigest + " Web", kDigest + " a b",
        std::string("two.pem web-1"), std::string("../../etc web-1"), kDigest + "0 web-1"}) {
    const auto list = parse("# first\n" + line + "\n");
    ASSERT_FALSE(list) << line;
    EXPECT_EQ(list.error().code, ErrorCode::kConfig);
    EXPECT_NE(list.error().to_string().find("ek.list:2: "), std::string::npos)
        << list.error().to_string();
  }
  const auto twice = parse(kDigest + " web-1\n" + kDigest + " web-2\n");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().to_string().find("ek.list:2: "), std::string::npos);
}

}  // namespace
}  // namespace quotemill::daemon
