// A host as a row tells what its stored record and state tell, decoded the whole way.
#include <algorithm>

#include <gmock/gmock.h>

#include "storage/host_row_reader.h"
#include "storage/records.h"
#include "tests/storage/random_hosts.h"
#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using ::quotemill::testing::Random;
using ::quotemill::testing::random_digest;
using ::quotemill::testing::random_record;
using ::quotemill::testing::random_state;
using ::quotemill::testing::random_time;
using ::quotemill::testing::sample_host;
using ::quotemill::testing::sample_state;
using ::quotemill::testing::stored_text;

// What a row says, as record and state.
std::string text_of(const HostRow& row) {
  HostRecord record = *row.common;
  record.uid = row.uid;
  record.generation = row.generation;
  record.name = row.name;
  record.life_cycle = row.life_cycle;
  record.ek_public = to_bytes(row.ek_public);
  if (!row.ek_certificate_sha256.empty()) {
    record.ek_certificate = {
        Digest::from(HashAlgorithm::kSha256, row.ek_certificate_sha256).value_or(Digest()),
        row.ek_certificate_not_after};
  }
  record.ek_sha256 = row.ek_sha256;
  record.ak_public = to_bytes(row.ak_public);
  record.curve_key = row.curve_key;
  record.enrolled = row.enrolled;
  record.expires = row.expires;
  const StateRow& from = row.state;
  HostState state;
  state.host = row.uid;
  state.generation = from.generation;
  state.sequence = from.sequence;
  state.state = from.state;
  state.since = from.since;
  state.verdict = *from.verdict;
  state.verdict.fresh_from = from.fresh_from;
  state.verdict.valid_until = from.valid_until;
  state.judged = from.judged;
  state.counters = from.counters;
  if (from.proof) {
    auto its_own = std::make_shared<BootProof>(*from.proof);
    its_own->generation = from.proof_generation;
    its_own->reset_count = from.proof_reset_count;
    its_own->log = *Digest::from(HashAlgorithm::kSha256, from.proof_log);
    state.proof = std::move(its_own);
  }
  state.runtime = from.runtime;
  state.facts = *from.facts;
  state.evidence = *Digest::from(HashAlgorithm::kSha256, from.evidence);
  state.receipt = to_bytes(from.receipt);
  state.nonce_issued = from.nonce_issued;
  state.nonce_deadline = from.nonce_deadline;
  state.host_changes = from.host_changes;
  return stored_text(record, state);
}

// Whether there is a row. If there is one, the whole way must tell the same.
bool expect_same(HostRowReader& reader, const HostUid& uid, const std::string& host,
                 const std::string& state) {
  const HostRow* const row = reader.read(uid, host, state);
  if (row == nullptr) {
    return false;
  }
  const Result<HostRecord> whole_record = decode_host(uid, host);
  const Result<HostState> whole_state = decode_state(uid, state);
  EXPECT_TRUE(whole_record) << "only the whole way says that it is damaged";
  EXPECT_TRUE(whole_state) << "only the whole way says that it is damaged";
  if (whole_record && whole_state) {
    EXPECT_EQ(to_hex(as_bytes(text_of(*row))),
              to_hex(as_bytes(stored_text(*whole_record, *whole_state))));
  }
  return true;
}

bool is_plain(const HostState& state) {
  return !state.latches && state.trust_lost == 0 &&
         state.evidence.algorithm() == HashAlgorithm::kSha256;
}

HostState trusted_state() {
  HostState state = sample_state(1, 1);
  state.trust_lost = 0;
  return state;
}

TEST(HostRows, TellWhatIsDecodedTheWholeWay) {
  Random random(11);
  HostRowReader reader;
  for (int i = 0; i < 5'000; ++i) {
    const HostRecord record = random_record(random);
    const HostState state = random_state(random, record.uid);
    EXPECT_EQ(expect_same(reader, record.uid, encode_host(record), encode_state(state)),
              is_plain(state));
  }
}

TEST(HostRows, ShareWhatManyHaveInCommon) {
  Random random(11);
  HostRowReader reader;
  HostState state = trusted_state();
  const std::string host = encode_host(sample_host(1));
  const StateRow first = reader.read(sample_host(1).uid, host, encode_state(state))->state;
  state.verdict.valid_until = random_time(random);
  auto booted_again = std::make_shared<BootProof>(*state.proof);
  booted_again->log = random_digest(random);
  ++booted_again->reset_count;
  state.proof = std::move(booted_again);
  const StateRow second = reader.read(sample_host(1).uid, host, encode_state(state))->state;
  EXPECT_EQ(second.verdict, first.verdict);
  EXPECT_EQ(second.proof, first.proof);
  EXPECT_EQ(second.facts, first.facts);
  EXPECT_NE(second.proof_reset_count, first.proof_reset_count);
}

// What a disk, or another version, may have made of a stored value.
std::string changed(Random& random, std::string value) {
  const std::size_t at = random() % value.size();
  switch (random() % 5) {
    case 0:
      value[at] = static_cast<char>(random());
      return value;
    case 1:
      value[at] = static_cast<char>(value[at] ^ 1 << random() % 8);
      return value;
    case 2:
      return value.substr(0, at);
    case 3:  // a piece of it again: fields that are there twice, and out of order
      return value + value.substr(1 + random() % std::min<std::size_t>(40, value.size() - 1));
    default:
      return value.insert(at, 1, static_cast<char>(random()));
  }
}

TEST(HostRows, OfADamagedValueAreNoneOrTellWhatIsDecodedTheWholeWay) {
  Random random(12);
  HostRowReader reader;
  int rows = 0;
  for (int i = 0; i < 40'000; ++i) {
    HostRecord record = sample_host(static_cast<std::uint8_t>(random()));
    record.ek_public.clear();  // changes are to hit what is read
    record.ak_public.resize(3);
    HostState state = random_state(random, record.uid);
    state.evidence = random_digest(random);
    state.latches = nullptr;
    state.trust_lost = 0;
    std::string host = encode_host(record);
    std::string its_state = encode_state(state);
    if (random() % 4 == 0) {
      host = changed(random, host);
    } else {
      its_state = changed(random, its_state);
    }
    rows += expect_same(reader, record.uid, host, its_state) ? 1 : 0;
  }
  EXPECT_GT(rows, 1'000) << "a changed time is a time";
}

// Every field of the proof once more, behind it and within its parts: the last one counts.
TEST(HostRows, HaveNoFieldThatALaterOneReplaces) {
  HostRowReader reader;
  const HostRecord record = sample_host(1);
  const std::string host = encode_host(record);
  const std::string state = encode_state(trusted_state());
  ASSERT_TRUE(expect_same(reader, record.uid, host, state));
  for (std::uint8_t number = 1; number < 16; ++number) {
    for (const std::string& field : {std::string{static_cast<char>(number << 3U), 5},
                                     std::string{static_cast<char>(number << 3U | 2U), 0}}) {
      EXPECT_FALSE(expect_same(reader, record.uid, host, state + field)) << +number;
    }
  }
}

}  // namespace
}  // namespace quotemill::storage
