// Why hosts are not trusted, held against a look at all of them.
#include <map>
#include <random>
#include <tuple>

#include <gmock/gmock.h>

#include "engine/pipeline/host_index.h"
#include "engine/pipeline/host_table.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

HostRecord record_of(unsigned number, LifeCycle life_cycle = LifeCycle::kActive) {
  HostRecord record;
  record.uid.bytes.front() = static_cast<std::uint8_t>(number);
  record.uid.bytes.back() = static_cast<std::uint8_t>(number >> 8U);
  record.name = "host-" + std::to_string(number);
  record.life_cycle = life_cycle;
  record.generation = 1;
  record.ek_sha256 = record.name;
  record.ak_public = to_bytes(as_bytes(record.name));
  record.curve_key.front() = static_cast<std::uint8_t>(number);
  record.curve_key.back() = static_cast<std::uint8_t>(number >> 8U);
  return record;
}

Finding finding_of(FindingCode code, std::string subject, Severity severity = Severity::kFail) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  finding.subject = std::move(subject);
  return finding;
}

HostState state_of(const HostRecord& record, Findings findings) {
  HostState state;
  state.host = record.uid;
  state.generation = record.generation;
  state.sequence = 1;
  state.verdict = decide(std::move(findings));
  state.state = state.verdict.state;
  state.evidence = Digest(HashAlgorithm::kSha256);
  return state;
}

class HostCausesTest : public ::testing::Test {
 protected:
  void put(const HostRecord& record, Findings findings) {
    table.put(std::make_shared<const HostRecord>(record));
    table.put_state(std::make_shared<const HostState>(state_of(record, std::move(findings))));
  }

  HostTable table{2};  // nearly all of them packed
};

TEST_F(HostCausesTest, ThereIsNoneForHostsThatAreTrusted) {
  put(record_of(1), {});
  put(record_of(2), {finding_of(FindingCode::kBootRebooted, "", Severity::kInfo)});
  EXPECT_THAT(table.causes(10), IsEmpty());
}

TEST_F(HostCausesTest, WhatIsTheSameIsOneCauseAndTheLargestComesFirst) {
  put(record_of(1), {finding_of(FindingCode::kQuoteNonce, "a")});
  for (unsigned number = 2; number < 10; ++number) {
    put(record_of(number), {finding_of(FindingCode::kQuoteNonce, "b")});
  }
  const std::vector<HostCause> causes = table.causes(10);
  ASSERT_EQ(causes.size(), 2U);
  EXPECT_EQ(causes[0].hosts, 8U);
  EXPECT_EQ(causes[0].state, TrustState::kFailed);
  EXPECT_EQ(causes[0].finding->code, FindingCode::kQuoteNonce);
  EXPECT_EQ(causes[0].finding->subject, "b");
  EXPECT_EQ(causes[0].names.size(), 5U);
  EXPECT_THAT(causes[1].names, ElementsAre("host-1"));
  EXPECT_EQ(table.causes(1).size(), 1U);
}

TEST_F(HostCausesTest, TheSameContentIsOneCauseWhateverItIsCalled) {
  for (unsigned number = 1; number < 4; ++number) {
    Finding finding = finding_of(FindingCode::kQuoteNonce, "name " + std::to_string(number));
    finding.digest = Digest(HashAlgorithm::kSha256);
    put(record_of(number), {finding});
  }
  EXPECT_EQ(table.causes(10).size(), 1U);
}

TEST_F(HostCausesTest, AHostThatNeverAttestedHasNoFinding) {
  table.put(std::make_shared<const HostRecord>(record_of(1)));
  const std::vector<HostCause> causes = table.causes(10);
  ASSERT_EQ(causes.size(), 1U);
  EXPECT_EQ(causes[0].state, TrustState::kUnknown);
  EXPECT_FALSE(causes[0].finding);
}

TEST_F(HostCausesTest, ThoseOfStoredHostsAreThere) {
  std::vector<StoredHost> hosts;
  for (unsigned number = 0; number < 6; ++number) {
    const HostRecord record = record_of(number);
    hosts.push_back(
        {std::make_shared<const HostRecord>(record),
         state_of(record, number % 2 == 0 ? Findings{}
                                          : Findings{finding_of(FindingCode::kQuoteNonce, "x")})});
  }
  table.put_stored(std::move(hosts));
  ASSERT_EQ(table.causes(10).size(), 1U);
  EXPECT_EQ(table.causes(10)[0].hosts, 3U);
}

TEST_F(HostCausesTest, MoreCausesThanAreToldApartAreToldByTheirCode) {
  for (unsigned number = 0; number < 10'050; ++number) {
    put(record_of(number), {finding_of(FindingCode::kQuoteNonce, std::to_string(number))});
  }
  const std::vector<HostCause> causes = table.causes(20'000);
  EXPECT_EQ(causes.size(), 10'001U);
  EXPECT_EQ(causes[0].hosts, 50U);
  std::size_t hosts = 0;
  for (const HostCause& cause : causes) {
    hosts += cause.hosts;
  }
  EXPECT_EQ(hosts, 10'050U);
}

// --- At random

class HostCausesAtRandom : public ::testing::TestWithParam<unsigned> {};

INSTANTIATE_TEST_SUITE_P(Seeds, HostCausesAtRandom, ::testing::Range(1U, 9U));

using Cause = std::tuple<TrustState, std::string, std::string>;

std::map<Cause, std::size_t> looked_at(const HostTable& table) {
  std::map<Cause, std::size_t> causes;
  for (const Host& host : table.list({}, 1'000)) {
    const Findings& findings = host.state->verdict.findings;
    if (host.state->state == TrustState::kTrusted) {
      continue;
    }
    const bool has_cause = !findings.empty() && findings.front().severity != Severity::kInfo;
    ++causes[{host.state->state, has_cause ? std::string(name_of(findings.front().code)) : "",
              has_cause ? findings.front().subject : ""}];
  }
  return causes;
}

TEST_P(HostCausesAtRandom, AreWhatALookAtAllHostsFinds) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  std::mt19937 random(GetParam());
  constexpr std::array kLives = {LifeCycle::kActive,  LifeCycle::kActive, LifeCycle::kMaintenance,
                                 LifeCycle::kRetired, LifeCycle::kDenied, LifeCycle::kPending};
  HostTable table(5);
  for (int step = 0; step < 3'000; ++step) {
    HostRecord record =
        record_of(static_cast<unsigned>(random() % 40), kLives.at(random() % kLives.size()));
    switch (random() % 8) {
      case 0:
        table.remove(record.uid);
        break;
      case 1:
      case 2:
        table.put(std::make_shared<const HostRecord>(record));
        break;
      case 3:
        if (!table.find(record.uid)) {
          table.put_stored({{std::make_shared<const HostRecord>(record),
                             state_of(record, {finding_of(FindingCode::kQuoteNonce, "stored")})}});
        }
        break;
      default: {
        const auto kind = static_cast<unsigned>(random() % 6);
        Findings findings;
        if (kind > 1) {
          findings.push_back(
              finding_of(kind % 2 == 0 ? FindingCode::kQuoteNonce : FindingCode::kStaleNoContact,
                         std::to_string(kind), kind == 5 ? Severity::kWarning : Severity::kFail));
        }
        HostState state = state_of(record, std::move(findings));
        if (kind == 4) {
          state.state = state.verdict.state = TrustState::kStale;
        }
        table.put_state(std::make_shared<const HostState>(state));
        break;
      }
    }
    if (step % 10 != 0) {
      continue;
    }
    std::map<Cause, std::size_t> kept;
    for (const HostCause& cause : table.causes(1'000)) {
      kept[{cause.state, cause.finding ? std::string(name_of(cause.finding->code)) : "",
            cause.finding ? cause.finding->subject : ""}] = cause.hosts;
      ASSERT_EQ(cause.names.size(), std::min<std::size_t>(cause.hosts, 5));
      for (const std::string& name : cause.names) {
        ASSERT_EQ(table.find_by_name(name)->state->state, cause.state);
      }
    }
    ASSERT_EQ(kept, looked_at(table)) << step;
  }
}

}  // namespace
}  // namespace quotemill
