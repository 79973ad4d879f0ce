// Importing an inventory over the control socket's verbs.
#include <gmock/gmock.h>

#include "tests/deploy/quotemilld/operator_fixture.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using transport::Json;

std::string ek(int number) {
  return std::string(64, static_cast<char>('0' + number));
}

class OperatorInventoryTest : public OperatorFixture {
 protected:
  Json import(const std::string& rows, bool is_check = false) {
    return ask(is_check ? "inventory.import.check" : "inventory.import", uploaded(rows));
  }

  // The arguments that name a file of these rows, which was sent.
  Json uploaded(const std::string& rows) {
    const std::string text = "ek,name,env\n" + rows;
    const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(text)).hex();
    ask("upload", {{"sha256", sha256},
                   {"size", text.size()},
                   {"offset", 0},
                   {"hex", to_hex(as_bytes(text))}});
    return {{"upload", sha256}, {"operator", "alice"}};
  }

  std::size_t acts() { return ask("audit.list")["audit"].size(); }
};

TEST_F(OperatorInventoryTest, UnknownEksAreExpected) {
  const Json done = import(ek(1) + ",web-01,prod\n" + ek(2) + ",web-02,\n");
  EXPECT_EQ(done["expected"], 2);
  EXPECT_EQ(done["mistakes_found"], 0);
  const Json list = ask("inventory.list")["expected"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["name"], "web-01");
  EXPECT_EQ(list[0]["labels"]["env"], "prod");
  EXPECT_EQ(list[0]["by"], "inventory:alice");
  EXPECT_TRUE(ask("hosts")["hosts"].empty()) << "nobody of them is a host yet";
  EXPECT_EQ(ask("host", {{"host", "web-01"}})["life_cycle"], "expected");
  const Json act = ask("audit.list")["audit"].back();
  EXPECT_EQ(act["verb"], "inventory.import");
  EXPECT_EQ(act["who"], "alice");
}

TEST_F(OperatorInventoryTest, TheStoreKeepsThem) {
  import(ek(1) + ",web-01,prod\n");
  std::vector<HostRecord> stored;
  ASSERT_TRUE(store_.for_each_host([&](HostRecord record, const std::optional<HostState>&) {
    stored.push_back(std::move(record));
  }));
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].life_cycle, LifeCycle::kExpected);
  HostTable after_a_restart;
  after_a_restart.put(std::make_shared<const HostRecord>(stored[0]));
  EXPECT_TRUE(after_a_restart.find_expected("web-01"));
  EXPECT_FALSE(after_a_restart.find_by_name("web-01"));
  EXPECT_TRUE(after_a_restart.find_by_ek(ek(1)));
}

TEST_F(OperatorInventoryTest, EnrolledHostsAreLabelledAndKeepTheirState) {
  const HostRecord record = host_record(1, "web-01", LifeCycle::kActive);
  add(record);
  set_state(record, TrustState::kTrusted);
  EXPECT_EQ(import(ek(1) + ",web-01,prod\n")["labelled"], 1);
  EXPECT_EQ(hosts_.find_by_name("web-01")->record->labels.at("env"), "prod");
  EXPECT_EQ(hosts_.find_by_name("web-01")->state->state, TrustState::kTrusted);
  EXPECT_EQ(import(ek(1) + ",web-01,prod\n")["unchanged"], 1) << "may be imported again";
}

TEST_F(OperatorInventoryTest, PendingHostsAreAdmitted) {
  add(host_record(1, "what-it-says", LifeCycle::kPending));
  EXPECT_EQ(import(ek(1) + ",web-01,prod\n")["approved"], 1);
  const std::optional<Host> host = hosts_.find_by_name("web-01");
  ASSERT_TRUE(host);
  EXPECT_EQ(host->record->life_cycle, LifeCycle::kActive);
  EXPECT_EQ(host->record->labels.at("env"), "prod");
  EXPECT_TRUE(hosts_.pending().empty());
}

TEST_F(OperatorInventoryTest, OneMistakeRefusesTheWholeFile) {
  add(host_record(1, "web-01", LifeCycle::kActive));
  add(host_record(2, "old", LifeCycle::kRetired));
  const std::size_t before = acts();
  for (const std::string& wrong :
       {ek(3) + ",web-01,\n", ek(1) + ",web-99,\n", ek(2) + ",web-02,\n", ek(4) + ",Web,\n"}) {
    const Json refused = import(ek(5) + ",web-05,prod\n" + wrong);
    EXPECT_EQ(refused["mistakes_found"], 1) << wrong;
    EXPECT_EQ(refused["mistakes"][0]["line"], 3) << wrong;
    EXPECT_EQ(refused["expected"], 0) << wrong;
  }
  EXPECT_TRUE(ask("inventory.list")["expected"].empty());
  EXPECT_EQ(acts(), before);
}

TEST_F(OperatorInventoryTest, ADryRunTellsAndChangesNothing) {
  const Json would = import(ek(1) + ",web-01,prod\n", true);
  EXPECT_EQ(would["expected"], 1);
  EXPECT_TRUE(ask("inventory.list")["expected"].empty());
  EXPECT_EQ(acts(), 0U);
}

TEST_F(OperatorInventoryTest, AWriteThatFailsImportsNobody) {
  const Json args = uploaded(ek(1) + ",web-01,prod\n");
  store_.fail_next_commit();
  refusal("inventory.import", args);
  EXPECT_TRUE(ask("inventory.list")["expected"].empty());
}

TEST_F(OperatorInventoryTest, TheNameIsKeptForItsTpm) {
  import(ek(1) + ",web-01,prod\n");
  add(host_record(2, "guest", LifeCycle::kPending));
  EXPECT_THAT(refusal("pending.approve", {{"host", "guest"}, {"name", "web-01"}, {"operator", "b"}})
                  .message,
              HasSubstr("inventory"));
  const Json other = import(ek(3) + ",web-01,\n");
  EXPECT_THAT(other["mistakes"][0]["what"].get<std::string>(), HasSubstr("another EK"));
}

TEST_F(OperatorInventoryTest, AnExpectedHostCanBeRenamedByAnotherImport) {
  import(ek(1) + ",web-01,prod\n");
  import(ek(1) + ",web-02,lab\n");
  const Json list = ask("inventory.list")["expected"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["name"], "web-02");
  EXPECT_EQ(list[0]["labels"]["env"], "lab");
}

TEST_F(OperatorInventoryTest, ExpectedHostsCanBeRemoved) {
  import(ek(1) + ",web-01,prod\n");
  EXPECT_EQ(ask("inventory.remove.check", {{"host", "web-01"}, {"operator", "a"}})["dry_run"],
            true);
  EXPECT_EQ(ask("inventory.list")["expected"].size(), 1U);
  ask("inventory.remove", {{"host", "web-01"}, {"operator", "alice"}});
  EXPECT_TRUE(ask("inventory.list")["expected"].empty());
  EXPECT_EQ(refusal("inventory.remove", {{"host", "web-01"}, {"operator", "a"}}).code,
            ErrorCode::kNotFound);
  EXPECT_EQ(import(ek(2) + ",web-01,\n")["expected"], 1) << "the name is free again";
}

TEST_F(OperatorInventoryTest, AFileThatWasNotSentIsNotFound) {
  EXPECT_EQ(refusal("inventory.import", {{"upload", ek(1)}, {"operator", "a"}}).code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace quotemill::daemon
