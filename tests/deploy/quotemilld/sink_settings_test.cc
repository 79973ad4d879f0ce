#include "deploy/quotemilld/sink_settings.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/support/temp_folder.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;

TEST(SinkSettings, OfAFile) {
  const Result<SinkSettings> sink = parse_sink(
      "[sink]\nkind = \"file\"\nformat = \"ecs\"\n[file]\npath = \"/var/log/t.jsonl\"\n"
      "rotate_mib = 2\nkeep = 3\n[filter]\nstates = [\"failed\", \"stale\"]\nmaintenance = false\n",
      "s.toml", "s");
  ASSERT_TRUE(sink) << sink.error().to_string();
  EXPECT_EQ(sink->kind, SinkKind::kFile);
  EXPECT_EQ(sink->format, transport::EventFormat::kEcs);
  EXPECT_EQ(sink->file.path, "/var/log/t.jsonl");
  EXPECT_EQ(sink->file.rotate_bytes, 2U * 1024 * 1024);
  EXPECT_EQ(sink->file.keep, 3U);
  EXPECT_EQ(sink->filter.states.size(), 2U);
  EXPECT_TRUE(sink->filter.without_maintenance);
}

TEST(SinkSettings, OfSyslogSpeakSyslogUnlessToldOtherwise) {
  const Result<SinkSettings> sink =
      parse_sink("[sink]\nkind = \"syslog\"\n[syslog]\nhost = \"siem\"\n", "s.toml", "s");
  ASSERT_TRUE(sink) << sink.error().to_string();
  EXPECT_EQ(sink->format, transport::EventFormat::kSyslog);
  EXPECT_EQ(sink->syslog.transport, transport::SyslogTransport::kTcp);
  EXPECT_EQ(sink->syslog.receiver.port, "601");
  EXPECT_EQ(parse_sink("[sink]\nkind = \"syslog\"\nformat = \"cef\"\n"
                       "[syslog]\nhost = \"siem\"\ntransport = \"udp\"\n",
                       "s.toml", "s")
                ->syslog.receiver.port,
            "514");
}

TEST(SinkSettings, MistakesAreNamedInTheirPlace) {
  const auto mistakes = [](const char* text, const char* name = "s") {
    const Result<SinkSettings> sink = parse_sink(text, "s.toml", name);
    EXPECT_FALSE(sink) << text;
    return sink ? std::string() : sink.error().detail;
  };
  EXPECT_THAT(mistakes("[sink]\nkind = \"kafka\"\n"), HasSubstr("s.toml:2:"));
  EXPECT_THAT(mistakes("[sink]\nkind = \"file\"\n"), HasSubstr("file.path"));
  EXPECT_THAT(mistakes("[sink]\nkind = \"syslog\"\n"), HasSubstr("syslog.host"));
  EXPECT_THAT(mistakes("[file]\npath = \"/a\"\n[filter]\nstates = [\"fine\"]\n"),
              HasSubstr("s.toml:4:"));
  EXPECT_THAT(mistakes("[file]\npath = \"/a\"\n[syslog]\nhost = \"x\"\n"), HasSubstr("syslog.host"))
      << "of a file there is no host";
  EXPECT_THAT(mistakes("[file]\npath = \"/a\"\n", "Not A Name"), HasSubstr("[a-z0-9._-]"));
}

TEST(SinkSettings, AreReadFromAFolderByName) {
  const testing::TempFolder folder;
  EXPECT_TRUE(load_sinks(folder / "absent")->empty());
  testing::write_file(folder / "b.toml", as_bytes("[file]\npath = \"/b\"\n"));
  testing::write_file(folder / "a.toml", as_bytes("[file]\npath = \"/a\"\n"));
  testing::write_file(folder / "notes.txt", as_bytes("not a sink"));
  const Result<std::vector<SinkSettings>> sinks = load_sinks(folder.path().string());
  ASSERT_TRUE(sinks) << sinks.error().to_string();
  ASSERT_EQ(sinks->size(), 2U);
  EXPECT_EQ((*sinks)[0].name, "a");
  EXPECT_EQ((*sinks)[1].file.path, "/b");
  testing::write_file(folder / "c.toml", as_bytes("[sink]\nkindd = 1\n"));
  EXPECT_FALSE(load_sinks(folder.path().string())) << "a sink that is wrong is no sink fewer";
}

}  // namespace
}  // namespace quotemill::daemon
