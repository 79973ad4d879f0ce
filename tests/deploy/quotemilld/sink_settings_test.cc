#include "deploy/quotemilld/sink_settings.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/support/temp_folder.h"
#include "tests/transport/sinks/tls_files.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;

const transport::FileSinkOptions& file_of(const SinkSettings& sink) {
  return std::get<transport::FileSinkOptions>(sink.receiver);
}

const transport::SyslogSinkOptions& syslog_of(const SinkSettings& sink) {
  return std::get<transport::SyslogSinkOptions>(sink.receiver);
}

TEST(SinkSettings, OfAFile) {
  const Result<SinkSettings> sink = parse_sink(
      "[sink]\nkind = \"file\"\nformat = \"ecs\"\n[file]\npath = \"/tmp/t.jsonl\"\n"
      "rotate_mib = 2\nkeep = 3\n[dedup]\nwindow = \"90s\"\n[filter]\nstates = [\"failed\", "
      "\"stale\"]\nmaintenance = false\n",
      "s.toml", "s");
  ASSERT_TRUE(sink) << sink.error().to_string();
  EXPECT_EQ(sink->kind, SinkKind::kFile);
  EXPECT_EQ(sink->feed.format, transport::EventFormat::kEcs);
  EXPECT_EQ(file_of(*sink).path, "/tmp/t.jsonl");
  EXPECT_EQ(file_of(*sink).rotate_bytes, 2U * 1024 * 1024);
  EXPECT_EQ(file_of(*sink).keep, 3U);
  EXPECT_EQ(sink->feed.filter.states.size(), 2U);
  EXPECT_EQ(sink->feed.heartbeat, std::chrono::minutes(1)) << "unless it is told otherwise";
  EXPECT_TRUE(sink->feed.filter.without_maintenance);
  EXPECT_EQ(sink->feed.dedup_window, std::chrono::seconds(90));
}

TEST(SinkSettings, OfSyslogSpeakSyslogUnlessToldOtherwise) {
  const Result<SinkSettings> sink =
      parse_sink("[sink]\nkind = \"syslog\"\n[syslog]\nhost = \"siem\"\n", "s.toml", "s");
  ASSERT_TRUE(sink) << sink.error().to_string();
  EXPECT_EQ(sink->feed.format, transport::EventFormat::kSyslog);
  EXPECT_EQ(sink->feed.dedup_window.count(), 0) << "a record in which no change is missing";
  EXPECT_EQ(syslog_of(*sink).transport, transport::SyslogTransport::kTcp);
  EXPECT_EQ(syslog_of(*sink).receiver.port, "601");
  EXPECT_EQ(syslog_of(*parse_sink("[sink]\nkind = \"syslog\"\nformat = \"cef\"\n"
                                  "[syslog]\nhost = \"siem\"\ntransport = \"udp\"\n",
                                  "s.toml", "s"))
                .receiver.port,
            "514");
}

TEST(SinkSettings, OfSyslogSayHowLongAReceiverMayHoldWhatItGot) {
  const auto parsed = [](const std::string& line) {
    return parse_sink("[sink]\nkind = \"syslog\"\n[syslog]\nhost = \"siem\"\n" + line, "s.toml",
                      "s");
  };
  EXPECT_EQ(syslog_of(*parsed("")).unconfirmed_for, std::chrono::seconds(30));
  EXPECT_EQ(syslog_of(*parsed("unconfirmed_for = \"5m\"\n")).unconfirmed_for,
            std::chrono::minutes(5));
  for (const char* wrong : {"29s", "11m"}) {
    EXPECT_THAT(parsed("unconfirmed_for = \"" + std::string(wrong) + "\"\n").error().detail,
                HasSubstr("s.toml:5:"))
        << "a connection to a machine that is gone stands for 15 s; what is sent again has a bound";
  }
}

TEST(SinkSettings, SayAsWhomAndInWhichVersionEventsLeave) {
  const std::string file = "[file]\npath = \"/tmp/a\"\n[sink]\n";
  EXPECT_EQ(parse_sink(file, "s.toml", "s")->feed.source.enterprise_number, 32'473U);
  const Result<SinkSettings> sink =
      parse_sink(file + "enterprise_number = 99999\nocsf_version = \"1.5.0\"\n", "s.toml", "s");
  ASSERT_TRUE(sink) << sink.error().to_string();
  EXPECT_EQ(sink->feed.source.enterprise_number, 99'999U);
  EXPECT_EQ(sink->feed.source.ocsf_version, "1.5.0");
  EXPECT_THAT(parse_sink(file + "ocsf_version = \"1.3.0\"\n", "s.toml", "s").error().detail,
              HasSubstr("s.toml:4:"));
}

TEST(SinkSettings, SayWherePeopleReadAboutAHost) {
  const std::string file = "[file]\npath = \"/a\"\n[sink]\n";
  const Result<SinkSettings> sink =
      parse_sink(file + "reference_url = \"https://wiki.example/\"\n", "s.toml", "s");
  ASSERT_TRUE(sink) << sink.error().to_string();
  EXPECT_EQ(sink->feed.source.reference_url, "https://wiki.example/");
  for (const std::string& url :
       {std::string("javascript:alert(1)"), "https://" + std::string(300, 'a')}) {
    EXPECT_THAT(
        parse_sink(file + "reference_url = \"" + url + "\"\n", "s.toml", "s").error().detail,
        HasSubstr("s.toml:4:"));
  }
}

TEST(SinkSettings, MistakesAreNamedInTheirPlace) {
  const auto mistakes = [](const char* text, const char* name = "s") {
    const Result<SinkSettings> sink = parse_sink(text, "s.toml", name);
    EXPECT_FALSE(sink) << text;
    return sink ? std::string() : sink.error().detail;
  };
  EXPECT_THAT(mistakes("[sink]\nkind = \"fax\"\n"), HasSubstr("s.toml:2:"));
  EXPECT_THAT(mistakes("[sink]\nkind = \"file\"\n"), HasSubstr("file.path"));
  EXPECT_THAT(mistakes("[sink]\nkind = \"syslog\"\n"), HasSubstr("syslog.host"));
  EXPECT_THAT(mistakes("[file]\npath = \"/tmp/a\"\n[filter]\nstates = [\"fine\"]\n"),
              HasSubstr("s.toml:4:"));
  EXPECT_THAT(mistakes("[file]\npath = \"/tmp/a\"\n[syslog]\nhost = \"x\"\n"),
              HasSubstr("syslog.host"))
      << "of a file there is no host";
  EXPECT_THAT(mistakes("[file]\npath = \"/tmp/a\"\n", "Not A Name"), HasSubstr("[a-z0-9._-]"));
}

TEST(SinkSettings, ThatCannotWorkAreNamedAtTheStart) {
  const auto mistake = [](const std::string& text) {
    const Result<SinkSettings> sink = parse_sink(text, "s.toml", "s");
    return sink ? std::string("none") : sink.error().detail;
  };
  EXPECT_THAT(mistake("[file]\npath = \"/no/such/folder/trust.jsonl\"\n"),
              ::testing::AllOf(HasSubstr("s.toml:2:"), HasSubstr("a folder that is there")));
  EXPECT_THAT(mistake("[sink]\nkind = \"syslog\"\nformat = \"json\"\n[syslog]\nhost = \"x\"\n"),
              HasSubstr("s.toml:3:"));
  for (const char* url : {"https://", "https:///in", "http://:80/in", "http://?x"}) {
    EXPECT_THAT(
        mistake("[sink]\nkind = \"webhook\"\n[webhook]\nurl = \"" + std::string(url) + "\"\n"),
        ::testing::AllOf(HasSubstr("s.toml:4:"), HasSubstr("with a host")))
        << url;
  }
  EXPECT_THAT(mistake("[sink]\nkind = \"kafka\"\n[kafka]\nbrokers = \"b:1\"\nuser = \"u\"\n"),
              ::testing::AllOf(HasSubstr("s.toml:5:"), HasSubstr("come together")));
  EXPECT_THAT(mistake("[sink]\nkind = \"elastic\"\n[elastic]\nurl = \"http://e\"\n"
                      "user = \"u\"\n"),
              HasSubstr("s.toml:5:"));
}

class SecretSettings : public ::testing::Test {
 protected:
  // Parses `text` with FILE for a file of a secret.
  Result<SinkSettings> parsed(std::string text) {
    const std::size_t at = text.find("FILE");
    return parse_sink(at == std::string::npos ? text : text.replace(at, 4, secret_), "s.toml", "s");
  }

  void write_secret(const std::string& text, std::filesystem::perms mode) {
    testing::write_file(secret_, as_bytes(text));
    std::filesystem::permissions(secret_, mode);
  }

  std::string mistake(const std::string& text) {
    const Result<SinkSettings> sink = parsed(text);
    return sink ? "none" : sink.error().detail;
  }

  static constexpr auto kOurs =
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  testing::TempFolder folder_;
  const std::string secret_ = folder_ / "secret";
};

TEST_F(SecretSettings, AreReadFromFiles) {
  write_secret("t0ken\n", kOurs);
  const Result<SinkSettings> splunk = parsed(
      "[sink]\nkind = \"splunk\"\n[splunk]\nurl = \"https://splunk:8088/x\"\n"
      "token_file = \"FILE\"\n");
  ASSERT_TRUE(splunk) << splunk.error().to_string();
  EXPECT_EQ(std::get<SplunkSettings>(splunk->receiver).options.token, "t0ken");
  const Result<SinkSettings> elastic = parsed(
      "[sink]\nkind = \"elastic\"\n[elastic]\nurl = \"http://elastic:9200\"\n"
      "user = \"u\"\npassword_file = \"FILE\"\n");
  ASSERT_TRUE(elastic) << elastic.error().to_string();
  EXPECT_EQ(std::get<ElasticSettings>(elastic->receiver).options.authorization,
            "Basic dTp0MGtlbg==");
  EXPECT_EQ(std::get<ElasticSettings>(elastic->receiver).receiver.url, "http://elastic:9200/_bulk");
  EXPECT_EQ(elastic->feed.format, transport::EventFormat::kEcs);
}

TEST_F(SecretSettings, OfWebhooksMayBeInBase64) {
  write_secret("whsec_Zm9v", kOurs);
  const std::string text =
      "[sink]\nkind = \"webhook\"\n[webhook]\nurl = \"https://x\"\nmode = \"binary\"\n"
      "secret_file = \"FILE\"\n";
  const Result<SinkSettings> webhook = parsed(text);
  ASSERT_TRUE(webhook) << webhook.error().to_string();
  EXPECT_EQ(std::get<WebhookSettings>(webhook->receiver).options.signing_secret, "foo");
  EXPECT_EQ(webhook->feed.dedup_window.count(), 300'000) << "it may wake somebody";
  EXPECT_EQ(webhook->feed.format, transport::EventFormat::kCloudEventsBinary);
  write_secret("whsec_!", kOurs);
  EXPECT_THAT(mistake(text), HasSubstr("s.toml:6:"));
}

TEST_F(SecretSettings, ThatAreWrongAreNamedAndNotSaid) {
  const std::string text =
      "[sink]\nkind = \"splunk\"\n[splunk]\nurl = \"https://x\"\ntoken_file = \"FILE\"\n";
  EXPECT_THAT(mistake(text), HasSubstr("no absolute path of a file that is there"));
  write_secret("t0ken", kOurs | std::filesystem::perms::others_read);
  EXPECT_THAT(mistake(text), HasSubstr("may be read by everybody"));
  for (const char* secret : {"", "\n", "s3cret\nInjected: header", "s3cret\x01"}) {
    write_secret(secret, kOurs);
    EXPECT_THAT(mistake(text), HasSubstr("s.toml:5:")) << secret;
    EXPECT_THAT(mistake(text), ::testing::Not(HasSubstr("s3cret")));
  }
  EXPECT_THAT(mistake("[sink]\nkind = \"webhook\"\n[webhook]\nurl = \"https://u:p@x\"\n"),
              HasSubstr("without a password"));
  EXPECT_THAT(mistake("[sink]\nkind = \"webhook\"\nformat = \"cef\"\n[webhook]\n"
                      "url = \"https://x\"\n"),
              HasSubstr("s.toml:3:"));
  EXPECT_THAT(mistake("[sink]\nkind = \"kafka\"\n"), HasSubstr("kafka.brokers"));
}

class TlsSettings : public ::testing::Test {
 protected:
  static std::string mistake(const std::string& table, const std::string& lines) {
    const Result<SinkSettings> sink =
        parse_sink("[sink]\nkind = \"" + table + "\"\n[" + table + "]\n" + place_in(table) + lines,
                   "s.toml", "s");
    return sink ? "none" : sink.error().detail;
  }

  // Line 4 and, of some, 5.
  static std::string place_in(const std::string& table) {
    return table == "syslog"  ? "host = \"siem\"\ntransport = \"tls\"\n"
           : table == "kafka" ? "brokers = \"b:9093\"\ntls = true\n"
                              : "url = \"https://x\"\nproxy = \"\"\n";
  }

  static std::string line(const char* key, const std::string& path) {
    return key + (" = \"" + path) + "\"\n";
  }

  const testing::TlsFiles files_;
  const testing::TlsFiles others_;
};

TEST_F(TlsSettings, AreTakenIfTheFilesAreWhatTheyAreToBe) {
  for (const char* table : {"syslog", "kafka", "webhook", "elastic"}) {
    EXPECT_EQ(mistake(table, line("ca_file", files_.ca()) +
                                 line("certificate_file", files_.client_certificate()) +
                                 line("key_file", files_.client_key())),
              "none");
  }
}

TEST_F(TlsSettings, ThatAreWrongAreNamedInTheirPlace) {
  for (const char* table : {"syslog", "kafka", "webhook", "elastic"}) {
    EXPECT_THAT(mistake(table, line("ca_file", "/no/such/file")), HasSubstr("s.toml:6:"));
    EXPECT_THAT(mistake(table, line("ca_file", files_.key())), HasSubstr("s.toml:6:"))
        << "a key is no certificate";
    EXPECT_THAT(mistake(table, line("certificate_file", files_.client_certificate())),
                HasSubstr("come together"));
    EXPECT_THAT(mistake(table, line("key_file", files_.client_key())), HasSubstr("s.toml:6:"));
    EXPECT_THAT(mistake(table, line("ca_file", files_.ca()) +
                                   line("certificate_file", files_.client_certificate()) +
                                   line("key_file", others_.client_key())),
                ::testing::AllOf(HasSubstr("s.toml:7:"), HasSubstr("mismatch")))
        << "another's key";
    EXPECT_THAT(mistake(table, line("certificate_file", files_.client_key()) +
                                   line("key_file", files_.client_key())),
                HasSubstr("s.toml:6:"));
  }
}

TEST(SinkSettings, AreReadFromAFolderByName) {
  const testing::TempFolder folder;
  EXPECT_TRUE(load_sinks(folder / "absent")->empty());
  testing::write_file(folder / "b.toml", as_bytes("[file]\npath = \"/tmp/b\"\n"));
  testing::write_file(folder / "a.toml", as_bytes("[file]\npath = \"/tmp/a\"\n"));
  testing::write_file(folder / "notes.txt", as_bytes("not a sink"));
  const Result<std::vector<SinkSettings>> sinks = load_sinks(folder.path().string());
  ASSERT_TRUE(sinks) << sinks.error().to_string();
  ASSERT_EQ(sinks->size(), 2U);
  EXPECT_EQ((*sinks)[0].name, "a");
  EXPECT_EQ(file_of((*sinks)[1]).path, "/tmp/b");
  testing::write_file(folder / "c.toml", as_bytes("[file]\npath = \"/tmp/a\"\n"));
  EXPECT_THAT(load_sinks(folder.path().string()).error().detail,
              ::testing::AllOf(HasSubstr("c.toml:2:"), HasSubstr("that of the sink a")));
  testing::write_file(folder / "c.toml", as_bytes("[sink]\nkindd = 1\n"));
  EXPECT_FALSE(load_sinks(folder.path().string())) << "a sink that is wrong is no sink fewer";
}

}  // namespace
}  // namespace quotemill::daemon
