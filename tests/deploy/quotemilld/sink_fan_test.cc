// What befalls sinks reaches the trail, and through it every sink.
#include "deploy/quotemilld/sink_fan.h"

#include <gmock/gmock.h>

#include "deploy/quotemilld/outbox_trim.h"
#include "tests/deploy/quotemilld/keeping_registrar.h"
#include "tests/support/eventually.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

namespace quotemill::daemon {
namespace {

using quotemill::testing::eventually;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using transport::SinkNews;

std::vector<std::string> acts_of(const storage::MemoryStore& store) {
  std::vector<std::string> out;
  const std::vector<AuditRecord> records = *store.audit(1, 1'000);
  for (const AuditRecord& record : records) {
    EXPECT_EQ(record.act.who, "quotemill");
    out.push_back(record.act.verb + " " + record.act.subject);
  }
  return out;
}

class SinkActsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> acts() const { return acts_of(store_); }

  // Longer than the thread takes to look.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(500)); }

  quotemill::testing::ManualClock clock_;
  storage::MemoryStore store_;
  quotemill::testing::KeepingRegistrar registrar_{store_};
  SinkActs acts_{clock_};
};

TEST_F(SinkActsTest, WaitForWhoeverKeepsThem) {
  acts_.tell("siem", SinkNews::kLost, "its cursor was ahead");
  acts_.tell("siem", SinkNews::kDown, "no\nroute");
  settle();
  EXPECT_THAT(acts(), IsEmpty());
  acts_.use(&registrar_);
  EXPECT_TRUE(eventually([this] { return acts().size() == 2; }));
  EXPECT_THAT(acts(),
              ElementsAre("sink.lost siem: its cursor was ahead", "sink.down siem: no\\x0aroute"));
  acts_.use(nullptr);
}

TEST_F(SinkActsTest, AreTriedAgainUntilTheyAreDurable) {
  registrar_.failures_to_come = 2;
  acts_.use(&registrar_);
  acts_.tell("siem", SinkNews::kDown, "1");
  acts_.tell("siem", SinkNews::kUp, "2");
  EXPECT_TRUE(eventually([this] { return acts().size() == 2; }));
  EXPECT_THAT(acts(), ElementsAre("sink.down siem: 1", "sink.up siem: 2"));
  acts_.use(nullptr);
}

TEST_F(SinkActsTest, OfASinkThatFlapsAreFewAndSayHowManyTheyStandFor) {
  acts_.use(&registrar_);
  for (int i = 0; i < 3; ++i) {
    acts_.tell("siem", SinkNews::kDown, "first");
    ASSERT_TRUE(eventually([this, i] { return acts().size() == static_cast<std::size_t>(i) + 1; }));
  }
  for (int i = 0; i < 10; ++i) {
    acts_.tell("siem", SinkNews::kDown, std::to_string(i));
  }
  acts_.tell("other", SinkNews::kDown, "once");
  EXPECT_TRUE(eventually([this] { return acts().size() == 4; })) << "another sink is another kind";
  settle();
  EXPECT_THAT(acts(), SizeIs(4));
  clock_.advance(60'000);
  EXPECT_TRUE(eventually([this] { return acts().size() == 5; }));
  EXPECT_EQ(acts().back(), "sink.down siem: 9 (and 9 before)");
  acts_.use(nullptr);
}

TEST_F(SinkActsTest, OfWhatIsLostAreAllThere) {
  acts_.use(&registrar_);
  for (int i = 0; i < 20; ++i) {
    acts_.tell("siem", SinkNews::kLost, std::to_string(i));
  }
  EXPECT_TRUE(eventually([this] { return acts().size() == 20; }));
  acts_.use(nullptr);
}

TEST_F(SinkActsTest, ThatWaitAreKeptBeforeTheEnd) {
  acts_.use(&registrar_);
  for (int i = 0; i < 9; ++i) {
    acts_.tell("siem", SinkNews::kDown, std::to_string(i));
    settle();
  }
  const std::size_t before = acts().size();
  EXPECT_EQ(before, 3U);
  acts_.use(nullptr);
  EXPECT_THAT(acts(), SizeIs(4));
  acts_.tell("siem", SinkNews::kDown, "too late");
  settle();
  EXPECT_THAT(acts(), SizeIs(4));
}

// Two sinks that write files.
class SinkFanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "sinks.d");
    std::filesystem::create_directories(folder_ / "state");
    for (const std::string name : {"one", "two"}) {
      write_sink(name, folder_ / (name + ".jsonl"));
    }
  }

  void write_sink(const std::string& name, const std::string& path) {
    const std::string text =
        "[sink]\nkind = \"file\"\nheartbeat = \"0s\"\n[file]\npath = \"" + path + "\"\n";
    quotemill::testing::write_file(folder_ / "sinks.d" / (name + ".toml"), as_bytes(text));
  }

  void commit_changes(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      CommitBatch batch;
      Change change;
      change.sequence = store_.status()->last_change + 1;
      change.host_name = "web-01";
      change.current = TrustState::kFailed;
      batch.changes = {change};
      ASSERT_TRUE(store_.commit(batch));
    }
  }

  void place_cursor(const std::string& sink, std::uint64_t next) {
    std::filesystem::create_directories(folder_ / "state/sinks");
    std::filesystem::permissions(folder_ / "state/sinks", std::filesystem::perms::owner_all);
    ASSERT_TRUE(transport::write_position(folder_ / ("state/sinks/" + sink + ".cursor"),
                                          {store_.status()->stream_id, next, 1}));
  }

  std::unique_ptr<SinkFan> start() {
    auto fan = SinkFan::start(folder_ / "sinks.d", folder_ / "state",
                              {{store_, store_}, hosts_, clock_}, log_);
    EXPECT_TRUE(fan) << fan.error().to_string();
    return *std::move(fan);
  }

  std::string delivered(const std::string& sink) {
    const std::string path = folder_ / (sink + ".jsonl");
    return std::filesystem::exists(path) ? std::string(as_text(quotemill::testing::read_file(path)))
                                         : std::string();
  }

  quotemill::testing::TempFolder folder_;
  quotemill::testing::ManualClock clock_;
  storage::MemoryStore store_;
  HostTable hosts_;
  quotemill::testing::KeepingRegistrar registrar_{store_};
  const program::Log log_{"test", {.level = "off"}};
};

// It happens in the first moments of a sink, before all are there and before anybody can keep it.
TEST_F(SinkFanTest, TellsEverySinkThatACursorWasAhead) {
  commit_changes(2);
  place_cursor("one", 100);
  const auto fan = start();
  EXPECT_TRUE(
      eventually([this] { return delivered("two").find("\"seq\":2") != std::string::npos; }));
  fan->act_through(&registrar_);
  for (const char* sink : {"one", "two"}) {
    EXPECT_TRUE(eventually([&] {
      return delivered(sink).find("audit.sink.lost") != std::string::npos;
    })) << sink;
    EXPECT_THAT(delivered(sink), HasSubstr("one: its cursor was ahead, at 100"));
    EXPECT_THAT(delivered(sink), HasSubstr("\"level\":\"error\""));
  }
  fan->act_through(nullptr);
}

// A receiver is out of order, and the daemon is restarted before it is back.
TEST_F(SinkFanTest, TellsOfAnOutageThatEndsWithARestart) {
  commit_changes(1);
  const std::string file = folder_ / "one.jsonl";
  std::filesystem::create_directories(file);
  {
    const auto fan = start();
    fan->act_through(&registrar_);
    EXPECT_TRUE(eventually([this] { return !acts_of(store_).empty(); }));
    fan->act_through(nullptr);
  }
  EXPECT_THAT(acts_of(store_), ElementsAre(AllOf(HasSubstr("sink.down one: "), HasSubstr(file))));
  std::filesystem::remove(file);
  const auto fan = start();
  EXPECT_TRUE(
      eventually([this] { return delivered("one").find("audit.sink.down") != std::string::npos; }));
}

TEST_F(SinkFanTest, TheOutboxIsTrimmedBehindTheSlowestSinkOrTheBoundAndSaysWhatGoes) {
  commit_changes(10);
  std::filesystem::create_directories(folder_ / "one.jsonl");  // it can deliver nothing
  const auto fan = start();
  fan->act_through(&registrar_);
  EXPECT_TRUE(eventually([&] {
    return fan->runners()[0]->counters().failures.load() > 0 &&
           fan->runners()[1]->counters().kept.load() == 11;
  }));
  ::testing::internal::CaptureStderr();
  const program::Log loud("test", {.level = "info"});
  ASSERT_TRUE(trim_outbox({.keep = 2, .keep_max = 0}, store_, store_, *fan, loud));
  EXPECT_EQ(store_.status()->first_change, 1U) << "one sink lacks them all";
  ASSERT_TRUE(trim_outbox({.keep = 2, .keep_max = 5}, store_, store_, *fan, loud));
  EXPECT_EQ(store_.status()->first_change, 6U) << "and the bound is the bound";
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("changes go that a sink does not have first=1 last=5"));
  std::filesystem::remove(folder_ / "one.jsonl");
  EXPECT_TRUE(eventually([this] {
    return delivered("one").find("changes 1 to 5 are no longer kept") != std::string::npos;
  }));
  EXPECT_THAT(delivered("two"), HasSubstr("changes 1 to 5 are no longer kept"));
  fan->act_through(nullptr);
}

}  // namespace
}  // namespace quotemill::daemon
