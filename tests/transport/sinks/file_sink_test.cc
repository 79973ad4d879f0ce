#include "transport/sinks/file_sink.h"

#include <fcntl.h>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"
#include "tests/transport/sinks/sample_events.h"

namespace quotemill::transport {
namespace {

using testing::TempFolder;

class FileSinkTest : public ::testing::Test {
 protected:
  std::string content(const std::string& suffix = "") {
    const Bytes bytes = testing::read_file(path_ + suffix);
    return std::string(as_text(bytes));
  }

  static void deliver(FileSink& sink, const std::vector<std::string>& events) {
    const auto delivered = sink.deliver(events_of(events));
    ASSERT_TRUE(delivered) << delivered.error().to_string();
  }

  TempFolder folder_;
  const std::string path_ = folder_ / "trust.jsonl";
};

TEST_F(FileSinkTest, AppendsALineForEachEvent) {
  {
    FileSink sink({.path = path_});
    deliver(sink, {"one", "two"});
    deliver(sink, {"three"});
  }
  FileSink again({.path = path_});
  deliver(again, {"four"});
  EXPECT_EQ(content(), "one\ntwo\nthree\nfour\n");
}

TEST_F(FileSinkTest, CutsOffWhatACrashLeftOfALine) {
  for (const std::string& left :
       {std::string("one\nhal"), std::string("one\n"), "one\n" + std::string(10'000, 'x')}) {
    testing::write_file(path_, as_bytes(left));
    FileSink sink({.path = path_});
    deliver(sink, {"two"});
    EXPECT_EQ(content(), "one\ntwo\n") << left.size();
  }
  testing::write_file(path_, as_bytes("no line at all"));
  FileSink sink({.path = path_});
  deliver(sink, {"two"});
  EXPECT_EQ(content(), "two\n");
}

TEST_F(FileSinkTest, RotatesAndKeepsSoMany) {
  FileSink sink({.path = path_, .rotate_bytes = 10, .keep = 2});
  for (const char* event : {"first-event", "second-event", "third-event", "fourth-event"}) {
    deliver(sink, {event});
  }
  EXPECT_EQ(content(), "fourth-event\n");
  EXPECT_EQ(content(".1"), "third-event\n");
  EXPECT_EQ(content(".2"), "second-event\n");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".3"));
}

TEST_F(FileSinkTest, RotatesWhatIsOld) {
  testing::write_file(path_, as_bytes("old\n"));
  std::filesystem::last_write_time(
      path_, std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  FileSink sink({.path = path_, .rotate_after = std::chrono::hours(1), .sync = false});
  deliver(sink, {"one"});
  deliver(sink, {"two"});
  deliver(sink, {"three"});
  EXPECT_EQ(content(".1"), "old\none\n") << "it was opened, and found old with the next";
  EXPECT_EQ(content(), "two\nthree\n");
}

// A daemon that is restarted more often than its file is to be rotated.
TEST_F(FileSinkTest, AnotherOpeningMakesNoFileYounger) {
  struct statx about {};

  EXPECT_TRUE(FileSink({.path = path_}).deliver(events_of({"one"})));
  ASSERT_EQ(::statx(AT_FDCWD, path_.c_str(), 0, STATX_BTIME, &about), 0);
  const bool remembers_making = (about.stx_mask & STATX_BTIME) != 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(2'100));
  EXPECT_TRUE(FileSink({.path = path_}).deliver(events_of({"two"})));
  FileSink sink({.path = path_, .rotate_after = std::chrono::seconds(2)});
  deliver(sink, {"three"});
  deliver(sink, {"four"});
  EXPECT_EQ(content(), remembers_making ? "four\n" : "one\ntwo\nthree\nfour\n");
}

TEST_F(FileSinkTest, SaysWhyItCannotWriteAndGoesOnWhenItCan) {
  FileSink sink({.path = path_});
  std::filesystem::create_directory(path_);
  const auto failed = sink.deliver(events_of({"one"}));
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().to_string().find(path_), std::string::npos);
  std::filesystem::remove(path_);
  deliver(sink, {"one"});
  EXPECT_EQ(content(), "one\n");
}

TEST_F(FileSinkTest, BeginsAnewWhenSomebodyTookTheFileAway) {
  FileSink sink({.path = path_});
  deliver(sink, {"one"});
  std::filesystem::remove(path_);
  deliver(sink, {"two"});
  EXPECT_EQ(content(), "two\n") << "removed";
  std::filesystem::rename(path_, path_ + ".moved");
  deliver(sink, {"three"});
  EXPECT_EQ(content(), "three\n") << "renamed, as logrotate does it";
  EXPECT_EQ(content(".moved"), "two\n");
  testing::write_file(path_ + ".other", as_bytes("other\n"));
  std::filesystem::rename(path_ + ".other", path_);
  deliver(sink, {"four"});
  EXPECT_EQ(content(), "other\nfour\n") << "replaced";
}

TEST_F(FileSinkTest, SeesThatSomebodyEmptiedTheFile) {
  FileSink sink({.path = path_, .rotate_bytes = 12});
  deliver(sink, {"first-event"});
  std::filesystem::resize_file(path_, 0);  // copytruncate of logrotate
  deliver(sink, {"second"});
  EXPECT_EQ(content(), "second\n");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".1")) << "it is not long any more";
}

TEST_F(FileSinkTest, KeepsNothingOfWhatIsFullIfItIsToldSo) {
  FileSink sink({.path = path_, .rotate_bytes = 1, .keep = 0});
  deliver(sink, {"one"});
  deliver(sink, {"two"});
  EXPECT_EQ(content(), "two\n");
}

TEST_F(FileSinkTest, FollowsNoLink) {
  const std::string target = folder_ / "target";
  testing::write_file(target, as_bytes("precious\n"));
  std::filesystem::create_symlink(target, path_);
  FileSink sink({.path = path_});
  EXPECT_FALSE(sink.deliver(events_of({"one"})));
  EXPECT_EQ(as_text(testing::read_file(target)), "precious\n");
}

TEST_F(FileSinkTest, AFullDiskLeavesNoHalfLine) {
  FileSink sink({.path = "/dev/full"});
  EXPECT_FALSE(sink.deliver(events_of({"one"}))) << "is no plain file";
}

}  // namespace
}  // namespace quotemill::transport
