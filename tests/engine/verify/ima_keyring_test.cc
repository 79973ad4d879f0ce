#include "engine/verify/ima_keyring.h"

#include <gtest/gtest.h>
#include <openssl/cms.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"
#include "tests/engine/verify/ima_signing.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::cached_key;
using testing::file_signature;
using testing::fixtures;
using testing::read_file;
using testing::self_signed;
using testing::SigningKey;

const Digest kFile = hash(HashAlgorithm::kSha256, as_bytes("contents"));

ImaFields fields_with(ByteView signature, const Digest& file = kFile) {
  ImaFields fields;
  fields.algorithm = name_of(file.algorithm());
  fields.digest = file.view();
  fields.signature = signature;
  return fields;
}

Certificate certificate_of(const SigningKey& key) {
  return self_signed({.common_name = "Signer"}, key);
}

TEST(ImaKeyring, SignaturesOfItsKeysHold) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256}) {
    const SigningKey key = cached_key(kind);
    ImaKeyring keyring;
    ASSERT_TRUE(keyring.add(certificate_of(key)));
    const std::uint32_t id = ima_key_id(certificate_of(key));
    for (const std::uint8_t version : {std::uint8_t{2}, std::uint8_t{3}}) {
      const Bytes signature = file_signature(key, id, kFile, version);
      const ImaSignatureCheck check = keyring.check(fields_with(signature));
      EXPECT_EQ(check.state, ImaSignatureState::kValid);
      ASSERT_NE(check.signer, nullptr);
      EXPECT_EQ(check.signer->subject(), "CN=Signer");
    }
  }
}

TEST(ImaKeyring, TellsWhatIsWrongWithASignature) {
  const SigningKey key = cached_key(KeyKind::kEcP256);
  const SigningKey other = cached_key(KeyKind::kEcP256, 1);
  ImaKeyring keyring;
  ASSERT_TRUE(keyring.add(certificate_of(key)));
  const std::uint32_t id = ima_key_id(certificate_of(key));
  const auto state = [&keyring](const ImaFields& fields) { return keyring.check(fields).state; };
  EXPECT_EQ(state(fields_with({})), ImaSignatureState::kNone);
  const Bytes good = file_signature(key, id, kFile);
  EXPECT_EQ(state(fields_with(good, hash(HashAlgorithm::kSha256, as_bytes("other")))),
            ImaSignatureState::kInvalid);
  EXPECT_EQ(state(fields_with(good, hash(HashAlgorithm::kSha1, as_bytes("contents")))),
            ImaSignatureState::kUnsupported);
  EXPECT_EQ(state(fields_with(file_signature(other, id, kFile))), ImaSignatureState::kInvalid);
  EXPECT_EQ(state(fields_with(file_signature(other, id + 1, kFile))),
            ImaSignatureState::kKeyUnknown);
  EXPECT_EQ(state(fields_with(Bytes{3, 1, 2})), ImaSignatureState::kUnsupported);
}

TEST(ImaKeyring, ACertificateIsInItOnce) {
  ImaKeyring keyring;
  const Certificate certificate = certificate_of(cached_key(KeyKind::kEcP256));
  EXPECT_TRUE(keyring.add(certificate));
  EXPECT_TRUE(keyring.add(certificate));
  EXPECT_EQ(keyring.size(), 1U);
  EXPECT_NE(keyring.find(certificate.der()), nullptr);
  EXPECT_EQ(keyring.find(as_bytes("x")), nullptr);
}

// As scripts/sign-file of Linux signs modules; `flags` without CMS_NOATTR adds signed attributes.
Bytes module_signature(const SigningKey& key, const Certificate& certificate,
                       std::string_view content, unsigned flags) {
  BIO* const in = BIO_new_mem_buf(content.data(), static_cast<int>(content.size()));
  CMS_ContentInfo* const cms =
      CMS_sign(nullptr, nullptr, nullptr, nullptr,
               CMS_NOCERTS | CMS_PARTIAL | CMS_BINARY | CMS_DETACHED | CMS_STREAM);
  CMS_add1_signer(cms, certificate.handle(), key.handle(), EVP_sha256(),
                  CMS_NOCERTS | CMS_BINARY | CMS_NOSMIMECAP | flags);
  CMS_final(cms, in, nullptr, CMS_NOCERTS | CMS_BINARY);
  unsigned char* der = nullptr;
  const int size = i2d_CMS_ContentInfo(cms, &der);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  CMS_ContentInfo_free(cms);
  BIO_free(in);
  return out;
}

ImaFields module_fields(ByteView signature, const Digest& module) {
  ImaFields fields = fields_with({});
  fields.modsig = signature;
  fields.modsig_algorithm = name_of(module.algorithm());
  fields.modsig_digest = module.view();
  return fields;
}

TEST(ImaKeyring, ModuleSignaturesHold) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256}) {
    const SigningKey key = cached_key(kind);
    const Certificate certificate = certificate_of(key);
    ImaKeyring keyring;
    ASSERT_TRUE(keyring.add(certificate));
    for (const unsigned flags : {unsigned{CMS_NOATTR}, 0U}) {
      const Bytes signature = module_signature(key, certificate, "module", flags);
      ASSERT_FALSE(signature.empty());
      const Digest module = hash(HashAlgorithm::kSha256, as_bytes("module"));
      EXPECT_EQ(keyring.check(module_fields(signature, module)).state, ImaSignatureState::kValid);
      const Digest other = hash(HashAlgorithm::kSha256, as_bytes("Module"));
      EXPECT_EQ(keyring.check(module_fields(signature, other)).state, ImaSignatureState::kInvalid);
      EXPECT_EQ(ImaKeyring().check(module_fields(signature, module)).state,
                ImaSignatureState::kKeyUnknown);
      for (std::size_t at = 0; at < signature.size(); at += 7) {
        Bytes damaged = signature;
        damaged[at] ^= 0x55U;
        damaged.resize(at % 3 == 0 ? at : damaged.size());
        static_cast<void>(keyring.check(module_fields(damaged, module)));
      }
      Bytes longer = signature;
      longer.push_back(0);
      EXPECT_EQ(keyring.check(module_fields(longer, module)).state,
                ImaSignatureState::kUnsupported);
    }
  }
}

TEST(ImaKeyring, ARealListsSignaturesAreJudgedOneByOne) {
  const Bytes list = read_file(fixtures() / "kgoldman+acs/acs/imasig.log");
  const Bytes der = read_file(fixtures() / "kgoldman+acs/acs/imakey.der");
  if (list.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  ImaKeyring keyring;
  ASSERT_TRUE(keyring.add(*Certificate::from_der(der)));
  ImaReader reader(list);
  std::map<ImaSignatureState, int> states;
  std::map<std::string, ImaSignatureState> of_path;
  while (const ImaEntry* entry = reader.next()) {
    const auto fields = fields_of(*entry);
    ASSERT_TRUE(fields);
    const ImaSignatureState state = keyring.check(*fields).state;
    ++states[state];
    of_path[std::string(fields->name)] = state;
  }
  // One of them is of the entry whose path was changed: a signature is over the contents alone.
  EXPECT_EQ(states[ImaSignatureState::kValid], 896);
  EXPECT_EQ(states[ImaSignatureState::kInvalid], 1);
  EXPECT_EQ(of_path["/usr/bin/trojan_badsig"], ImaSignatureState::kInvalid);
  EXPECT_EQ(of_path["/usr/bin/trojan_badkey"], ImaSignatureState::kKeyUnknown);
  EXPECT_EQ(of_path["/usr/bin/trojan_nosig"], ImaSignatureState::kNone);
}

}  // namespace
}  // namespace quotemill
