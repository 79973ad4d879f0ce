// Bundles as the daemon makes them, checked as anybody can: what is changed in one is noticed.
#include <sstream>
#include <thread>

#include <gmock/gmock.h>

#include "deploy/quotemill-verify/bundle_check.h"
#include "engine/identity/ek_certificate.h"
#include "tests/deploy/quotemilld/attesting_fixture.h"
#include "tests/support/eventually.h"

namespace quotemill::daemon {
namespace {

using offline::BundleOutcome;
using offline::BundleReport;
using ::testing::HasSubstr;
using transport::Json;

class ProofBundleTest : public AttestingFixture {
 protected:
  Json bundle(const std::string& host = "host-0") { return ask("host.bundle", {{"host", host}}); }

  static BundleReport check(const Json& bundle) {
    Result<BundleReport> report = offline::check_bundle(transport::to_line(bundle));
    EXPECT_TRUE(report) << (report ? "" : report.error().to_string());
    return report ? *std::move(report) : BundleReport{};
  }

  static BundleOutcome outcome(const BundleReport& report, const std::string& what) {
    for (const offline::BundleStep& step : report.steps) {
      if (step.what == what) {
        return step.outcome;
      }
    }
    ADD_FAILURE() << "no step " << what;
    return BundleOutcome::kUnknown;
  }

  // Another hexadecimal digit in the middle.
  static void damage(Json& text) {
    auto digits = text.get<std::string>();
    char& digit = digits[digits.size() / 2];
    digit = digit == '0' ? '1' : '0';
    text = digits;
  }
};

TEST_F(ProofBundleTest, ProvesWhatTheVerdictRestsOn) {
  attest(1);
  const BundleReport report = check(bundle());
  EXPECT_EQ(report.host, "host-0");
  EXPECT_EQ(report.state, "warning");
  for (const char* const what : {"quote", "log", "policy", "verdict"}) {
    EXPECT_EQ(outcome(report, what), BundleOutcome::kProven) << what;
  }
  EXPECT_EQ(outcome(report, "audit"), BundleOutcome::kUnknown) << "nobody did anything";
  EXPECT_TRUE(report.is_proven());
  EXPECT_FALSE(report.on_trust.empty());
}

TEST_F(ProofBundleTest, HasTheEkCertificateThatTheStoreKeeps) {
  attest(1);
  EXPECT_EQ(bundle()["host"]["ek_certificate"], "") << "it showed none";
  const Bytes der(1'200, 7);
  HostRecord record = *hosts_.find_by_name("host-0")->record;
  record.ek_certificate = name_of_ek_certificate(der);
  ASSERT_TRUE(committer_.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.records = {record};
    update.ek_certificates = {{record.uid, record.ek_certificate->sha256, der}};
    return update;
  }));
  EXPECT_EQ(bundle()["host"]["ek_certificate"], to_hex(der));
}

TEST_F(ProofBundleTest, CarriesAppliedPoliciesBaselinesAndTheTrail) {
  const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(known_boot())).hex();
  ask("upload", {{"sha256", sha256},
                 {"size", known_boot().size()},
                 {"offset", 0},
                 {"hex", to_hex(as_bytes(known_boot()))}});
  ask("baseline.import", {{"upload", sha256}, {"name", "boot"}, {"operator", "alice"}});
  ask("policy.apply", {{"texts",
                        {"[policy]\nid = \"default\"\nversion = 2\n[boot]\nbaselines = []\n"
                         "references = [\"boot\"]\n"}},
                       {"operator", "alice"}});
  attest(1);
  const Json made = bundle();
  EXPECT_EQ(made["policy"]["version"], 2);
  EXPECT_EQ(made["baselines"][0]["name"], "boot");
  const BundleReport report = check(made);
  EXPECT_EQ(report.state, "trusted");
  EXPECT_EQ(outcome(report, "verdict"), BundleOutcome::kProven);
  EXPECT_EQ(outcome(report, "audit"), BundleOutcome::kProven);
  EXPECT_TRUE(report.is_proven());
}

// Values that counted then prove what was judged by them, long after they have ended.
TEST_F(ProofBundleTest, ProvesAnAppraisalByValuesThatHaveEndedSince) {
  Json values = Json::array();
  std::istringstream lines(known_boot());
  for (std::string digest, name; lines >> digest && std::getline(lines, name);) {
    values.push_back({{"digest", "sha256:" + digest},
                      {"kind", "event"},
                      {"name", name.substr(2)},
                      {"valid_until", "2023-12-01T00:00:00Z"}});
  }
  const std::string file = transport::to_line({{"quotemill", "references/1"}, {"values", values}});
  const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(file)).hex();
  ask("upload",
      {{"sha256", sha256}, {"size", file.size()}, {"offset", 0}, {"hex", to_hex(as_bytes(file))}});
  ask("baseline.import", {{"upload", sha256}, {"name", "boot"}, {"operator", "alice"}});
  ask("policy.apply",
      {{"texts",
        {"[policy]\nid = \"default\"\nversion = 2\n[freshness]\nstale_after = \"30d\"\n"
         "[boot]\nbaselines = []\nreferences = [\"boot\"]\n"}},
       {"operator", "alice"}});
  attest(1);
  const Json then = bundle();
  EXPECT_EQ(check(then).state, "trusted");
  EXPECT_TRUE(check(then).is_proven());
  clock_.advance(1'000);
  const WallTime moment = clock_.now().wall;
  clock_.advance(20LL * 86'400'000);
  const Json later = ask("host.bundle", {{"host", "host-0"}, {"time_ms", moment.ms}});
  EXPECT_EQ(later["policy"]["version"], 2);
  EXPECT_EQ(outcome(check(later), "policy"), BundleOutcome::kProven);
  Json moved = later;
  moved["appraisal"]["time"] = "2023-12-02T00:00:00.000Z";
  moved["appraisal"]["fresh_from"] = "2023-12-02T00:00:00.000Z";
  EXPECT_EQ(outcome(check(moved), "policy"), BundleOutcome::kNotProven) << "they had ended by then";
}

TEST_F(ProofBundleTest, WhateverIsChangedIsNoticed) {
  ask("policy.apply",
      {{"texts", {"[policy]\nid = \"default\"\nversion = 2\n"}}, {"operator", "x"}});
  attest(1);
  const Json honest = bundle();
  ASSERT_TRUE(check(honest).is_proven());
  const auto with = [&honest](const std::function<void(Json&)>& change) {
    Json changed = honest;
    change(changed);
    return changed;
  };
  const std::vector<std::pair<std::string, Json>> changed = {
      {"quote", with([](Json& b) { damage(b["appraisal"]["evidence"]); })},
      {"quote", with([](Json& b) { damage(b["appraisal"]["nonce"]); })},
      {"quote", with([](Json& b) { damage(b["host"]["curve_key"]); })},
      {"quote", with([](Json& b) { damage(b["host"]["uuid"]); })},
      {"quote", with([](Json& b) { damage(b["verifier"]["curve_key"]); })},
      {"quote", with([](Json& b) { b["host"]["generation"] = 9; })},
      {"log", with([](Json& b) { damage(b["boot_log"]); })},
      {"policy", with([](Json& b) { b["policy"]["text"] = ""; })},
      {"policy", with([](Json& b) { damage(b["appraisal"]["snapshot"]); })},
      {"verdict", with([](Json& b) { b["appraisal"]["findings"] = Json::array(); })},
      {"audit", with([](Json& b) { b["audit"][0]["who"] = "nobody"; })}};
  for (const auto& [what, bundle] : changed) {
    const BundleReport report = check(bundle);
    EXPECT_EQ(outcome(report, what), BundleOutcome::kNotProven) << what;
    EXPECT_FALSE(report.is_proven());
  }
}

// Whoever forges a bundle deletes what contradicts it, or says in one place what another denies.
TEST_F(ProofBundleTest, Hostile_NoWordOfTrustIsProvenByWhatIsLeftOut) {
  ask("policy.apply", {{"texts",
                        {"[policy]\nid = \"default\"\nversion = 2\n[boot]\nno_baseline = "
                         "\"fail\"\n"}},
                       {"operator", "x"}});
  attest(1);
  const Json failed = bundle();
  ASSERT_EQ(failed["appraisal"]["state"], "failed");
  ASSERT_TRUE(check(failed).is_proven());
  const auto with = [&failed](const std::function<void(Json&)>& change) {
    Json changed = failed;
    change(changed);
    return check(changed);
  };
  const auto claims_trust = [](Json& b) {
    b["appraisal"]["state"] = "trusted";
    b["appraisal"]["findings"] = Json::array();
  };
  const BundleReport state_alone = with([](Json& b) { b["appraisal"]["state"] = "trusted"; });
  EXPECT_EQ(outcome(state_alone, "state"), BundleOutcome::kNotProven);
  EXPECT_EQ(state_alone.outcome(), BundleOutcome::kNotProven);
  const BundleReport milder = with([](Json& b) {
    b["appraisal"]["state"] = "trusted";
    for (Json& finding : b["appraisal"]["findings"]) {
      finding["severity"] = "info";
    }
  });
  EXPECT_EQ(outcome(milder, "verdict"), BundleOutcome::kNotProven);
  const BundleReport without_log = with([&](Json& b) {
    claims_trust(b);
    b["boot_log"] = nullptr;
  });
  EXPECT_EQ(outcome(without_log, "log"), BundleOutcome::kUnknown);
  EXPECT_EQ(without_log.outcome(), BundleOutcome::kUnknown);
  const BundleReport without_policy = with([&](Json& b) {
    claims_trust(b);
    b["policy"] = nullptr;
  });
  EXPECT_EQ(without_policy.outcome(), BundleOutcome::kUnknown);
  const BundleReport without_both = with([&](Json& b) {
    claims_trust(b);
    b["boot_log"] = nullptr;
    b["policy"] = nullptr;
  });
  EXPECT_EQ(without_both.outcome(), BundleOutcome::kUnknown);
}

// Findings that mean nothing, as many as a verdict keeps, must not stand in for those that do.
TEST_F(ProofBundleTest, Hostile_PaddingDropsNoFindingThatIsWorse) {
  attest(1);
  Json padded = bundle();
  ASSERT_EQ(padded["appraisal"]["state"], "warning");
  padded["appraisal"]["state"] = "trusted";
  padded["appraisal"]["findings"] = Json::array();
  for (std::size_t number = 0; number < limits::kFindingsMax; ++number) {
    padded["appraisal"]["findings"].push_back(
        {{"code", "boot.rebooted"}, {"severity", "info"}, {"event", number}});
  }
  const BundleReport report = check(padded);
  EXPECT_EQ(outcome(report, "verdict"), BundleOutcome::kNotProven);
  EXPECT_FALSE(report.is_proven());
}

TEST_F(ProofBundleTest, WhatIsNoBundleIsRefusedWithItsPlace) {
  attest(1);
  Json without = bundle();
  without["host"].erase("ak_public");
  const auto missing = offline::check_bundle(transport::to_line(without));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().detail, HasSubstr("/host/ak_public"));
  Json newer = bundle();
  newer["format"] = "quotemill-bundle/2";
  EXPECT_EQ(offline::check_bundle(transport::to_line(newer)).error().code, ErrorCode::kUnsupported);
  for (const char* const text : {"", "[]", "{}", "{\"format\":\"quotemill-bundle/1\"}"}) {
    EXPECT_FALSE(offline::check_bundle(text)) << text;
  }
}

TEST_F(ProofBundleTest, AHostThatEnrolledAnewIsShownAsItWasThen) {
  attest(1);
  const Json then = bundle();
  HostRecord again = *hosts_.find_by_name("host-0")->record;
  again.generation += 1;
  again.ak_public = SoftwareHost(KeyKind::kEcP256, 7).record().ak_public;
  again.curve_key.fill(7);
  add(again);
  const Json later = bundle();
  EXPECT_EQ(later["host"], then["host"]);
  EXPECT_TRUE(check(later).is_proven());
}

TEST_F(ProofBundleTest, Hostile_AHostThatWasRetiredIsProvenToBeNothing) {
  attest(1);
  const WallTime then = clock_.now().wall;
  clock_.advance(1'000);
  const std::string uid = hosts_.find_by_name("host-0")->record->uid.hex();
  ask("retire", {{"host", "host-0"}, {"operator", "alice"}});
  const Json now = bundle(uid);
  EXPECT_EQ(now["revision"]["cause"], "identity");
  EXPECT_EQ(check(now).state, "unknown");
  EXPECT_EQ(check(now).outcome(), BundleOutcome::kUnknown);
  const Json before = ask("host.bundle", {{"host", uid}, {"time_ms", then.ms}});
  EXPECT_EQ(check(before).state, "warning");
  EXPECT_TRUE(check(before).is_proven());
}

TEST_F(ProofBundleTest, IsRefusedForAHostThatNeverAttestedOrWhoseKeysAreNotKept) {
  attest(1);
  add(host_record(9, "fresh", LifeCycle::kActive));
  EXPECT_EQ(refusal("host.bundle", {{"host", "fresh"}}).code, ErrorCode::kNotFound);
  auto again = std::make_shared<HostRecord>(*hosts_.find_by_name("host-0")->record);
  again->generation += 1;
  hosts_.put(again);  // as a store of before has it, in which nothing is kept of former keys
  const transport::ControlError refused = refusal("host.bundle", {{"host", "host-0"}});
  EXPECT_EQ(refused.code, ErrorCode::kConflict);
  EXPECT_THAT(refused.message, HasSubstr("enrolled anew since (generation 2)"));
}

TEST_F(ProofBundleTest, ARevisedVerdictIsProvenByWhatItWasRevisedUnder) {
  attest(1);
  const WallTime attested = clock_.now().wall;
  clock_.advance(60'000);
  ask("policy.apply", {{"texts",
                        {"[policy]\nid = \"default\"\nversion = 2\n[boot]\nno_baseline = "
                         "\"fail\"\n"}},
                       {"confirmed", true},
                       {"operator", "alice"}});
  ask("reappraise", {{"operator", "alice"}});
  quotemill::testing::eventually([&] { return runs_.status()["state"] != "running"; });
  Json now = bundle();
  EXPECT_EQ(now["appraisal"]["state"], "warning");
  EXPECT_EQ(now["revision"]["cause"], "reappraised");
  EXPECT_EQ(now["policy"]["version"], 2);
  const BundleReport report = check(now);
  EXPECT_EQ(report.state, "failed");
  EXPECT_TRUE(report.is_proven());
  EXPECT_EQ(outcome(report, "policy"), BundleOutcome::kProven);
  const Json then = ask("host.bundle", {{"host", "host-0"}, {"time_ms", attested.ms}});
  EXPECT_TRUE(then["revision"].is_null());
  EXPECT_EQ(check(then).state, "warning");
  EXPECT_TRUE(check(then).is_proven());
  now["revision"]["findings"] = Json::array();
  EXPECT_EQ(outcome(check(now), "verdict"), BundleOutcome::kNotProven);
}

TEST_F(ProofBundleTest, SaysByWhatItWasJudged) {
  attest(1);
  for (const offline::BundleStep& step : check(bundle()).steps) {
    if (step.what == "policy") {
      EXPECT_THAT(step.detail, HasSubstr("policy default version "));
    }
  }
}

}  // namespace
}  // namespace quotemill::daemon
