#include "transport/agent/measured_boot.h"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/base/limits.h"
#include "tests/support/temp_folder.h"

namespace quotemill::agent {
namespace {

using testing::TempFolder;
using testing::write_file;

TEST(MeasuredBoot, ReadsTheWholeLog) {
  const TempFolder folder;
  Bytes log(200'001);
  for (std::size_t i = 0; i < log.size(); ++i) {
    log[i] = static_cast<std::uint8_t>(i % 251);
  }
  write_file(folder / "log", log);
  const Result<Bytes> read = read_boot_log_file(folder / "log");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, log);
}

// A FIFO has no size and gives short reads, as securityfs does.
TEST(MeasuredBoot, ReadsALogThatComesInPieces) {
  const TempFolder folder;
  const std::string path = folder / "fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::jthread writer([&] {
    std::ofstream out(path, std::ios::binary);
    for (int i = 0; i < 50; ++i) {
      out << std::string(1000, static_cast<char>('a' + i % 26)) << std::flush;
    }
  });
  const Result<Bytes> read = read_boot_log_file(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size(), 50'000U);
  EXPECT_EQ(read->back(), 'a' + 49 % 26);
}

TEST(MeasuredBoot, BoundsTheLog) {
  const TempFolder folder;
  write_file(folder / "log", Bytes(limits::kBootLogSizeMax));
  EXPECT_TRUE(read_boot_log_file(folder / "log"));
  write_file(folder / "log", Bytes(limits::kBootLogSizeMax + 1));
  const Result<Bytes> read = read_boot_log_file(folder / "log");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(read_boot_log_file("/dev/zero").error().code, ErrorCode::kTooLarge);
}

TEST(MeasuredBoot, NamesALogThatIsNotThere) {
  const TempFolder folder;
  const Result<Bytes> read = read_boot_log_file(folder / "absent");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  EXPECT_NE(read.error().detail.find("absent"), std::string::npos);
}

TEST(BootIdText, IsAUuid) {
  const Result<BootId> id = parse_boot_id("334b225c-2571-4883-a2e3-529a42e44fCB\n");
  ASSERT_TRUE(id);
  EXPECT_EQ(to_hex(*id), "334b225c25714883a2e3529a42e44fcb");
  EXPECT_TRUE(parse_boot_id("334b225c-2571-4883-a2e3-529a42e44fcb"));
}

TEST(BootIdText, RefusesAnythingElse) {
  for (const char* text :
       {"", "\n", "334b225c25714883a2e3529a42e44fcb", "334b225c-2571-4883-a2e3-529a42e44fcb\n\n",
        "334b225c-2571-4883-a2e3-529a42e44fc", "334b225c-2571-4883-a2e3-529a42e44fcbb",
        "g34b225c-2571-4883-a2e3-529a42e44fcb", "334b225-c2571-4883-a2e3-529a42e44fcb",
        "-34b225c-2571-4883-a2e3-529a42e44fcb", " 34b225c-2571-4883-a2e3-529a42e44fcb"}) {
    EXPECT_FALSE(parse_boot_id(text)) << text;
  }
}

TEST(BootIdFile, OfThisMachineIsRead) {
  const Result<BootId> id = read_boot_id();
  ASSERT_TRUE(id) << id.error().to_string();
  EXPECT_EQ(*id, *read_boot_id());
}

TEST(OsRelease, ValuesLoseQuotesAndEscapes) {
  constexpr std::string_view kText =
      "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n# ID=comment\nID=debian\nBUILD_ID='a\\b'\n"
      "PRETTY=\"a \\\"b\\\" \\\\\"\nEMPTY=\nLAST=1";
  EXPECT_EQ(os_release_value(kText, "ID"), "debian");
  EXPECT_EQ(os_release_value(kText, "VERSION_ID"), "12");
  EXPECT_EQ(os_release_value(kText, "BUILD_ID"), "a\\b");
  EXPECT_EQ(os_release_value(kText, "PRETTY"), "a \"b\" \\");
  EXPECT_EQ(os_release_value(kText, "EMPTY"), "");
  EXPECT_EQ(os_release_value(kText, "LAST"), "1");
  EXPECT_EQ(os_release_value(kText, "ABSENT"), "");
  EXPECT_EQ(os_release_value("", "ID"), "");
  EXPECT_EQ(os_release_value("ID=\"", "ID"), "\"");
}

TEST(HostFactsOfMachine, AreReadAndBounded) {
  const TempFolder folder;
  const std::string long_id(1000, 'x');
  const std::string os_release = "ID=" + long_id + "\nVERSION_ID=12\n";
  write_file(folder / "os-release", as_bytes(os_release));
  write_file(folder / "vendor", as_bytes("Example Systems\n"));
  write_file(folder / "firmware", as_bytes("2.19.1\n"));
  const FactPaths paths{folder / "os-release", folder / "vendor", folder / "absent",
                        folder / "firmware"};
  const OwnedHostFacts facts = read_host_facts(paths, "quotemill-agent/0.1.0");
  const HostFacts view = facts.view();
  EXPECT_EQ(view.os_id, long_id.substr(0, limits::kFactSizeMax));
  EXPECT_EQ(view.os_version, "12");
  EXPECT_FALSE(view.kernel.empty());
  EXPECT_EQ(view.vendor, "Example Systems");
  EXPECT_EQ(view.model, "");
  EXPECT_EQ(view.agent, "quotemill-agent/0.1.0");
  EXPECT_EQ(view.firmware, "2.19.1");
}

}  // namespace
}  // namespace quotemill::agent
