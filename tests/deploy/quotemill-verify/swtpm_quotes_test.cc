// Quotes that tpm2-tools make with a real software TPM, judged by tpm2_checkquote and by us.
#include <random>

#include <gtest/gtest.h>

#include "tests/deploy/quotemill-verify/verify_program.h"
#include "tests/support/swtpm.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::Finished;
using testing::read_file;
using testing::Swtpm;
using testing::verify_program;
using testing::write_file;

struct KeyType {
  std::string ek;      // tpm2_createek -G
  std::string ak;      // tpm2_createak -G
  std::string scheme;  // tpm2_createak -s
};

void PrintTo(const KeyType& type, std::ostream* out) {
  *out << type.scheme;
}

const std::string kNonce = "00112233445566778899aabbccddeeff";
const std::string kSelection = "sha256:0,1,2,3,4,5,6,7,8,9,10,16,23";

class SwtpmQuotes : public ::testing::TestWithParam<KeyType> {
 protected:
  void SetUp() override {
    tpm_ = Swtpm::start();
    if (tpm_ == nullptr) {
      GTEST_SKIP() << "no swtpm or no tpm2-tools";
    }
    const KeyType& type = GetParam();
    tool({"tpm2_createek", "-c", "ek.ctx", "-G", type.ek, "-u", "ek.pub"});
    tool({"tpm2_flushcontext", "-t"});
    tool({"tpm2_createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", type.ak, "-g", "sha256", "-s",
          type.scheme, "-u", "ak.pem", "-f", "pem", "-n", "ak.name"});
    tool({"tpm2_flushcontext", "-t"});
    tool({"tpm2_pcrextend", "4:sha256=" + std::string(64, 'a')});
    tool({"tpm2_pcrextend", "16:sha256=" + std::string(64, 'b')});
    quote({"-m", "quote.msg", "-s", "quote.sig", "-o", "quote.pcrs"});
  }

  void tool(const std::vector<std::string>& arguments) {
    const Finished finished = tpm_->tool(arguments);
    ASSERT_TRUE(finished.ok()) << arguments[0] << ": " << finished.output;
  }

  void quote(const std::vector<std::string>& files) {
    std::vector<std::string> arguments = {"tpm2_quote", "-c",       "ak.ctx",         "-l",
                                          kSelection,   "-q",       kNonce,           "-g",
                                          "sha256",     "--scheme", GetParam().scheme};
    arguments.insert(arguments.end(), files.begin(), files.end());
    tool(arguments);
    tool({"tpm2_flushcontext", "-t"});
  }

  std::string file(const std::string& name) { return tpm_->folder() / name; }

  Finished ours(const std::string& pcrs = "quote.pcrs", const std::string& nonce = kNonce,
                const std::string& ak = "ak.pem", const std::string& signature = "quote.sig") {
    return verify_program({"quote", "--json", "--ak", file(ak), "--attest", file("quote.msg"),
                           "--signature", file(signature), "--pcrs", file(pcrs), "--nonce", nonce});
  }

  Finished theirs(const std::string& nonce = kNonce) {
    return tpm_->tool({"tpm2_checkquote", "-u", "ak.pem", "-m", "quote.msg", "-s", "quote.sig",
                       "-f", "quote.pcrs", "-g", "sha256", "-q", nonce});
  }

  // tpm2_checkquote 5.4 refuses every RSAPSS signature.
  static bool checkquote_knows_scheme() { return GetParam().scheme != "rsapss"; }

  std::unique_ptr<Swtpm> tpm_;
};

TEST_P(SwtpmQuotes, AreProvenAndCheckquoteAgrees) {
  EXPECT_EQ(ours().exit_status, 0) << ours().output;
  EXPECT_EQ(theirs().ok(), checkquote_knows_scheme());
}

TEST_P(SwtpmQuotes, AnotherNonceIsRefusedByBoth) {
  for (const std::string nonce : {"00112233445566778899aabbccddeefe", "00", "001122"}) {
    EXPECT_EQ(ours("quote.pcrs", nonce).exit_status, 1);
    EXPECT_NE(theirs(nonce).exit_status, 0);
  }
}

// One byte of a file changed, at places chosen by a seed: both refuse, or both accept (a byte that
// means nothing, behind the value in a buffer of the PCR file).
TEST_P(SwtpmQuotes, TamperedFilesAreJudgedAlike) {
  std::mt19937 random(42);
  int refused = 0;
  for (const std::string name : {"quote.msg", "quote.sig", "quote.pcrs"}) {
    const Bytes good = read_file(file(name));
    for (int i = 0; i < 12; ++i) {
      Bytes bad = good;
      const std::size_t place = random() % bad.size();
      bad[place] = static_cast<std::uint8_t>(bad[place] ^ (1U << (random() % 8)));
      write_file(file(name), bad);
      const Finished our = ours();
      const Finished their = theirs();
      EXPECT_TRUE(our.exit_status == 0 || our.exit_status == 1) << our.output;
      EXPECT_EQ(our.exit_status == 0 && checkquote_knows_scheme(), their.ok())
          << name << " at " << place << ": " << our.output << their.output;
      refused += our.exit_status == 1 ? 1 : 0;
    }
    write_file(file(name), good);
  }
  EXPECT_GE(refused, 24);
}

TEST_P(SwtpmQuotes, EveryFormOfKeyAndSignatureServes) {
  for (const std::string form : {"pem", "der", "tss", "tpmt"}) {
    tool({"tpm2_readpublic", "-c", "ak.ctx", "-f", form, "-o", "ak." + form});
    tool({"tpm2_flushcontext", "-t"});
    const Finished finished = ours("quote.pcrs", kNonce, "ak." + form);
    EXPECT_EQ(finished.exit_status, 0) << form << finished.output;
  }
  quote({"-m", "quote.msg", "-s", "plain.sig", "-f", "plain", "-o", "plain.pcrs"});
  for (const std::string ak : {"ak.pem", "ak.tss"}) {
    const Finished finished = ours("plain.pcrs", kNonce, ak, "plain.sig");
    EXPECT_EQ(finished.exit_status, 0) << ak << finished.output;
  }
}

TEST_P(SwtpmQuotes, YamlOfPcrreadServes) {
  const Finished values = tpm_->tool({"tpm2_pcrread", kSelection});
  write_file(file("pcrs.yaml"), as_bytes(values.output));
  EXPECT_EQ(ours("pcrs.yaml").exit_status, 0);
  const Finished all = tpm_->tool({"tpm2_pcrread", "sha256"});
  write_file(file("all.yaml"), as_bytes(all.output));
  const Finished finished = ours("all.yaml");
  EXPECT_EQ(finished.exit_status, 0) << finished.output;
  const auto json = testing::json_of(finished);
  EXPECT_EQ(json["unquoted_pcrs"]["sha256"],
            nlohmann::json({11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22}));
  EXPECT_EQ(json["pcrs"]["sha256"].size(), 13U);
}

INSTANTIATE_TEST_SUITE_P(Keys, SwtpmQuotes,
                         ::testing::Values(KeyType{"rsa", "rsa", "rsassa"},
                                           KeyType{"rsa", "rsa", "rsapss"},
                                           KeyType{"ecc", "ecc", "ecdsa"}),
                         [](const auto& one) { return one.param.scheme; });

}  // namespace
}  // namespace quotemill
