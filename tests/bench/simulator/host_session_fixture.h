// A session of quotemill-fleet's, its daemon played by the test.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "bench/simulator/host_session.h"
#include "engine/evidence/evidence_codec.h"

namespace quotemill::bench {

inline Plan plan_of(const char* mix, const char* faults = "") {
  return *Plan::parse(1, mix, faults);
}

// A session with a host, its daemon played by the test.
class HostSessionTest : public ::testing::Test {
 protected:
  explicit HostSessionTest(const Plan& plan = plan_of("")) : plan_(plan) {
    settings_.keys = *KeyMix::parse(1, "ecdsa_p256:1");
    settings_.booted = {1'800'000'000'000};
  }

  HostSession session() {
    SeededKeys keys(settings_.seed);
    return {FleetHost(settings_, 5, keys), plan_};
  }

  static transport::ChallengeMessage challenge(std::uint64_t sequence) {
    return {Nonce{7}, sequence, {{HashAlgorithm::kSha256, 0x43FF}}, 60'000};
  }

  static std::uint64_t clock_of(const Bytes& item) {
    return decode_quote(decode_evidence(item)->attest)->clock.clock_ms;
  }

  static transport::ReceiptMessage receipt(HostSession& session, std::uint64_t number,
                                           TrustState state, std::optional<Nonce> nonce = {},
                                           const std::string& code = {}) {
    Receipt out;
    out.state = static_cast<std::uint8_t>(state);
    out.host = session.host().record().uid;
    out.generation = 1;
    out.number = number;
    out.next_nonce = nonce;
    if (!code.empty()) {
      out.findings = {{2, code, "why"}};
    }
    return {encode_receipt(out)};
  }

  HostSession::Messages give(HostSession& session, transport::MessageBody body) {
    return session.receive({transport::Role::kServer, 0, std::move(body)}, now_us_, tally_);
  }

  template <class T>
  static const T& only(const HostSession::Messages& messages) {
    EXPECT_EQ(messages.size(), 1U);
    return std::get<T>(messages.at(0));
  }

  FleetSettings settings_;
  Plan plan_;
  Tally tally_;
  std::uint64_t now_us_ = 1'000'000;
};

}  // namespace quotemill::bench
