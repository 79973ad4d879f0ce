#include "bench/simulator/fleet_host.h"

#include <gtest/gtest.h>

#include "bench/simulator/esxi_hosts.h"
#include "engine/crypto/check_signature.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/identity/imported_identity.h"

namespace quotemill::bench {
namespace {

FleetHost host_of(std::uint64_t seed, std::uint32_t number, std::int64_t booted_ms = 0) {
  FleetSettings settings;
  settings.seed = seed;
  settings.keys = *KeyMix::parse(seed, "ecdsa_p256:1");
  settings.booted = {booted_ms};
  SeededKeys keys(seed);
  return {settings, number, keys};
}

TEST(FleetHost, IsTheSameForTheSameSeedAndNumber) {
  const ImportedIdentity first = host_of(1, 4).identity();
  const ImportedIdentity again = host_of(1, 4).identity();
  EXPECT_EQ(first.name, again.name);
  EXPECT_EQ(first.ak_public, again.ak_public);
  EXPECT_EQ(first.curve_key, again.curve_key);
  EXPECT_EQ(first.uid, again.uid);
  for (const FleetHost& other : {host_of(1, 5), host_of(2, 4)}) {
    EXPECT_NE(other.identity().name, first.name);
    EXPECT_NE(other.identity().ak_public, first.ak_public);
    EXPECT_NE(other.identity().curve_key, first.curve_key);
    EXPECT_NE(other.identity().uid, first.uid);
  }
}

TEST(FleetHost, CanBeImported) {
  const Result<ImportedRecord> record =
      imported_record(host_of(1, 4).identity(), {"ana", HostUid{{1}}, {}});
  EXPECT_TRUE(record) << record.error().to_string();
}

TEST(FleetHost, ItsCountersAndClockNeverGoBack) {
  const Plan plan = *Plan::parse(1, "quote-only=0.92,reboot=0.08", "");
  // Ten quotes in each millisecond until the next run, and nearly a boot; twenty days; and across
  // the end of 32 bits.
  constexpr std::uint64_t kQuotes = 1'000;
  std::optional<ClockInfo> last;
  for (const std::int64_t booted :
       {1'798'386'109'400, 1'798'386'109'500, 1'800'114'109'400, 1'800'114'109'500}) {
    FleetHost host = host_of(1, 4, booted);
    ASSERT_TRUE(host.begin_at(10, {{HashAlgorithm::kSha256, 0x43FF}}));
    for (std::uint64_t i = 0; i < kQuotes; ++i) {
      const Bytes item =
          host.evidence(plan, 10 + i, NonceKind::kInteractive, Nonce{}, i * kClockStepMs);
      const ClockInfo now = decode_quote(decode_evidence(item)->attest)->clock;
      if (last) {
        const std::uint32_t resets = now.reset_count - last->reset_count;
        EXPECT_LT(resets, 1U << 31U);
        EXPECT_TRUE(resets != 0 || i != 0) << "each run is another boot";
        EXPECT_GE(now.clock_ms, last->clock_ms);
      }
      last = now;
    }
  }
}

// A host of a fleet of ESXi hosts, of which so many of a thousand are faulty.
FleetHost esxi_host(std::uint32_t number, std::uint32_t faulty_per_mille) {
  EsxiFleetModel model;
  model.images = 2;
  model.modules = 24;
  model.faulty_per_mille = faulty_per_mille;
  FleetSettings settings;
  settings.keys = *KeyMix::parse(1, "ecdsa_p256:1");
  settings.esxi = std::make_shared<const EsxiFleet>(model);
  SeededKeys keys(1);
  return {settings, number, keys};
}

TEST(FleetHost, MayBootEsxi) {
  const Plan plan = *Plan::parse(1, "", "");
  FleetHost host = esxi_host(3, 0);
  ASSERT_TRUE(host.begin_at(1, {{HashAlgorithm::kSha256, 0x7BFF}}));
  const Bytes item = host.evidence(plan, 1, NonceKind::kInteractive, Nonce{}, 0);
  const Result<Evidence> evidence = decode_evidence(item);
  ASSERT_TRUE(evidence);
  const Bytes log = host.log(false);
  EXPECT_EQ(evidence->header.facts.os_id, "esxi");
  EXPECT_EQ(evidence->header.boot_log_bytes, log.size());
  EXPECT_NE(host.log(true), log);
  EXPECT_EQ(host.expected(Action::kQuoteOnly).state, TrustState::kTrusted);
  EXPECT_EQ(host.expected(Action::kTamperedLog).code, "log.mismatch");
}

TEST(FleetHost, ThatIsFaultyHasTheAnswerOfItsBoot) {
  const FleetHost host = esxi_host(3, 1000);
  const Expected expected = host.expected(Action::kReboot);
  EXPECT_NE(expected.state, TrustState::kTrusted);
  EXPECT_EQ(host.expected(Action::kBadSignature).state, TrustState::kFailed);
}

TEST(FleetHost, EveryFaultOfAnEsxiHostHasAnAnswer) {
  for (std::size_t number = 1; number < kEsxiFaults; ++number) {
    const auto fault = static_cast<EsxiFault>(number);
    const Expected expected = expected_of(fault);
    EXPECT_TRUE(expected.state == TrustState::kFailed || expected.state == TrustState::kWarning)
        << name_of(fault);
    EXPECT_EQ(expected.code.empty(), answer_to(fault).is_seen_by_quote) << name_of(fault);
  }
  EXPECT_EQ(expected_of(EsxiFault::kNone).state, TrustState::kTrusted);
}

TEST(FleetHost, DoesWhatIsAskedOfItOnly) {
  FleetHost host = host_of(1, 4);
  EXPECT_FALSE(host.begin_at(1, {}));
  EXPECT_FALSE(host.begin_at(1, {{HashAlgorithm::kSha1, 1}}));
  EXPECT_TRUE(host.begin_at(1, {{HashAlgorithm::kSha256, 1}}));
}

}  // namespace
}  // namespace quotemill::bench
