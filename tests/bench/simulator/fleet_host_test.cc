#include "bench/simulator/fleet_host.h"

#include <gtest/gtest.h>

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
  const Result<HostRecord> record =
      imported_record(host_of(1, 4).identity(), {"ana", HostUid{{1}}, {}});
  EXPECT_TRUE(record) << record.error().to_string();
}

TEST(FleetHost, ItsCountersAndClockNeverGoBack) {
  const Plan plan = *Plan::parse(1, "quote-only=0.5,reboot=0.5", "");
  const auto quoted = [&](FleetHost& host, std::uint64_t sequence) {
    const Bytes item = host.evidence(plan, sequence, NonceKind::kInteractive, Nonce{});
    return decode_quote(decode_evidence(item)->attest)->clock;
  };
  ClockInfo last{};
  for (const std::int64_t booted : {1'800'000'000'000, 1'800'000'060'000}) {
    FleetHost host = host_of(1, 4, booted);
    ASSERT_TRUE(host.begin_at(10, {{HashAlgorithm::kSha256, 0x43FF}}));
    EXPECT_GT(quoted(host, 10).reset_count, last.reset_count) << "each run is another boot";
    for (std::uint64_t sequence = 10; sequence < 30; ++sequence) {
      const ClockInfo now = quoted(host, sequence);
      EXPECT_GE(now.clock_ms, last.clock_ms);
      EXPECT_GE(now.reset_count, last.reset_count);
      last = now;
    }
  }
}

TEST(FleetHost, DoesWhatIsAskedOfItOnly) {
  FleetHost host = host_of(1, 4);
  EXPECT_FALSE(host.begin_at(1, {}));
  EXPECT_FALSE(host.begin_at(1, {{HashAlgorithm::kSha1, 1}}));
  EXPECT_TRUE(host.begin_at(1, {{HashAlgorithm::kSha256, 1}}));
}

}  // namespace
}  // namespace quotemill::bench
