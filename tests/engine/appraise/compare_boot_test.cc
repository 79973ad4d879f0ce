#include "engine/appraise/compare_boot.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <random>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"
#include "tests/support/finding_printers.h"

namespace quotemill {
namespace {

using testing::codes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;
constexpr std::uint32_t kApplication = event_type::kEfiBootServicesApplication;
constexpr std::uint32_t kSeparator = event_type::kSeparator;

struct Event {
  std::string what;
  std::uint32_t type = kApplication;
  std::uint32_t pcr = 4;
};

using Boot = std::vector<Event>;

Digest digest_of(const Event& event) {
  return hash(kBank, as_bytes(event.what));
}

class CompareBoot : public ::testing::Test {
 protected:
  Findings compare(const Boot& boot, const Boot& golden, std::uint32_t pcr = 4) {
    return compare_all(boot, {golden}, pcr);
  }

  Findings compare_all(const Boot& boot, const std::vector<Boot>& goldens, std::uint32_t pcr = 4) {
    Claims claims;
    claims.bank = kBank;
    events_.clear();
    digests_.clear();
    events_.reserve(boot.size());
    for (const Event& event : boot) {
      BootEvent& claimed = events_.emplace_back();
      claimed.number = static_cast<std::uint32_t>(events_.size() + 9);
      claimed.pcr = event.pcr;
      claimed.type = event.type;
      claimed.digests = digests_.emplace_back(digest_of(event)).view();
      claimed.digest_at[bank_index(kBank)] = 0;
    }
    claims.events = EventClaims(events_, kBank, 0x00FF'FFFF);
    std::vector<BootReference> references;
    std::transform(goldens.begin(), goldens.end(), std::back_inserter(references), reference_of);
    std::vector<const BootReference*> borrowed;
    for (const BootReference& reference : references) {
      borrowed.push_back(&reference);
    }
    return compare_pcr(claims, borrowed, pcr, Severity::kFail);
  }

 private:
  static BootReference reference_of(const Boot& golden) {
    auto baseline = std::make_shared<Baseline>();
    for (const Event& event : golden) {
      ReferenceEvent reference;
      reference.pcr = event.pcr;
      reference.type = event.type;
      reference.digests = {hash(HashAlgorithm::kSha1, as_bytes(event.what)), digest_of(event)};
      reference.description = event.what;
      baseline->events.push_back(reference);
    }
    return BootReference(baseline);
  }

  std::vector<BootEvent> events_;
  std::deque<Digest> digests_;
};

const Boot kGolden = {{"shim"}, {"grub"}, {"sep", kSeparator}, {"kernel"}};

TEST_F(CompareBoot, FindsNothingInTheSameBoot) {
  EXPECT_THAT(compare(kGolden, kGolden), IsEmpty());
  EXPECT_THAT(compare({}, {}), IsEmpty());
}

TEST_F(CompareBoot, LooksAtOnePcrOnly) {
  Boot boot = kGolden;
  boot.push_back({"other", kApplication, 5});
  EXPECT_THAT(compare(boot, kGolden), IsEmpty());
  EXPECT_THAT(codes(compare(boot, kGolden, 5)), ElementsAre(FindingCode::kBootEventUnexpected));
}

TEST_F(CompareBoot, TellsAReplacedEventAsOneFinding) {
  const Findings findings =
      compare({{"shim"}, {"evil grub"}, {"sep", kSeparator}, {"kernel"}}, kGolden);
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kBootEventDigestUnknown));
  EXPECT_EQ(findings[0].severity, Severity::kFail);
  EXPECT_EQ(findings[0].pcr, 4U);
  EXPECT_EQ(findings[0].event, 11U);
  EXPECT_EQ(findings[0].event_type, kApplication);
  EXPECT_EQ(findings[0].digest, digest_of({"evil grub"}));
  EXPECT_EQ(findings[0].expected, digest_of({"grub"}));
}

TEST_F(CompareBoot, PairsSeveralReplacedEventsInTheirOrder) {
  const Findings findings =
      compare({{"new shim"}, {"grub"}, {"sep", kSeparator}, {"new kernel"}}, kGolden);
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kBootEventDigestUnknown,
                                           FindingCode::kBootEventDigestUnknown));
  EXPECT_EQ(findings[0].expected, digest_of({"shim"}));
  EXPECT_EQ(findings[1].expected, digest_of({"kernel"}));
}

TEST_F(CompareBoot, AnInsertedEventMakesNoOtherDiffer) {
  for (std::size_t at = 0; at <= kGolden.size(); ++at) {
    Boot boot = kGolden;
    boot.insert(boot.begin() + static_cast<std::ptrdiff_t>(at), {"inserted"});
    const Findings findings = compare(boot, kGolden);
    ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kBootEventUnexpected)) << at;
    EXPECT_EQ(findings[0].digest, digest_of({"inserted"}));
    EXPECT_EQ(findings[0].event, 10 + at);
  }
}

TEST_F(CompareBoot, AMissingEventMakesNoOtherDiffer) {
  for (std::size_t at = 0; at < kGolden.size(); ++at) {
    Boot boot = kGolden;
    boot.erase(boot.begin() + static_cast<std::ptrdiff_t>(at));
    const Findings findings = compare(boot, kGolden);
    ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kBootEventMissing)) << at;
    EXPECT_EQ(findings[0].expected, digest_of(kGolden[at]));
    EXPECT_EQ(findings[0].subject, kGolden[at].what);
    EXPECT_FALSE(findings[0].digest);
  }
}

TEST_F(CompareBoot, AReplacementOfAnotherTypeIsTwoFindings) {
  const Findings findings = compare(
      {{"shim"}, {"driver", event_type::kEfiBootServicesDriver}, {"sep", kSeparator}, {"kernel"}},
      kGolden);
  EXPECT_THAT(codes(findings), UnorderedElementsAre(FindingCode::kBootEventUnexpected,
                                                    FindingCode::kBootEventMissing));
}

TEST_F(CompareBoot, TellsTheSameEventsInAnotherOrder) {
  const Findings findings = compare({{"grub"}, {"shim"}, {"sep", kSeparator}, {"kernel"}}, kGolden);
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kBootEventOrder));
  EXPECT_EQ(findings[0].event, 10U) << "the first that is out of place";
}

TEST_F(CompareBoot, CountsEventsThatComeTwice) {
  const Findings twice =
      compare({{"shim"}, {"shim"}, {"grub"}, {"sep", kSeparator}, {"kernel"}}, kGolden);
  ASSERT_THAT(codes(twice), ElementsAre(FindingCode::kBootEventUnexpected));
  EXPECT_EQ(twice[0].digest, digest_of({"shim"}));
  const Boot golden = {{"shim"}, {"shim"}, {"grub"}};
  EXPECT_THAT(compare(golden, golden), IsEmpty());
  EXPECT_THAT(codes(compare({{"shim"}, {"grub"}}, golden)),
              ElementsAre(FindingCode::kBootEventMissing));
}

TEST_F(CompareBoot, TellsEverythingOfABootThatHasNothingInCommon) {
  EXPECT_THAT(codes(compare(kGolden, {})),
              ElementsAre(FindingCode::kBootEventUnexpected, FindingCode::kBootEventUnexpected,
                          FindingCode::kBootEventUnexpected, FindingCode::kBootEventUnexpected));
  EXPECT_EQ(compare({}, kGolden).size(), 4U);
}

// The type is not measured: a digest that is right is right under any type, and a wrong one wrong.
TEST_F(CompareBoot, Go2026_6893_ComparesDigestsWhateverTheirType) {
  Boot retagged = kGolden;
  for (Event& event : retagged) {
    event.type = 0x7FFF0001;
  }
  EXPECT_THAT(compare(retagged, kGolden), IsEmpty());
  retagged.push_back({"evil", kApplication});
  EXPECT_THAT(codes(compare(retagged, kGolden)), ElementsAre(FindingCode::kBootEventUnexpected));
}

TEST_F(CompareBoot, StaysFastForAHugeLogOfStrangers) {
  Boot boot;
  Boot golden;
  for (int i = 0; i < 20'000; ++i) {
    boot.push_back({"b" + std::to_string(i)});
    golden.push_back({"g" + std::to_string(i)});
  }
  EXPECT_EQ(compare(boot, golden).size(), 20'000U);
}

TEST_F(CompareBoot, StaysFastForAHugeLogOfOneEvent) {
  const Boot boot(60'000, {"same"});
  Boot golden(60'000, {"same"});
  golden.front() = {"other"};
  EXPECT_EQ(compare(boot, golden).size(), 1U);
}

TEST_F(CompareBoot, OneBaselineThatExplainsItIsEnough) {
  const Boot other = {{"shim"}, {"grub 2"}, {"sep", kSeparator}, {"kernel 2"}};
  EXPECT_THAT(compare_all(kGolden, {other, {}, kGolden}), IsEmpty());
  EXPECT_THAT(compare_all(kGolden, {kGolden, other}), IsEmpty());
  EXPECT_THAT(compare_all(kGolden, {}), IsEmpty()) << "there is none to differ from";
}

TEST_F(CompareBoot, TellsWhatDiffersFromTheNearest) {
  const Boot far = {{"shim"}, {"old grub"}, {"sep", kSeparator}, {"old kernel"}};
  const Boot near = {{"shim"}, {"grub"}, {"sep", kSeparator}, {"old kernel"}};
  const Boot as_near = {{"shim"}, {"grub"}, {"sep", kSeparator}, {"older kernel"}};
  for (const std::vector<Boot>& goldens :
       {std::vector{far, near, as_near}, std::vector{near, as_near, far}}) {
    const Findings findings = compare_all(kGolden, goldens);
    ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kBootEventDigestUnknown));
    EXPECT_EQ(findings[0].expected, digest_of({"old kernel"})) << "of equally near ones the first";
  }
}

TEST_F(CompareBoot, TheSameEventsInAnotherOrderAreAsFarAsOneEvent) {
  const Boot turned = {{"grub"}, {"shim"}, {"sep", kSeparator}, {"kernel"}};
  const Boot replaced = {{"shim"}, {"grub"}, {"sep", kSeparator}, {"old kernel"}};
  const Boot longer = {{"shim"}, {"grub"}, {"sep", kSeparator}, {"a"}, {"b"}};
  EXPECT_THAT(codes(compare_all(kGolden, {longer, turned, replaced})),
              ElementsAre(FindingCode::kBootEventOrder));
  EXPECT_THAT(codes(compare_all(kGolden, {longer, replaced, turned})),
              ElementsAre(FindingCode::kBootEventDigestUnknown));
}

// What is said of several baselines is what is said of the one that the fewest findings are
// against, each asked alone; whatever comes twice, is missing or has another type.
TEST_F(CompareBoot, SaysOfManyWhatItSaysOfTheNearestAlone) {
  std::mt19937 random(20'261'126);
  const auto any_boot = [&random] {
    Boot boot;
    for (std::size_t size = random() % 7; boot.size() < size;) {
      boot.push_back({std::string(1, static_cast<char>('a' + random() % 5)),
                      random() % 3 == 0 ? kSeparator : kApplication});
    }
    return boot;
  };
  for (int round = 0; round < 5'000; ++round) {
    const Boot boot = any_boot();
    std::vector<Boot> goldens;
    std::generate_n(std::back_inserter(goldens), 1 + random() % 4, any_boot);
    std::vector<Findings> alone;
    for (const Boot& golden : goldens) {
      alone.push_back(compare(boot, golden));
    }
    const auto nearest = std::min_element(
        alone.begin(), alone.end(),
        [](const Findings& left, const Findings& right) { return left.size() < right.size(); });
    ASSERT_EQ(compare_all(boot, goldens), *nearest) << round;
  }
}

}  // namespace
}  // namespace quotemill
