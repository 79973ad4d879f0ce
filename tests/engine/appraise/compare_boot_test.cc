#include "engine/appraise/compare_boot.h"

#include <deque>

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
    Claims claims;
    claims.bank = kBank;
    events_.clear();
    digests_.clear();
    std::vector<EventClaim> in_log_order;
    for (const Event& event : boot) {
      BootEvent& claimed = events_.emplace_back();
      claimed.number = static_cast<std::uint32_t>(events_.size() + 9);
      claimed.pcr = event.pcr;
      claimed.type = event.type;
      in_log_order.push_back({&claimed, digests_.emplace_back(digest_of(event)).view()});
    }
    claims.events = EventClaims(in_log_order);
    auto baseline = std::make_shared<Baseline>();
    for (const Event& event : golden) {
      ReferenceEvent reference;
      reference.pcr = event.pcr;
      reference.type = event.type;
      reference.digests = {hash(HashAlgorithm::kSha1, as_bytes(event.what)), digest_of(event)};
      reference.description = event.what;
      baseline->events.push_back(reference);
    }
    return compare_pcr(claims, BootReference(baseline), pcr, Severity::kFail);
  }

 private:
  std::deque<BootEvent> events_;
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

}  // namespace
}  // namespace quotemill
