#include "deploy/quotemilld/operator_import.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "bench/fleet/signing_key.h"
#include "engine/base/limits.h"
#include "tests/deploy/quotemilld/operator_fixture.h"
#include "tests/support/certificate_builder.h"
#include "transport/control/import_line.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using transport::Json;

class OperatorImportTest : public OperatorFixture {
 protected:
  // A host whose keys all have this number.
  static Json line(unsigned number) { return transport::render_import(identity(number)); }

  static ImportedIdentity identity(unsigned number) {
    ImportedIdentity out;
    out.name = "web-" + std::to_string(number);
    out.ak_public =
        bench::good_attestation_key(bench::cached_key(KeyKind::kEcP256, number).public_key())
            .encoded;
    out.ek_public =
        bench::good_endorsement_key(bench::cached_key(KeyKind::kEcP256, 100 + number).public_key())
            .encoded;
    out.curve_key.fill(static_cast<std::uint8_t>(number));
    return out;
  }

  Json import(const std::vector<Json>& lines, bool is_check = false) {
    return ask("hosts.import", {{"hosts", lines}, {"check", is_check}, {"operator", "ana"}});
  }

  // The only mistake of the answer.
  static std::string mistake(const Json& answer) {
    EXPECT_EQ(answer["imported"], 0);
    EXPECT_EQ(answer["mistakes"].size(), 1U) << answer.dump(1);
    return answer["mistakes"].empty() ? std::string()
                                      : answer["mistakes"][0]["what"].get<std::string>() + "; " +
                                            answer["mistakes"][0]["hint"].get<std::string>();
  }
};

TEST_F(OperatorImportTest, ImportsABatchInOneWrite) {
  const Json answer = import({line(1), line(2)});
  EXPECT_EQ(answer["imported"], 2) << answer.dump(1);
  EXPECT_EQ(answer["unchanged"], 0);
  const Json host = ask("host", {{"host", "web-1"}});
  EXPECT_EQ(host["identity"]["admitted_by"], "imported:ana");
  EXPECT_EQ(host["state"], "unknown");
  EXPECT_TRUE(hosts_.admits(identity(2).curve_key));
  ASSERT_FALSE(acts_.empty());
  EXPECT_EQ(acts_.back().verb, "hosts.import");
  EXPECT_EQ(acts_.back().subject, "2 hosts");
}

TEST_F(OperatorImportTest, KeepsTheCertificateThatTheRecordNames) {
  ImportedIdentity certified = identity(1);
  certified.ek_public.clear();
  certified.ek_certificate = quotemill::testing::self_signed(
                                 {}, quotemill::testing::SigningKey::generate(KeyKind::kEcP256))
                                 .der();
  EXPECT_EQ(import({transport::render_import(certified)})["imported"], 1);
  const HostRecord record = *hosts_.find_by_name("web-1")->record;
  ASSERT_TRUE(record.ek_certificate);
  EXPECT_EQ(*store_.ek_certificate(record.uid, record.ek_certificate->sha256),
            certified.ek_certificate);
}

TEST_F(OperatorImportTest, LeavesWhatIsThereAsItIs) {
  import({line(1)});
  const HostUid uid = hosts_.find_by_name("web-1")->record->uid;
  const Json again = import({line(1), line(2)});
  EXPECT_EQ(again["imported"], 1) << again.dump(1);
  EXPECT_EQ(again["unchanged"], 1);
  EXPECT_EQ(hosts_.find_by_name("web-1")->record->uid, uid);
}

TEST_F(OperatorImportTest, ACheckWritesNothing) {
  const Json answer = import({line(1)}, true);
  EXPECT_EQ(answer["imported"], 0);
  EXPECT_TRUE(answer["mistakes"].empty());
  EXPECT_EQ(hosts_.size(), 0U);
  EXPECT_TRUE(acts_.empty());
}

TEST_F(OperatorImportTest, ABatchWithAMistakeIsNotWrittenAtAll) {
  Json bad = line(2);
  bad["ak_public"] = bad["ek_public"];
  const Json answer = import({line(1), bad, Json(7)});
  EXPECT_EQ(answer["imported"], 0);
  ASSERT_EQ(answer["mistakes"].size(), 2U) << answer.dump(1);
  EXPECT_EQ(answer["mistakes"][0]["index"], 1);
  EXPECT_THAT(answer["mistakes"][0]["what"].get<std::string>(), HasSubstr("ak_public"));
  EXPECT_EQ(answer["mistakes"][1]["index"], 2);
  EXPECT_EQ(hosts_.size(), 0U);
}

TEST_F(OperatorImportTest, NeverReplacesWhatAnEnrolledHostHas) {
  const ImportedIdentity there = identity(1);
  import({line(1)});
  const auto with = [](auto change) {
    ImportedIdentity other = identity(2);
    change(other);
    return transport::render_import(other);
  };
  const std::string name = mistake(import({with([&](auto& i) { i.name = there.name; })}));
  EXPECT_THAT(name, HasSubstr("name is host web-1"));
  EXPECT_THAT(name, HasSubstr("quotemill retire"));
  EXPECT_THAT(mistake(import({with([&](auto& i) { i.ak_public = there.ak_public; })})),
              HasSubstr("ak_public is host web-1"));
  EXPECT_THAT(mistake(import({with([&](auto& i) { i.curve_key = there.curve_key; })})),
              HasSubstr("curve_key is host web-1"));
  EXPECT_THAT(mistake(import({with([&](auto& i) { i.ek_public = there.ek_public; })})),
              HasSubstr("EK is host web-1"));
  const HostUid uid = hosts_.find_by_name("web-1")->record->uid;
  EXPECT_THAT(mistake(import({with([&](auto& i) { i.uid = uid; })})),
              HasSubstr("uid is host web-1"));
  EXPECT_EQ(hosts_.size(), 1U);
}

TEST_F(OperatorImportTest, NeverBringsARetiredTpmBack) {
  import({line(1)});
  ask("retire", {{"host", "web-1"}});
  EXPECT_THAT(mistake(import({line(1)})), HasSubstr("quotemill restore"));
}

TEST_F(OperatorImportTest, RestoringProvesNothing) {
  import({line(1)});
  ask("retire", {{"host", "web-1"}});
  ask("restore", {{"host", "web-1"}, {"operator", "eve"}});
  EXPECT_EQ(hosts_.find_by_name("web-1")->record->admitted_by, "imported:eve");
}

TEST_F(OperatorImportTest, RefusesTwoLinesOfOneHost) {
  const auto with = [](auto change) {
    ImportedIdentity other = identity(2);
    change(other);
    return transport::render_import(other);
  };
  const ImportedIdentity first = identity(1);
  for (const Json& second : {with([&](auto& i) { i.name = first.name; }),
                             with([&](auto& i) { i.ak_public = first.ak_public; }),
                             with([&](auto& i) { i.ek_public = first.ek_public; }),
                             with([&](auto& i) { i.curve_key = first.curve_key; })}) {
    EXPECT_THAT(mistake(import({line(1), second})), HasSubstr("that of an earlier line"));
  }
  EXPECT_EQ(hosts_.size(), 0U);
}

TEST_F(OperatorImportTest, HostsWithoutAnEkDoNotShareOne) {
  const auto without_ek = [](unsigned number) {
    ImportedIdentity host = identity(number);
    host.ek_public.clear();
    return transport::render_import(host);
  };
  EXPECT_EQ(import({without_ek(1), without_ek(2)})["imported"], 2);
  EXPECT_EQ(import({without_ek(3)})["imported"], 1);
}

TEST_F(OperatorImportTest, RefusesWhatIsNoBatch) {
  EXPECT_EQ(refusal("hosts.import").code, ErrorCode::kConfig);
  EXPECT_EQ(refusal("hosts.import", {{"hosts", "all"}}).code, ErrorCode::kConfig);
  Json many = Json::array();
  for (std::size_t i = 0; i <= limits::kImportHostsMax; ++i) {
    many.push_back(nullptr);
  }
  EXPECT_EQ(refusal("hosts.import", {{"hosts", many}}).code, ErrorCode::kConfig);
}

}  // namespace
}  // namespace quotemill::daemon
