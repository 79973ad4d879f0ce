#include "transport/render/render_records.h"

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"

namespace quotemill::transport {
namespace {

constexpr const char* kStream = "01K9ZZZZZZZZZZZZZZZZZZZZZZ";

Finding unknown_application() {
  Finding finding;
  finding.code = FindingCode::kBootEventDigestUnknown;
  finding.pcr = 4;
  finding.event = 31;
  finding.event_type = 0x80000003;
  finding.digest = hash(HashAlgorithm::kSha256, as_bytes("seen"));
  finding.subject = "grubx64.efi";
  return finding;
}

Change failed_change() {
  Change change;
  change.sequence = 42;
  change.host_sequence = 3;
  change.host.bytes.fill(0xAB);
  change.host_name = "web-01";
  change.ek_sha256 = "beef";
  change.time = {1'795'471'200'500};
  change.previous = TrustState::kTrusted;
  change.current = TrustState::kFailed;
  change.reasons = {unknown_application()};
  change.policy_id = "production";
  change.snapshot.fill(0x5A);
  change.evidence = hash(HashAlgorithm::kSha256, as_bytes("evidence"));
  change.boot_id.fill(0xB0);
  change.reset_count = 7;
  return change;
}

Host hostile_host() {
  auto record = std::make_shared<HostRecord>();
  record->name = "web\x1b[2J\n<script>\"|=";
  record->note = std::string(3, '\xff');
  record->admitted_by = "operator:eve\r\n";
  auto state = std::make_shared<HostState>();
  state->facts.kernel = std::string("6.1\0\x1b]0;owned\a", 15);
  state->facts.vendor = std::string(10'000, '\n');
  return {record, state};
}

void expect_printable(const Json& value) {
  if (value.is_string()) {
    for (const char c : value.get<std::string>()) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7F) << to_line(value);
    }
  }
  if (value.is_structured()) {
    for (const Json& element : value) {
      expect_printable(element);
    }
  }
}

TEST(RenderRecords, EventIdSortsAsTheStreamDoes) {
  EXPECT_EQ(event_id("S", 42), "S:00000000000000000042");
  EXPECT_LT(event_id("S", 9), event_id("S", 10));
  EXPECT_EQ(event_id("S", UINT64_MAX), "S:18446744073709551615");
}

TEST(RenderRecords, ChangeHasTheFieldsOfTheEvent) {
  const Json event = render_change(kStream, failed_change(), {});
  const std::vector<std::string> wanted = {"id",      "seq",     "host_seq",    "time",
                                           "prev",    "new",     "maintenance", "evidence_sha256",
                                           "boot_id", "tpm",     "chain",       "chain_prev",
                                           "policy",  "rollout", "host",        "reasons_dropped",
                                           "reasons"};
  std::vector<std::string> keys;
  for (const auto& item : event.items()) {
    keys.push_back(item.key());
  }
  EXPECT_EQ(keys, wanted);
  EXPECT_EQ(event["id"], std::string(kStream) + ":00000000000000000042");
  EXPECT_EQ(event["time"], "2026-11-23T22:00:00.500Z");
  EXPECT_EQ(event["host"]["name"], "web-01");
  EXPECT_EQ(event["host"]["uuid"], "abababababababababababababababab");
  EXPECT_EQ(event["prev"], "trusted");
  EXPECT_EQ(event["new"], "failed");
  EXPECT_EQ(event["policy"]["id"], "production");
  EXPECT_EQ(event["tpm"]["reset_count"], 7);
  const Json& reason = event["reasons"][0];
  EXPECT_EQ(reason["code"], "boot.event.digest_unknown");
  EXPECT_EQ(reason["severity"], "fail");
  EXPECT_EQ(reason["pcr"], 4);
  EXPECT_EQ(reason["event"], 31);
  EXPECT_EQ(reason["type"], "EV_EFI_BOOT_SERVICES_APPLICATION");
  EXPECT_EQ(reason["alg"], "sha256");
  EXPECT_TRUE(reason["expected"].is_null());
}

TEST(RenderRecords, ChangeByTimeAloneHasNoEvidence) {
  Change change = failed_change();
  change.evidence = Digest();
  EXPECT_TRUE(render_change(kStream, change, {})["evidence_sha256"].is_null());
}

TEST(RenderRecords, RowSaysWhyByTheWorstFinding) {
  Host host = hostile_host();
  auto state = std::make_shared<HostState>(*host.state);
  state->verdict.findings = {unknown_application()};
  state->sequence = 1;
  state->judged = {1'795'471'200'500};
  host.state = state;
  const Json row = render_host_row(host);
  EXPECT_EQ(row["why"]["code"], "boot.event.digest_unknown");
  EXPECT_EQ(row["last_seen"], "2026-11-23T22:00:00.500Z");
  EXPECT_FALSE(render_host(host)["findings"][0]["remedy"].is_null());
}

TEST(RenderRecords, StaleHostWasSeenWhenItsLastQuoteCame) {
  Host host = hostile_host();
  auto state = std::make_shared<HostState>(*host.state);
  state->state = TrustState::kStale;
  state->sequence = 1;
  state->judged = {2'000'000'000'000};
  state->counters = CounterRecord{};
  state->counters->received = {1'795'471'200'500};
  host.state = state;
  EXPECT_EQ(render_host_row(host)["last_seen"], "2026-11-23T22:00:00.500Z");
}

TEST(RenderRecordsCve, Cve2022_23949_HostileTextIsPrintable) {
  const Host host = hostile_host();
  expect_printable(render_host(host));
  expect_printable(render_host_row(host));
  expect_printable(render_pending(*host.record));
  Change change = failed_change();
  change.host_name = host.record->name;
  expect_printable(render_change(kStream, change, {}));
  EXPECT_LT(to_line(render_host(host)).size(), 4'000U) << "a fact was not cut";
}

TEST(RenderRecords, ARunTellsHowManyItStandsForAndWhatIsOfTheFirst) {
  HistoryEntry entry;
  entry.sequence = 730;
  entry.time = {1'795'471'200'500};
  entry.evidence_item = Bytes(3, 1);
  entry.nonce_kind = NonceKind::kPreissued;
  EXPECT_TRUE(render_appraisal(entry)["run"].is_null());
  entry.run = HistoryRun{};
  entry.run->first_sequence = 11;
  entry.run->first_time = {1'795'471'200'500 - 3'000'000};
  entry.run->first_evidence_item = Bytes(2, 2);
  entry.run->interactive = 45;
  entry.run->longest_gap_ms = 5001;
  const Json json = render_appraisal(entry);
  EXPECT_EQ(json["seq"], 730);
  EXPECT_EQ(json["nonce"], "preissued");
  const Json run = json["run"];
  EXPECT_EQ(run["count"], 720);
  EXPECT_EQ(run["interactive"], 45);
  EXPECT_EQ(run["longest_gap_ms"], 5001);
  EXPECT_EQ(run["first"]["seq"], 11);
  EXPECT_EQ(run["first"]["time"], "2026-11-23T21:10:00.500Z");
  EXPECT_EQ(run["first"]["nonce"], "interactive");
  EXPECT_EQ(run["first"]["evidence_bytes"], 2);
  EXPECT_NE(run["first"]["evidence_sha256"], json["evidence_sha256"]);
}

TEST(RenderRecords, TokenIsNeverShownAndItsStateIs) {
  TokenRecord token;
  token.id = hash(HashAlgorithm::kSha256, as_bytes("text"));
  token.expires = {1'000};
  EXPECT_EQ(render_token(token, {999})["state"], "open");
  EXPECT_EQ(render_token(token, {1'000})["state"], "expired");
  token.uses_left = 0;
  EXPECT_EQ(render_token(token, {999})["state"], "spent");
}

}  // namespace
}  // namespace quotemill::transport
