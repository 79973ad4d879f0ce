// Whether a file sink syncs as it is told to. The program's own fsync() and fdatasync() count, and
// do it.
#include <atomic>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "tests/support/temp_folder.h"
#include "tests/transport/sinks/sample_events.h"
#include "transport/sinks/file_sink.h"

namespace {

std::atomic<int> folders_synced{0};
std::atomic<int> files_synced{0};

}  // namespace

extern "C" int fsync(int file) {
  ++folders_synced;
  return static_cast<int>(::syscall(SYS_fsync, file));
}

extern "C" int fdatasync(int file) {
  ++files_synced;
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace quotemill::transport {
namespace {

class FileSync : public ::testing::Test {
 protected:
  void deliver(FileSink& sink) {
    files_synced = 0;
    folders_synced = 0;
    ASSERT_TRUE(sink.deliver(events_of({"one", "two"})));
  }

  testing::TempFolder folder_;
};

TEST_F(FileSync, IsBeforeADeliveryIsOneAndOfTheFolderForEachNewFile) {
  FileSink sink({.path = folder_ / "trust.jsonl", .rotate_bytes = 12});
  deliver(sink);
  EXPECT_EQ(files_synced, 1) << "one for all of its events";
  EXPECT_EQ(folders_synced, 1) << "the file's name is there after a power cut";
  deliver(sink);
  EXPECT_EQ(files_synced, 1);
  EXPECT_EQ(folders_synced, 0);
  deliver(sink);
  EXPECT_EQ(folders_synced, 1) << "it was rotated";
}

TEST_F(FileSync, IsLeftToTheKernelIfItIsToldSo) {
  FileSink sink({.path = folder_ / "trust.jsonl", .sync = false});
  deliver(sink);
  EXPECT_EQ(files_synced, 0);
  EXPECT_EQ(folders_synced, 0);
}

}  // namespace
}  // namespace quotemill::transport
