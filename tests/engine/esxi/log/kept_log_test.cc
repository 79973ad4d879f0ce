#include "engine/esxi/log/kept_log.h"

#include <gmock/gmock.h>

#include "bench/fleet/esxi_boot_model.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/replay.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kKey = bench::kTypedRecoveryKey;

Bytes boot_of(bench::EsxiFault fault) {
  bench::EsxiBootModel model;
  model.image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(3, 40));
  model.other_image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(4, 40));
  model.fault = fault;
  return bench::write_esxi_boot_log(model).log;
}

Bytes kept(Bytes log) {
  drop_secrets(log);
  return log;
}

bool has(const Bytes& log, std::string_view text) {
  return as_text(log).find(text) != std::string_view::npos;
}

bool reads_with_secret(const Bytes& log) {
  return has_secret(read_boot_log(log).log);
}

std::vector<EsxiProblemKind> problems_of(const Bytes& log, LogForm form) {
  const BootLogReading reading = read_boot_log(log);
  EsxiBoot boot;
  read_esxi_boot(ProvenLog(reading.log, HashAlgorithm::kSha256, 0xFFFFFF), known_esxi_format(),
                 boot, form);
  std::vector<EsxiProblemKind> kinds;
  for (const EsxiProblem& problem : boot.problems) {
    kinds.push_back(problem.kind);
  }
  return kinds;
}

// A log whose command line shows `shown`, and was measured as `measured` in each bank.
Bytes command_line_log(std::string_view shown, std::string_view sha1, std::string_view sha256) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1, HashAlgorithm::kSha256});
  const auto tagged = [](std::uint8_t tag, std::string_view text) {
    Bytes data = {tag, 0, 0, 0, static_cast<std::uint8_t>(text.size()), 0, 0, 0};
    data.insert(data.end(), text.begin(), text.end());
    return data;
  };
  writer.event(12, event_type::kEventTag, as_bytes("kernel"),
               tagged(2, std::string_view("b.b00\0", 6)));
  writer.event_with_digests(14, event_type::kEventTag,
                            std::vector<Digest>{hash(HashAlgorithm::kSha1, as_bytes(sha1)),
                                                hash(HashAlgorithm::kSha256, as_bytes(sha256))},
                            tagged(4, shown));
  return to_bytes(writer.bytes());
}

TEST(KeptLog, HasNoSecretAndReplaysAsBefore) {
  const Bytes sent = boot_of(bench::EsxiFault::kSecretTyped);
  ASSERT_TRUE(has(sent, kKey));
  const Bytes log = kept(sent);
  EXPECT_FALSE(has(log, kKey));
  EXPECT_TRUE(has(log, "encryptionRecoveryKey=" + std::string(kKey.size(), '*') + " runweasel"));
  EXPECT_EQ(log.size(), sent.size());
  const BootLogReading before = read_boot_log(sent);
  const BootLogReading after = read_boot_log(log);
  EXPECT_EQ(replay(after.log, HashAlgorithm::kSha256), replay(before.log, HashAlgorithm::kSha256));
  EXPECT_THAT(problems_of(log, LogForm::kAsKept), IsEmpty());
}

TEST(KeptLog, NamesTheEventsThatLackASecret) {
  const Bytes log = kept(boot_of(bench::EsxiFault::kSecretTyped));
  const BootLogReading reading = read_boot_log(log);
  const std::vector<std::uint32_t> events = events_without_secrets(reading.log);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(reading.log.events[events[0]].pcr, 14U);
}

TEST(KeptLog, IsTheLogAsSentWhereNothingIsSecret) {
  for (const bench::EsxiFault fault :
       {bench::EsxiFault::kNone, bench::EsxiFault::kTruncated, bench::EsxiFault::kTagSizeHuge}) {
    const Bytes sent = boot_of(fault);
    EXPECT_EQ(kept(sent), sent) << name_of(fault);
  }
  EXPECT_EQ(kept({}), Bytes());
}

TEST(KeptLog, IsAskedOfWhatWasReadWhetherThereIsASecret) {
  EXPECT_TRUE(reads_with_secret(boot_of(bench::EsxiFault::kSecretTyped)));
  for (const bench::EsxiFault fault : {bench::EsxiFault::kNone, bench::EsxiFault::kTagSizeHuge}) {
    EXPECT_FALSE(reads_with_secret(boot_of(fault))) << name_of(fault);
  }
  constexpr std::string_view kLine = "/b.b00 password=x1y2";
  EXPECT_TRUE(reads_with_secret(command_line_log(kLine, kLine, "/b.b00"))) << "measured or not";
}

TEST(KeptLog, SaysThatTheDataWasNotWhatWasMeasured) {
  constexpr std::string_view kLine = "/b.b00 password=x1y2";
  const auto kinds = [](std::string_view shown, std::string_view sha1, std::string_view sha256) {
    return problems_of(kept(command_line_log(shown, sha1, sha256)), LogForm::kAsKept);
  };
  EXPECT_THAT(kinds(kLine, kLine, kLine), IsEmpty());
  EXPECT_THAT(kinds(kLine, kLine, "/b.b00"), ElementsAre(EsxiProblemKind::kDataDiffers));
  EXPECT_THAT(kinds(kLine, "/b.b00", kLine), ElementsAre(EsxiProblemKind::kDataDiffers))
      << "in every bank";
}

// The host writes what a log as kept would hold: over data that was not measured it must not help.
TEST(KeptLog, AHostCannotSendOne) {
  for (const std::string_view shown : {"/b.b00 password=****", "/b.b00 password=!!!!"}) {
    const Bytes sent = command_line_log(shown, "/b.b00 evil", "/b.b00 evil");
    EXPECT_THAT(problems_of(sent, LogForm::kAsSent), ElementsAre(EsxiProblemKind::kDataDiffers));
    EXPECT_THAT(problems_of(kept(sent), LogForm::kAsKept),
                ElementsAre(EsxiProblemKind::kDataDiffers));
  }
  // What really was typed as asterisks was measured so, and holds by either form.
  const Bytes honest =
      command_line_log("/b.b00 password=****", "/b.b00 password=****", "/b.b00 password=****");
  EXPECT_THAT(problems_of(honest, LogForm::kAsSent), IsEmpty());
  EXPECT_THAT(problems_of(kept(honest), LogForm::kAsKept), IsEmpty());
}

TEST(KeptLog, BelievesNoSecretThatIsThereStill) {
  constexpr std::string_view kLine = "/b.b00 password=x1y2";
  EXPECT_THAT(problems_of(command_line_log(kLine, kLine, kLine), LogForm::kAsKept),
              ElementsAre(EsxiProblemKind::kDataDiffers));
}

TEST(KeptLog, LosesWhatStandsBehindABreak) {
  Bytes sent = boot_of(bench::EsxiFault::kSecretTyped);
  const std::size_t key = as_text(sent).find(kKey);
  sent.resize(key + kKey.size());  // in the middle of the event that has it
  ASSERT_TRUE(read_boot_log(sent).broken);
  const Bytes log = kept(sent);
  EXPECT_FALSE(has(log, kKey.substr(0, 6)));
  EXPECT_EQ(log.size(), sent.size());
  EXPECT_TRUE(read_boot_log(log).broken);
}

TEST(KeptLog, LosesSecretsOfTaggedEventsThatBreak) {
  Bytes sent = boot_of(bench::EsxiFault::kSecretTyped);
  const std::size_t line = as_text(sent).find("/b.b00 auto");
  sent[line - 4] ^= 1;  // the size of its tag
  ASSERT_FALSE(read_boot_log(sent).broken);
  const Bytes log = kept(sent);
  EXPECT_FALSE(has(log, kKey));
  EXPECT_THAT(problems_of(log, LogForm::kAsKept), ::testing::Contains(EsxiProblemKind::kMalformed));
}

TEST(KeptLog, LeavesNamesOfModulesAsTheyAre) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  Bytes data = {2, 0, 0, 0, 15, 0, 0, 0};
  const std::string_view name("password=ab.v0\0", 15);
  data.insert(data.end(), name.begin(), name.end());
  writer.event(13, event_type::kEventTag, as_bytes("module"), data);
  const Bytes sent = to_bytes(writer.bytes());
  EXPECT_EQ(kept(sent), sent);
}

// However a value is quoted, what overwrote it is found again as the same bytes.
TEST(KeptLog, IsFoundAgainHoweverTheSecretWasQuoted) {
  for (const std::string_view line :
       {"/b.b00 password='a b'c d", "/b.b00 password=\"a b\" password='c'passwd=d",
        "/b.b00 passphrase = x y", "/b.b00 recoveryKey='never closed"}) {
    const Bytes log = kept(command_line_log(line, line, line));
    EXPECT_THAT(problems_of(log, LogForm::kAsKept), IsEmpty()) << line;
  }
}

}  // namespace
}  // namespace quotemill
