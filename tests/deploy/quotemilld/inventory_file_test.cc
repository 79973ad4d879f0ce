#include "deploy/quotemilld/inventory_file.h"

#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "tests/support/certificate_builder.h"

namespace quotemill::daemon {
namespace {

using quotemill::testing::SigningKey;
using ::testing::HasSubstr;

const std::string kEk = std::string(63, 'a') + "1";
const std::string kOtherEk = std::string(63, 'a') + "2";

struct Wrong {
  std::string text;
  std::size_t line;
  std::size_t column;
  const char* told;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.text.substr(0, 200);
}

TEST(InventoryFile, ReadsCsvWithLabelsForColumns) {
  const Inventory read = read_inventory("name,ek,env,rack\r\nweb-01," + kEk +
                                        ",prod,\r\n\nweb-02," + kOtherEk + ",\"l\"\"ab, old\",b12");
  ASSERT_EQ(read.mistakes_found, 0U) << read.mistakes[0].what;
  ASSERT_EQ(read.rows.size(), 2U);
  EXPECT_EQ(read.rows[0].ek_sha256, kEk);
  EXPECT_EQ(read.rows[0].name, "web-01");
  EXPECT_EQ(read.rows[0].labels, (std::map<std::string, std::string>{{"env", "prod"}}));
  EXPECT_EQ(read.rows[1].labels.at("env"), "l\"ab, old");
  EXPECT_EQ(read.rows[1].labels.at("rack"), "b12");
  EXPECT_EQ(read.rows[1].place.line, 4U);
}

TEST(InventoryFile, ReadsJson) {
  const Inventory read = read_inventory(
      " [{\"ek\": \"" + kEk + "\", \"name\": \"web-01\", \"labels\": {\"env\": \"prod\"}},\n" +
      "  {\"ek\": \"" + kOtherEk + "\", \"name\": \"web-02\"}]");
  ASSERT_EQ(read.mistakes_found, 0U) << read.mistakes[0].what;
  ASSERT_EQ(read.rows.size(), 2U);
  EXPECT_EQ(read.rows[0].labels.at("env"), "prod");
  EXPECT_EQ(read.rows[1].place.line, 2U);
  EXPECT_EQ(read.rows[1].place.column, 3U);
}

TEST(InventoryFile, TakesAByteOrderMarkForWhatItIs) {
  EXPECT_EQ(read_inventory("\xEF\xBB\xBF"
                           "ek,name\n" +
                           kEk + ",a\n")
                .rows.size(),
            1U);
}

TEST(InventoryFile, KnowsAnEkByItsCertificateAndByItsKey) {
  const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  const Certificate certificate = quotemill::testing::self_signed({}, key);
  const std::string pem = quotemill::testing::to_pem(certificate);
  std::string base64 = pem.substr(pem.find('\n') + 1);
  base64 = base64.substr(0, base64.find("-----END"));
  base64.erase(std::remove(base64.begin(), base64.end(), '\n'), base64.end());
  const Inventory by_pem = read_inventory("ek,name\n\"" + pem + "\",a\n");
  ASSERT_EQ(by_pem.mistakes_found, 0U) << by_pem.mistakes[0].what;
  const std::string expected = by_pem.rows.at(0).ek_sha256;
  EXPECT_EQ(expected.size(), 64U);
  for (const std::string& form :
       {base64, to_hex(certificate.der()), to_hex(certificate.key().spki_der())}) {
    const Inventory read = read_inventory("ek,name\n" + form + ",a\n");
    ASSERT_EQ(read.mistakes_found, 0U) << form.substr(0, 40) << ": " << read.mistakes[0].what;
    EXPECT_EQ(read.rows[0].ek_sha256, expected);
  }
}

class InventoryMistakes : public ::testing::TestWithParam<Wrong> {};

TEST_P(InventoryMistakes, ArePlacedAndExplained) {
  const Inventory read = read_inventory(GetParam().text);
  ASSERT_GE(read.mistakes_found, 1U);
  EXPECT_THAT(read.mistakes[0].what, HasSubstr(GetParam().told));
  EXPECT_EQ(read.mistakes[0].place.line, GetParam().line);
  EXPECT_EQ(read.mistakes[0].place.column, GetParam().column);
}

INSTANTIATE_TEST_SUITE_P(
    All, InventoryMistakes,
    ::testing::Values(
        Wrong{"", 1, 1, "the file is empty"}, Wrong{"ek,name\n", 1, 1, "there is no host"},
        Wrong{"ek,env\n", 1, 1, "there is no column 'name'"},
        Wrong{"ek,name,env,env\n", 1, 13, "is there twice"},
        Wrong{"ek,name,Env\n", 1, 9, "a column is called"},
        Wrong{"ek,name\nzz,a\n", 2, 1, "neither the SHA-256"},
        Wrong{"ek,name\n,a\n", 2, 1, "the EK is missing"},
        Wrong{"ek,name\n" + kEk + ",Web 1\n", 2, 66, "is no name of a host"},
        Wrong{"ek,name\n" + kEk + "\n", 2, 1, "1 cells, the first line has 2"},
        Wrong{"ek,name\n" + kEk + ",a,b\n", 2, 68, "more than 2 columns"},
        Wrong{"ek,name\n" + kEk + ",\"a\n", 2, 66, "does not end"},
        Wrong{"ek,name\n" + kEk + ",\"a\"b\n", 2, 69, "after a closing quote"},
        Wrong{"ek,name\n" + kEk + ",a\"b\n", 2, 67, "a quote within a cell"},
        Wrong{"ek,name,env\n" + kEk + ",a,\x01\n", 2, 68, "label 'env'"},
        Wrong{"ek,name\n" + kEk + ",a\n" + kEk + ",b\n", 3, 1, "that of line 2"},
        Wrong{"ek,name\n" + kEk + ",a\n" + kOtherEk + ",a\n", 3, 66, "that of line 2"},
        Wrong{"[{\"ek\": 1}", 1, 10, "no JSON"}, Wrong{"{}", 1, 1, "no list of hosts"},
        Wrong{"[\n 7]", 2, 2, "a host is an object"},
        Wrong{"[\n {\"name\": \"a\"}]", 2, 2, "'ek' is missing"},
        Wrong{"[{\"ek\": \"" + kEk + "\", \"name\": \"a\"},\n {\"ek\": \"" + kOtherEk +
                  "\", \"name\": \"b\", \"lables\": {}}]",
              2, 2, "'lables' is unknown"},
        Wrong{"[{\"ek\": \"" + kEk + "\", \"name\": \"a\", \"labels\": {\"env\": 1}}]", 1, 2,
              "label 'env' is no text"},
        Wrong{
            "[{\"ek\": \"" + kEk + "\", \"name\": \"a\"},\n\n {\"name\": \"a\", \"name\": \"b\"}]",
            3, 2, "is there twice"}));

TEST(InventoryFile, TellsEveryMistakeUpToABoundAndCountsTheRest) {
  std::string text = "ek,name\n";
  for (int i = 0; i < 300; ++i) {
    text += "zz," + std::to_string(i) + "\n";
  }
  const Inventory read = read_inventory(text);
  EXPECT_EQ(read.mistakes.size(), kInventoryMistakesMax);
  EXPECT_EQ(read.mistakes_found, 300U);
}

TEST(InventoryFile, HasABoundOfHosts) {
  std::string text = "ek,name\n";
  for (std::size_t i = 0; i <= kInventoryRowsMax; ++i) {
    const std::string number = std::to_string(i);
    text += std::string(64 - number.size(), '0') + number + ",h" + number + "\n";
  }
  const Inventory read = read_inventory(text);
  ASSERT_EQ(read.mistakes_found, 1U);
  EXPECT_THAT(read.mistakes[0].what, HasSubstr("more than 100000 hosts"));
}

TEST(InventoryFile, EscapesWhatItQuotes) {
  const Inventory read = read_inventory("ek,name\n" + kEk + ",\x1b[31mred\n");
  for (const char letter : read.mistakes.at(0).what) {
    EXPECT_TRUE(letter >= 0x20 && letter < 0x7F);
  }
}

}  // namespace
}  // namespace quotemill::daemon
