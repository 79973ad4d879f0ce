#include "engine/verdict/finding.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/support/finding_printers.h"

namespace quotemill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Enumerator {
  std::string identifier;
  std::uint16_t number = 0;
  std::string published;  // the name in the comment behind it
};

// All enumerators of FindingCode, out of the header itself: nobody has to keep a second list.
std::vector<Enumerator> enumerators() {
  std::ifstream file("engine/verdict/finding.h");
  std::stringstream text;
  text << file.rdbuf();
  const std::string header = text.str();
  const std::size_t begin = header.find("enum class FindingCode");
  const std::string body = header.substr(begin, header.find("};", begin) - begin);
  std::vector<Enumerator> out;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t identifier = line.find_first_not_of(' ');
    const std::size_t number = line.find(" = ");
    const std::size_t comment = line.find("// ");
    if (number != std::string::npos && comment != std::string::npos) {
      const std::string published = line.substr(comment + 3);
      out.push_back(
          {line.substr(identifier, number - identifier),
           static_cast<std::uint16_t>(std::stoul(line.substr(number + 3))),
           published.substr(0, published.find_first_not_of("abcdefghijklmnopqrstuvwxyz_."))});
    }
  }
  return out;
}

// A finding with everything set, so that every sentence has its parameters.
Finding full(FindingCode code) {
  Finding finding;
  finding.code = code;
  finding.pcr = 4;
  finding.event = 31;
  finding.event_type = 0x80000003;
  finding.digest = Digest(HashAlgorithm::kSha512);
  finding.expected = Digest(HashAlgorithm::kSha512);
  finding.subject = std::string(120, 's');
  finding.seen_number = 0xFFFFFFFFFFFFFFFF;
  finding.expected_number = 0xFFFFFFFFFFFFFFFF;
  return finding;
}

TEST(Finding, TheHeaderHasEnumerators) {
  EXPECT_GE(enumerators().size(), 50U);
}

TEST(Finding, EveryCodeHasItsPublishedName) {
  std::set<std::string> names;
  std::set<std::uint16_t> numbers;
  for (const Enumerator& enumerator : enumerators()) {
    const auto code = static_cast<FindingCode>(enumerator.number);
    EXPECT_EQ(name_of(code), enumerator.published) << enumerator.identifier;
    EXPECT_EQ(finding_code(enumerator.number), code);
    EXPECT_TRUE(names.insert(std::string(name_of(code))).second) << enumerator.published;
    EXPECT_TRUE(numbers.insert(enumerator.number).second) << enumerator.number;
    EXPECT_THAT(enumerator.published, ::testing::MatchesRegex("[a-z_]+(\\.[a-z_]+)+"));
  }
}

TEST(Finding, NoOtherNumberIsACode) {
  std::set<std::uint16_t> numbers;
  for (const Enumerator& enumerator : enumerators()) {
    numbers.insert(enumerator.number);
  }
  for (std::uint32_t number = 0; number <= 0xFFFF; ++number) {
    const auto narrow = static_cast<std::uint16_t>(number);
    EXPECT_EQ(finding_code(narrow).has_value(), numbers.count(narrow) == 1) << number;
  }
}

TEST(Finding, EveryCodeHasASentenceOfItsOwn) {
  std::set<std::string> sentences;
  for (const Enumerator& enumerator : enumerators()) {
    Finding finding;
    finding.code = static_cast<FindingCode>(enumerator.number);
    const std::string sentence = message_of(finding);
    EXPECT_GE(sentence.size(), 15U) << enumerator.identifier;
    EXPECT_THAT(sentence, Not(HasSubstr(enumerator.published))) << "a name is no sentence";
    EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
  }
}

TEST(Finding, EverySentenceIsOneLineOfBoundedPrintableAscii) {
  for (const Enumerator& enumerator : enumerators()) {
    const auto code = static_cast<FindingCode>(enumerator.number);
    for (const std::string& text : {message_of(full(code)), std::string(remedy_of(code))}) {
      EXPECT_LE(text.size(), 560U) << text;
      for (const char letter : text) {
        EXPECT_TRUE(letter >= 0x20 && letter < 0x7F) << enumerator.identifier;
      }
    }
  }
}

TEST(Finding, EveryFailureHasARemedy) {
  for (const Enumerator& enumerator : enumerators()) {
    const auto code = static_cast<FindingCode>(enumerator.number);
    const std::string_view remedy = remedy_of(code);
    EXPECT_TRUE(remedy.empty() || remedy.back() == '.') << enumerator.identifier;
  }
  for (const FindingCode code :
       {FindingCode::kQuoteSignature, FindingCode::kQuoteNonce, FindingCode::kLogMismatch,
        FindingCode::kLogWithheld, FindingCode::kBootEventDigestUnknown, FindingCode::kBootKexec,
        FindingCode::kStaleNoContact, FindingCode::kBootBaselineAbsent}) {
    EXPECT_FALSE(remedy_of(code).empty());
  }
}

TEST(Finding, TellsThePlaceTheSubjectAndTheDigests) {
  Finding finding;
  finding.code = FindingCode::kBootEventDigestUnknown;
  finding.pcr = 4;
  finding.event = 31;
  finding.event_type = 0x80000003;
  finding.digest = Digest(HashAlgorithm::kSha256);
  finding.expected = Digest(HashAlgorithm::kSha1);
  finding.subject = "shimx64.efi";
  EXPECT_EQ(message_of(finding),
            "PCR 4, event 31: EV_EFI_BOOT_SERVICES_APPLICATION (shimx64.efi) has digest sha256:" +
                std::string(64, '0') + ", the baseline expects sha1:" + std::string(40, '0'));
}

TEST(Finding, SpeaksOfNoValueWhereNoneIsKnown) {
  Finding finding;
  finding.code = FindingCode::kLogNoEvents;
  finding.pcr = 10;
  finding.subject = "sha256";
  EXPECT_EQ(message_of(finding), "PCR 10: no log explains what is quoted (sha256)");
  finding.expected = Digest(HashAlgorithm::kSha1);
  EXPECT_THAT(message_of(finding), HasSubstr("the quote shows sha1:" + std::string(40, '0')));
}

TEST(Finding, TellsOldAndNewNumbersInTheirOrder) {
  Finding finding;
  finding.code = FindingCode::kBootRebooted;
  finding.expected_number = 7;
  finding.seen_number = 8;
  EXPECT_THAT(message_of(finding), HasSubstr("7 to 8"));
  finding.code = FindingCode::kQuoteClockBackwards;
  EXPECT_THAT(message_of(finding), HasSubstr("from 7 ms to 8 ms"));
}

TEST(Finding, AnUnknownCodeIsCalledSo) {
  Finding finding;
  finding.code = static_cast<FindingCode>(9999);
  EXPECT_EQ(name_of(finding.code), "unknown");
  EXPECT_EQ(message_of(finding), "unknown");
}

TEST(Finding, TheWorstOfNoneIsInfo) {
  EXPECT_EQ(worst_of({}), Severity::kInfo);
  Findings findings(3);
  findings[0].severity = Severity::kInfo;
  findings[1].severity = Severity::kWarning;
  findings[2].severity = Severity::kInfo;
  EXPECT_EQ(worst_of(findings), Severity::kWarning);
  findings[2].severity = Severity::kFail;
  EXPECT_EQ(worst_of(findings), Severity::kFail);
  EXPECT_EQ(name_of(Severity::kInfo), "info");
  EXPECT_EQ(name_of(Severity::kWarning), "warning");
  EXPECT_EQ(name_of(Severity::kFail), "fail");
}

}  // namespace
}  // namespace quotemill
