// Quotes of real machines: what an independent library found, we find.
#include <charconv>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/crypto/check_signature.h"
#include "engine/crypto/hash.h"
#include "engine/tpm/public_area.h"
#include "engine/tpm/quote.h"
#include "engine/tpm/signature.h"
#include "tests/engine/tpm/tpm_fixtures.h"

namespace quotemill {
namespace {

namespace fs = std::filesystem;
using testing::fixtures;
using testing::have_fixtures;
using testing::read_file;

std::string text_of(const fs::path& path) {
  std::string text(as_text(read_file(path)));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

// "sha256:7 0f35…", a line each.
std::vector<PcrBank> read_pcrs(const fs::path& path) {
  std::map<HashAlgorithm, PcrBank> banks;
  std::istringstream lines(text_of(path));
  for (std::string where, value; lines >> where >> value;) {
    const std::size_t colon = where.find(':');
    const auto bank = hash_algorithm_named(where.substr(0, colon));
    const auto digest = Digest::from(*bank, *from_hex(value));
    banks.try_emplace(*bank, *bank);
    banks.at(*bank).set(static_cast<std::uint32_t>(std::stoul(where.substr(colon + 1))), *digest);
  }
  std::vector<PcrBank> out;
  for (auto& [algorithm, bank] : banks) {
    out.push_back(bank);
  }
  return out;
}

class Tuples : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_fixtures()) {
      GTEST_SKIP() << "no fixtures";
    }
  }
};

TEST_F(Tuples, EverySignatureHolds) {
  std::size_t checked = 0;
  for (const fs::path& folder : testing::tuple_folders()) {
    const Bytes message = read_file(folder / "quote.msg");
    const Bytes encoded = read_file(folder / "quote.sig");
    const Result<SignatureView> signature = decode_signature(encoded);
    ASSERT_TRUE(signature) << folder << signature.error().to_string();
    EXPECT_EQ(encode_signature(*signature), encoded);
    const Result<PublicKey> key = PublicKey::from_pem(text_of(folder / "ak.pub.pem"));
    ASSERT_TRUE(key) << folder << key.error().to_string();
    EXPECT_TRUE(signature_holds(*key, *signature, hash(signature->hash, message))) << folder;
    Bytes altered = message;
    altered.back() ^= 1U;
    EXPECT_FALSE(signature_holds(*key, *signature, hash(signature->hash, altered))) << folder;
    ++checked;
  }
  EXPECT_EQ(checked, 27U);
}

TEST_F(Tuples, EveryQuoteCarriesItsNonce) {
  for (const fs::path& folder : testing::tuple_folders()) {
    const Bytes message = read_file(folder / "quote.msg");
    const Result<Quote> quote = decode_quote(message);
    ASSERT_TRUE(quote) << folder << quote.error().to_string();
    EXPECT_EQ(to_hex(quote->extra_data), text_of(folder / "nonce.hex")) << folder;
    EXPECT_EQ(encode_quote(*quote), message) << folder;
  }
}

TEST_F(Tuples, EveryPcrDigestIsThatOfThePcrs) {
  std::size_t checked = 0;
  for (const fs::path& folder : testing::tuple_folders()) {
    if (!fs::exists(folder / "pcrs.txt")) {
      continue;
    }
    const Bytes message = read_file(folder / "quote.msg");
    const Bytes signature = read_file(folder / "quote.sig");
    const Result<Quote> quote = decode_quote(message);
    const auto digest = pcr_digest(quote->selections, read_pcrs(folder / "pcrs.txt"),
                                   decode_signature(signature)->hash);
    ASSERT_TRUE(digest) << folder;
    EXPECT_TRUE(equal(digest->view(), quote->pcr_digest)) << folder;
    ++checked;
  }
  EXPECT_GE(checked, 25U);
}

TEST_F(Tuples, EveryPublicAreaIsItsKeyAndName) {
  std::size_t checked = 0;
  for (const fs::path& folder : testing::tuple_folders()) {
    if (!fs::exists(folder / "ak.tpmt")) {
      continue;
    }
    const Result<PublicArea> area = decode_tpmt_public(read_file(folder / "ak.tpmt"));
    ASSERT_TRUE(area) << folder << area.error().to_string();
    EXPECT_EQ(decode_tpm2b_public(read_file(folder / "ak.tpm2b"))->encoded, area->encoded);
    EXPECT_EQ(encode_tpmt_public(*area), area->encoded) << folder;
    EXPECT_TRUE(area->key.same_as(*PublicKey::from_pem(text_of(folder / "ak.pub.pem"))));
    if (fs::exists(folder / "ak.name.hex")) {
      EXPECT_EQ(to_hex(area->name()), text_of(folder / "ak.name.hex")) << folder;
    }
    ++checked;
  }
  EXPECT_GT(checked, 3U);
}

TEST_F(Tuples, TheBootOfOurOwnHolds) {
  for (const fs::path& folder : {fixtures() / "qemu/sb-on", fixtures() / "qemu/sb-off"}) {
    const Result<PublicArea> ak = decode_tpm2b_public(read_file(folder / "ak.pub"));
    const Result<PublicArea> ek = decode_tpm2b_public(read_file(folder / "ek.pub"));
    ASSERT_TRUE(ak && ek);
    EXPECT_TRUE(check_attestation_key(*ak));
    EXPECT_TRUE(check_endorsement_key(*ek));
    EXPECT_EQ(ak->name(), read_file(folder / "ak.name"));
    for (const char* const bank : {"sha1", "sha256", "sha384"}) {
      const std::string base = (folder / "quote-").string() + bank;
      const Bytes message = read_file(base + ".msg");
      const Bytes encoded = read_file(base + ".sig");
      const Result<SignatureView> signature = decode_signature(encoded);
      ASSERT_TRUE(signature);
      EXPECT_TRUE(signature_holds(ak->key, *signature, hash(signature->hash, message)));
      const Result<Quote> quote = decode_quote(message);
      ASSERT_TRUE(quote);
      EXPECT_EQ(name_of(quote->selections.front().bank), bank);
      EXPECT_EQ(to_hex(quote->extra_data), text_of(folder / "nonce.hex"));
    }
  }
}

}  // namespace
}  // namespace quotemill
