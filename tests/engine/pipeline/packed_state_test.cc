#include "engine/pipeline/packed_state.h"

#include <random>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/evidence/receipt.h"
#include "storage/records.h"

namespace quotemill {
namespace {

using Random = std::mt19937_64;

// The stored form has every field.
std::string text_of(const HostState& state) {
  return storage::encode_state(state);
}

bool coin(Random& random) {
  return random() % 2 == 0;
}

// A few values, so that many states have some in common.
std::string text(Random& random, const char* what) {
  return what + std::string(random() % 3 * 9, 'x') + std::to_string(random() % 3);
}

Digest digest(Random& random) {
  return hash(HashAlgorithm::kSha256, as_bytes(std::to_string(random())));
}

WallTime time(Random& random) {
  return {static_cast<std::int64_t>(random() % 2'000'000'000'000)};
}

Findings findings(Random& random) {
  Findings out(random() % 3);
  for (Finding& finding : out) {
    finding.code = coin(random) ? FindingCode::kBootEventDigestUnknown : FindingCode::kLogPadding;
    finding.severity = static_cast<Severity>(random() % 3);
    finding.subject = text(random, "event");
    finding.pcr = coin(random) ? std::optional<std::uint32_t>(random() % 8) : std::nullopt;
    finding.digest = coin(random) ? std::optional(digest(random)) : std::nullopt;
    finding.seen_number = random() % 2;
  }
  return out;
}

BootProof proof(Random& random) {
  BootProof out;
  out.generation = static_cast<std::uint32_t>(random());
  out.reset_count = static_cast<std::uint32_t>(random());
  PcrBank bank(coin(random) ? HashAlgorithm::kSha256 : HashAlgorithm::kSha384);
  for (std::uint32_t pcr = 0; pcr < random() % 24; ++pcr) {
    bank.set(pcr, hash(bank.algorithm(), as_bytes(text(random, "value"))));
  }
  out.pcrs = KnownPcrs(bank);
  out.log = digest(random);
  out.snapshot.fill(static_cast<std::uint8_t>(random() % 3));
  out.findings = findings(random);
  out.event_count = static_cast<std::uint32_t>(random() % 2);
  return out;
}

// The host's own, as the engine makes it, or nearly: what it names may be another's.
Bytes receipt(Random& random, const HostState& state) {
  Receipt out;
  out.state = static_cast<std::uint8_t>(state.state);
  out.host = state.host;
  out.generation = state.generation;
  out.number = state.sequence;
  out.next_due_ms = static_cast<std::uint32_t>(random());
  if (coin(random)) {
    std::generate_n(out.next_nonce.emplace().begin(), out.next_nonce->size(),
                    [&] { return static_cast<std::uint8_t>(random()); });
    out.nonce_valid_ms = static_cast<std::uint32_t>(random());
  }
  out.findings = {{2, text(random, "code"), text(random, "message")}};
  switch (random() % 8) {
    case 0:
      ++out.host.bytes.at(random() % 16);
      break;
    case 1:
      out.generation ^= 1U << random() % 32;
      break;
    case 2:
      out.number ^= std::uint64_t{1} << random() % 64;
      break;
    default:
      break;
  }
  Bytes bytes = encode_receipt(out);
  if (random() % 8 == 0) {
    bytes.resize(random() % 80);
  }
  return bytes;
}

HostState random_state(Random& random) {
  HostState out;
  std::generate(out.host.bytes.begin(), out.host.bytes.end(),
                [&] { return static_cast<std::uint8_t>(random()); });
  out.generation = static_cast<std::uint32_t>(random() % 3);
  out.sequence = random();
  out.state = static_cast<TrustState>(random() % 5);
  out.since = time(random);
  out.verdict.state = static_cast<TrustState>(random() % 5);
  out.verdict.findings = findings(random);
  out.verdict.findings_dropped = static_cast<std::uint32_t>(random() % 2);
  out.verdict.snapshot.fill(static_cast<std::uint8_t>(random() % 3));
  out.verdict.fresh_from = time(random);
  out.verdict.valid_until = time(random);
  out.judged = time(random);
  if (coin(random)) {
    out.counters = CounterRecord{{random(), 7, static_cast<std::uint32_t>(random()), coin(random)},
                                 random() % 2,
                                 {},
                                 time(random)};
    out.counters->boot_id.fill(static_cast<std::uint8_t>(random()));
  }
  if (coin(random)) {
    out.proof = std::make_shared<const BootProof>(proof(random));
  }
  if (coin(random)) {
    RuntimeProof runtime;
    runtime.reset_count = static_cast<std::uint32_t>(random());
    runtime.findings = findings(random);
    out.runtime = std::make_shared<const RuntimeProof>(runtime);
  }
  if (coin(random)) {
    const Finding held{.code = FindingCode::kImaFileUnknown, .subject = text(random, "file")};
    out.latches = std::make_shared<const Latches>(Latches{{{held, time(random), 3, false}}, false});
  }
  out.facts = {text(random, "os"),      text(random, "12"),    text(random, "kernel"),
               text(random, "vendor"),  text(random, "model"), text(random, "agent"),
               text(random, "firmware")};
  out.evidence = digest(random);
  out.receipt = coin(random) ? receipt(random, out)
                             : Bytes(random() % 200, static_cast<std::uint8_t>(random() % 3));
  out.nonce_issued = coin(random) ? std::optional(time(random)) : std::nullopt;
  out.nonce_deadline = time(random);
  out.host_changes = random();
  out.trust_lost = random();
  return out;
}

TEST(PackedState, IsTheStateThatWasPacked) {
  Random random(20261126);
  PackedState::Pool pool;
  std::vector<HostState> states;
  std::vector<std::optional<PackedState>> packed;
  for (int i = 0; i < 3'000; ++i) {
    states.push_back(random_state(random));
    packed.push_back(PackedState::pack(states.back(), pool));
    ASSERT_TRUE(packed.back());
  }
  for (std::size_t i = 0; i < states.size(); ++i) {
    const HostState again = packed[i]->unpack(states[i].host);
    ASSERT_EQ(text_of(again), text_of(states[i])) << "state " << i;
    ASSERT_EQ(again.host, states[i].host);
    ASSERT_EQ(packed[i]->state(), states[i].state);
    ASSERT_EQ(packed[i]->valid_until(), states[i].verdict.valid_until);
    ASSERT_EQ(packed[i]->counters(), states[i].counters);
    ASSERT_EQ(packed[i]->has_runtime(), states[i].runtime != nullptr);
    ASSERT_EQ(packed[i]->has_latches(), states[i].latches != nullptr);
    ASSERT_EQ(packed[i]->facts(), states[i].facts);
    ASSERT_EQ(packed[i]->proven_log(),
              states[i].proof ? std::optional(states[i].proof->log) : std::nullopt);
  }
}

TEST(PackedState, IsTheDefaultStateToo) {
  PackedState::Pool pool;
  const HostState fresh;
  EXPECT_EQ(text_of(PackedState::pack(fresh, pool)->unpack(fresh.host)), text_of(fresh));
}

TEST(PackedState, KeepsOnceWhatManyHostsSay) {
  Random random(1);
  PackedState::Pool pool;
  HostState state = random_state(random);
  state.proof = std::make_shared<const BootProof>(proof(random));
  std::vector<std::optional<PackedState>> packed;
  for (std::uint8_t number = 0; number < 100; ++number) {
    state.sequence = number;
    state.verdict.fresh_from = time(random);
    BootProof own = *state.proof;
    own.log = digest(random);
    own.reset_count = number;
    state.proof = std::make_shared<const BootProof>(own);
    packed.push_back(PackedState::pack(state, pool));
  }
  EXPECT_EQ(pool.verdicts.size(), 1U);
  EXPECT_EQ(pool.proofs.size(), 1U);
  EXPECT_EQ(pool.pcrs.size(), 1U);
  EXPECT_EQ(pool.facts.size(), 1U);
  EXPECT_EQ(pool.receipts.size(), 1U);
  EXPECT_EQ(pool.all.size(), 1U);
  EXPECT_EQ(packed[7]->unpack(state.host).proof->reset_count, 7U);
}

TEST(PackedState, KeepsOnceWhatWasFoundOnHostsWithPcrValuesOfTheirOwn) {
  Random random(2);
  PackedState::Pool pool;
  HostState state = random_state(random);
  const BootProof common = proof(random);
  std::vector<std::optional<PackedState>> packed;
  std::vector<BootProof> proofs;
  for (int number = 0; number < 100; ++number) {
    BootProof own = common;
    PcrBank values(HashAlgorithm::kSha256);
    values.set(13, digest(random));
    own.pcrs = KnownPcrs(values);
    proofs.push_back(own);
    state.proof = std::make_shared<const BootProof>(own);
    packed.push_back(PackedState::pack(state, pool));
  }
  EXPECT_EQ(pool.proofs.size(), 1U);
  EXPECT_EQ(pool.pcrs.size(), 100U);
  for (std::size_t i = 0; i < packed.size(); ++i) {
    EXPECT_EQ(*packed[i]->unpack(state.host).proof, proofs[i]);
  }
}

TEST(PackedState, KeepsOnceHowReceiptsEndThatNameTheirHost) {
  Random random(3);
  PackedState::Pool pool;
  std::vector<HostState> states;
  std::vector<std::optional<PackedState>> packed;
  for (std::uint8_t number = 0; number < 100; ++number) {
    HostState& state = states.emplace_back();
    state.host.bytes.fill(number);
    state.generation = 70'000U * number;
    state.sequence = 5'000'000'000U * number;
    Receipt receipt;
    receipt.host = state.host;
    receipt.generation = state.generation;
    receipt.number = state.sequence;
    receipt.next_nonce.emplace().fill(number);
    receipt.findings = {{1, "code", "message"}};
    state.receipt = encode_receipt(receipt);
    packed.push_back(PackedState::pack(state, pool));
  }
  EXPECT_EQ(pool.receipts.size(), 1U);
  for (std::size_t i = 0; i < packed.size(); ++i) {
    EXPECT_EQ(packed[i]->unpack(states[i].host).receipt, states[i].receipt);
  }
}

TEST(PackedState, WhatNobodySaysAnyMoreIsForgotten) {
  PackedState::Pool pool;
  HostState state;
  for (int number = 0; number < 10'000; ++number) {
    state.facts.kernel = "kernel " + std::to_string(number);
    ASSERT_TRUE(PackedState::pack(state, pool));
  }
  // Facts go once nothing is left of what they were shared as part of.
  EXPECT_LE(pool.all.size(), 1'025U);
  EXPECT_LE(pool.facts.size(), 4'096U);
}

TEST(PackedState, LeavesAStateAloneThatItHasNoRoomFor) {
  PackedState::Pool pool;
  HostState state;
  state.evidence = Digest(HashAlgorithm::kSha384);
  EXPECT_FALSE(PackedState::pack(state, pool));
  state.evidence = Digest();
  BootProof proof;
  proof.log = Digest(HashAlgorithm::kSha1);
  state.proof = std::make_shared<const BootProof>(proof);
  EXPECT_FALSE(PackedState::pack(state, pool));
}

}  // namespace
}  // namespace quotemill
