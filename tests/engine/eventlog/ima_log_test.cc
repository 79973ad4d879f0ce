#include "engine/eventlog/ima_log.h"

#include <cstdlib>
#include <memory>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::binary_entry;
using testing::fixtures;
using testing::joined;
using testing::ng_data;
using testing::ng_entry;
using testing::read_file;

Digest pcr_of(HashAlgorithm bank, const std::vector<Digest>& digests) {
  Digest pcr(bank);
  for (const Digest& digest : digests) {
    extend(pcr, digest.view());
  }
  return pcr;
}

TEST(ImaLog, ReadsABinaryList) {
  const Bytes list = joined({ng_entry("boot_aggregate"), ng_entry("/usr/bin/with space")});
  const ImaLogReading reading = read_ima_log(list);
  ASSERT_FALSE(reading.broken);
  ASSERT_EQ(reading.log.entries.size(), 2U);
  const ImaEntry& entry = reading.log.entries[1];
  EXPECT_EQ(entry.pcr, kImaPcr);
  EXPECT_EQ(entry.template_name, "ima-ng");
  EXPECT_TRUE(entry.data_holds());
  EXPECT_FALSE(entry.is_violation());
}

TEST(ImaLog, ReadsAnAsciiListToTheSameTemplateData) {
  const std::string digest(64, 'b');
  const Bytes data = ng_data(Bytes(32, 0xBB), "/bin/with two spaces");
  const std::string line = "10 " + hash(HashAlgorithm::kSha1, data).hex() +
                           " ima-ng sha256:" + digest + " /bin/with two spaces\n";
  const ImaLogReading reading = read_ima_log(as_bytes(line));
  ASSERT_FALSE(reading.broken);
  EXPECT_TRUE(reading.log.ascii);
  ASSERT_EQ(reading.log.entries.size(), 1U);
  EXPECT_TRUE(equal(reading.log.entries[0].template_data, data));
  EXPECT_TRUE(reading.log.entries[0].data_holds());
}

TEST(ImaLog, AnAsciiSignatureMayBeMissingOrLookLikeAFileName) {
  struct Case {
    std::string file;
    Bytes signature;
    std::string shown;
  };

  const std::vector<Case> cases = {{"/bin/a", {}, "/bin/a "},
                                   {"/bin/a", {}, "/bin/a"},
                                   {"/bin/a", {3, 2, 4}, "/bin/a 030204"},
                                   {"/bin/a beef", {}, "/bin/a beef"},
                                   {"/bin/a beef", {}, "/bin/a beef "}};
  for (const Case& one : cases) {
    ByteWriter data;
    data.bytes(ng_data(Bytes(32, 0xCC), one.file)).sized32_le(one.signature);
    const std::string line = "10 " + hash(HashAlgorithm::kSha1, data.view()).hex() +
                             " ima-sig sha256:" + std::string(64, 'c') + " " + one.shown;
    const ImaLogReading reading = read_ima_log(as_bytes(line));
    ASSERT_FALSE(reading.broken);
    EXPECT_TRUE(reading.log.entries.at(0).data_holds()) << one.shown;
  }
}

// An ascii line of a file with a digest of 0xBB, as the kernel shows it, and its template data.
std::string ascii_line(std::string_view file) {
  return "10 " + hash(HashAlgorithm::kSha1, ng_data(Bytes(32, 0xBB), file)).hex() +
         " ima-ng sha256:" + std::string(64, 'b') + " " + std::string(file) + "\n";
}

TEST(ImaText, AFileNameWithLineEndsIsOneEntry) {
  for (const std::string& file :
       {std::string("/tmp/a\nb"), std::string("/tmp/a\n"), std::string("\n\n\n"),
        std::string("/tmp/\n\nb\n c"), "/tmp/" + std::string(64, '\n'),
        "/x\n" + ascii_line("/evil") + "y"}) {
    const std::string list =
        ascii_line("boot_aggregate") + ascii_line(file) + ascii_line("/bin/sh");
    const ImaLogReading reading = read_ima_log(as_bytes(list));
    ASSERT_FALSE(reading.broken) << file;
    ASSERT_EQ(reading.log.entries.size(), 3U) << file;
    EXPECT_TRUE(reading.log.entries[1].data_holds());
    const std::optional<ImaFields> fields = fields_of(reading.log.entries[1]);
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->name, file);
    EXPECT_TRUE(reading.log.entries[2].data_holds());
  }
}

TEST(ImaText, AFileNameWithALineEndMayHaveASignatureBehindIt) {
  ByteWriter data;
  data.bytes(ng_data(Bytes(32, 0xBB), "/tmp/a\nb")).sized32_le(Bytes{3, 2, 4});
  const std::string list = "10 " + hash(HashAlgorithm::kSha1, data.view()).hex() +
                           " ima-sig sha256:" + std::string(64, 'b') + " /tmp/a\nb 030204\n" +
                           ascii_line("/bin/sh");
  const ImaLogReading reading = read_ima_log(as_bytes(list));
  ASSERT_FALSE(reading.broken);
  ASSERT_EQ(reading.log.entries.size(), 2U);
  EXPECT_TRUE(reading.log.entries[0].data_holds());
}

TEST(ImaText, AViolationEndsBeforeTheNextEntry) {
  const std::string violation =
      "10 " + std::string(40, '0') + " ima-ng sha256:" + std::string(64, '0') + " /tmp/a\nb\n";
  for (const std::string& behind : {std::string(), ascii_line("/bin/sh")}) {
    const std::string list = ascii_line("boot_aggregate") + violation + behind;
    const ImaLogReading reading = read_ima_log(as_bytes(list));
    ASSERT_FALSE(reading.broken);
    ASSERT_EQ(reading.log.entries.size(), behind.empty() ? 2U : 3U);
    EXPECT_TRUE(reading.log.entries[1].is_violation());
    EXPECT_EQ(fields_of(reading.log.entries[1])->name, "/tmp/a\nb");
  }
}

TEST(ImaTextHostile, ALineThatHashesToNothingStaysOneLine) {
  std::string bad = ascii_line("/bin/a");
  bad[3] = bad[3] == '0' ? '1' : '0';
  const std::string list = bad + ascii_line("/bin/b");
  const ImaLogReading reading = read_ima_log(as_bytes(list));
  ASSERT_FALSE(reading.broken);
  ASSERT_EQ(reading.log.entries.size(), 2U);
  EXPECT_FALSE(reading.log.entries[0].data_holds());
  EXPECT_EQ(fields_of(reading.log.entries[0])->name, "/bin/a");
  EXPECT_TRUE(reading.log.entries[1].data_holds());
}

// A list that is cut in mid-line is not a name that goes on.
TEST(ImaTextHostile, WhatIsCutOffBehindAViolationIsABreak) {
  const std::string violation =
      "10 " + std::string(40, '0') + " ima-ng sha256:" + std::string(64, '0') + " /tmp/a\n";
  const std::string cut = ascii_line("/bin/sh");
  for (std::size_t size = 1; size < 40; ++size) {
    const std::string list = violation + cut.substr(0, size);
    const ImaLogReading reading = read_ima_log(as_bytes(list));
    EXPECT_TRUE(reading.broken) << size;
    ASSERT_EQ(reading.log.entries.size(), 1U) << size;
    EXPECT_EQ(fields_of(reading.log.entries[0])->name, "/tmp/a") << size;
  }
}

TEST(ImaTextHostile, WhatIsNoEntryBehindAWholeOneIsABreak) {
  const std::string list = ascii_line("/bin/a") + "b\n" + ascii_line("/bin/c");
  const ImaLogReading reading = read_ima_log(as_bytes(list));
  EXPECT_TRUE(reading.broken);
  EXPECT_EQ(reading.log.entries.size(), 1U);
}

// Each of them could be the beginning of a name with line ends: only so many are tried, and behind
// them no such name is read any more.
TEST(ImaTextHostile, LinesAreTriedTogetherOnlySoOften) {
  const auto read = [](std::size_t bad_lines) {
    std::string list;
    for (std::size_t i = 0; i < bad_lines; ++i) {
      list += "10 " + std::string(40, '1') + " ima-ng sha256:" + std::string(64, 'b') + " /a\n";
    }
    list += ascii_line("/tmp/a\nb") + ascii_line("/bin/sh");
    const ImaLogReading reading = read_ima_log(as_bytes(list));
    return std::pair(reading.log.entries.size(), reading.broken.has_value());
  };
  EXPECT_EQ(read(10), std::pair(std::size_t{12}, false));
  EXPECT_EQ(read(50'000), std::pair(std::size_t{50'001}, true));
}

TEST(ImaLog, AnEmptyListIsWhole) {
  const ImaLogReading reading = read_ima_log({});
  EXPECT_FALSE(reading.broken);
  EXPECT_TRUE(reading.log.entries.empty());
}

TEST(ImaLog, KeepsEverythingBeforeTheBreak) {
  const Bytes first = ng_entry("boot_aggregate");
  const Bytes list = joined({first, ng_entry("/bin/sh")});
  for (std::size_t size = first.size() + 1; size < list.size(); ++size) {
    const ImaLogReading reading = read_ima_log(ByteView(list).first(size));
    ASSERT_TRUE(reading.broken) << size;
    EXPECT_EQ(reading.log.entries.size(), 1U);
  }
  const ImaLogReading text =
      read_ima_log(as_bytes("10 " + std::string(40, 'a') + " ima-ng sha256:ab /x\ngarbage\n"));
  ASSERT_TRUE(text.broken);
  EXPECT_EQ(text.log.entries.size(), 1U);
}

TEST(ImaLog, RefusesImpossibleFields) {
  const Bytes good = ng_entry("boot_aggregate");
  EXPECT_TRUE(read_ima_log(joined({good, ng_entry("/x", 24)})).broken);
  EXPECT_TRUE(read_ima_log(joined({good, ng_entry("/x", 0xFFFFFFFF)})).broken);
  EXPECT_TRUE(
      read_ima_log(joined({good, binary_entry(10, Bytes(20, 1), "\x1B[31m", Bytes(4, 1))})).broken);
  ByteWriter huge;
  huge.bytes(good).u32_le(10).bytes(Bytes(20, 1)).sized32_le(as_bytes("ima-ng"));
  huge.u32_le(0xFFFFFFFF).bytes(Bytes(10, 1));
  EXPECT_TRUE(read_ima_log(huge.view()).broken);
  // Pages that nobody writes take no memory.
  constexpr std::size_t kTooLarge = limits::kRuntimeLogSizeMax + 1;
  const std::unique_ptr<void, decltype(&std::free)> pages(std::calloc(kTooLarge, 1), &std::free);
  ASSERT_NE(pages, nullptr);
  EXPECT_TRUE(read_ima_log({static_cast<const std::uint8_t*>(pages.get()), kTooLarge}).broken);
}

TEST(ImaLog, MatchesEachFormOfEachBank) {
  const Bytes list = joined({ng_entry("boot_aggregate"), ng_entry("/bin/sh")});
  const ImaLogReading reading = read_ima_log(list);
  std::vector<Digest> listed;
  std::vector<Digest> hashed;
  std::vector<Digest> padded;
  for (const ImaEntry& entry : reading.log.entries) {
    listed.push_back(*Digest::from(HashAlgorithm::kSha1, entry.template_hash));
    hashed.push_back(hash(HashAlgorithm::kSha256, entry.template_data));
    Bytes bytes = to_bytes(entry.template_hash);
    bytes.resize(48);
    padded.push_back(*Digest::from(HashAlgorithm::kSha384, bytes));
  }
  const auto sha1 = match_ima_log(reading.log, pcr_of(HashAlgorithm::kSha1, listed));
  ASSERT_TRUE(sha1);
  EXPECT_EQ(sha1->entries, 2U);
  EXPECT_EQ(sha1->form, ImaDigestForm::kListed);
  const auto sha256 = match_ima_log(reading.log, pcr_of(HashAlgorithm::kSha256, hashed));
  ASSERT_TRUE(sha256);
  EXPECT_EQ(sha256->form, ImaDigestForm::kHashed);
  EXPECT_EQ(replay_ima_log(reading.log, HashAlgorithm::kSha256),
            pcr_of(HashAlgorithm::kSha256, hashed));
  const auto sha384 = match_ima_log(reading.log, pcr_of(HashAlgorithm::kSha384, padded));
  ASSERT_TRUE(sha384);
  EXPECT_EQ(sha384->form, ImaDigestForm::kPadded);
  EXPECT_FALSE(match_ima_log(reading.log, pcr_of(HashAlgorithm::kSha256, {hashed[1]})));
}

TEST(ImaLog, MatchesABeginningOfAListThatHasGrown) {
  const Bytes list = joined({ng_entry("boot_aggregate"), ng_entry("/bin/sh"), ng_entry("/bin/ls")});
  const ImaLogReading reading = read_ima_log(list);
  const Digest first = *Digest::from(HashAlgorithm::kSha1, reading.log.entries[0].template_hash);
  const auto match = match_ima_log(reading.log, pcr_of(HashAlgorithm::kSha1, {first}));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->entries, 1U);
  const auto none = match_ima_log(reading.log, Digest(HashAlgorithm::kSha1));
  ASSERT_TRUE(none);
  EXPECT_EQ(none->entries, 0U);
}

TEST(ImaLog, AViolationExtendsOnes) {
  const Bytes list = binary_entry(10, Bytes(20, 0), "ima-ng", ng_data(Bytes(32, 0), "/x"));
  const ImaLogReading reading = read_ima_log(list);
  ASSERT_TRUE(reading.log.entries.at(0).is_violation());
  EXPECT_FALSE(reading.log.entries.at(0).data_holds());
  const Digest ones = *Digest::from(HashAlgorithm::kSha256, Bytes(32, 0xFF));
  EXPECT_TRUE(match_ima_log(reading.log, pcr_of(HashAlgorithm::kSha256, {ones})));
}

TEST(ImaLog, EntriesOfOtherPcrsDoNotCount) {
  const Bytes list = joined({ng_entry("boot_aggregate"), ng_entry("/other", 11)});
  const ImaLogReading reading = read_ima_log(list);
  const Digest first = *Digest::from(HashAlgorithm::kSha1, reading.log.entries[0].template_hash);
  const auto match = match_ima_log(reading.log, pcr_of(HashAlgorithm::kSha1, {first}));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->entries, 2U);
}

// "… n=1646 … pcr10{sha1=<hex>,sha256=<hex>}" in the notes of the fixtures' manifest.
std::string noted(const std::string& notes, const std::string& key) {
  const std::size_t at = notes.find(key + "=");
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = at + key.size() + 1;
  return notes.substr(begin, notes.find_first_of(" ,}", begin) - begin);
}

TEST(ImaLog, RealListsGiveTheirKnownPcr10) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const Bytes manifest = read_file(fixtures() / "MANIFEST.tsv");
  std::istringstream lines{std::string(as_text(manifest))};
  int matched = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\tima-log\t") == std::string::npos || line.find(".b64\t") != std::string::npos) {
      continue;
    }
    const std::string path = line.substr(0, line.find('\t'));
    if (path.find("hahuri") != std::string::npos) {
      continue;  // the note counts an entry of PCR 11 too; the next test has the true values
    }
    const Bytes bytes = read_file(fixtures() / path);
    const ImaLogReading reading = read_ima_log(bytes);
    EXPECT_FALSE(reading.broken) << path;
    EXPECT_FALSE(reading.log.entries.empty()) << path;
    for (const HashAlgorithm bank : {HashAlgorithm::kSha1, HashAlgorithm::kSha256}) {
      const std::optional<Bytes> value =
          from_hex(noted(line.substr(line.find("pcr10{") + 1), std::string(name_of(bank))));
      if (line.find("pcr10{") == std::string::npos || !value || value->empty()) {
        continue;
      }
      const auto match = match_ima_log(reading.log, *Digest::from(bank, *value));
      ASSERT_TRUE(match) << path << " " << name_of(bank);
      EXPECT_EQ(std::to_string(match->entries), noted(line, "n")) << path;
      ++matched;
    }
  }
  EXPECT_GE(matched, 25);
}

TEST(ImaLog, ARealListWithAnEntryOfPcr11GivesItsQuotedPcr10) {
  const Bytes list = read_file(
      fixtures() / "derived/immune-gmbh+guard-oss/hahuri-invalid-eventlog.values/ima.bin");
  if (list.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  const ImaLogReading reading = read_ima_log(list);
  ASSERT_EQ(reading.log.entries.size(), 37U);
  const auto match = match_ima_log(
      reading.log,
      *Digest::from(HashAlgorithm::kSha256,
                    *from_hex("799dd2260e53bc8b2a8bca1eda79989fb781b61cd43dbbe2257d44bf9b08b8d0")));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->entries, 37U);
  EXPECT_EQ(match->form, ImaDigestForm::kHashed);
}

TEST(ImaLog, TheTwoFormsOfOneListAgree) {
  const Bytes binary = read_file(fixtures() / "qemu/sb-on/ima.bin");
  const Bytes ascii = read_file(fixtures() / "qemu/sb-on/ima.ascii");
  if (binary.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  const ImaLogReading left = read_ima_log(binary);
  const ImaLogReading right = read_ima_log(ascii);
  ASSERT_EQ(left.log.entries.size(), right.log.entries.size());
  for (std::size_t i = 0; i < left.log.entries.size(); ++i) {
    EXPECT_TRUE(left.log.entries[i].data_holds());
    EXPECT_TRUE(equal(left.log.entries[i].template_data, right.log.entries[i].template_data)) << i;
  }
}

TEST(ImaLog, DamagedListsAreReadSafely) {
  const Bytes binary = joined({ng_entry("boot_aggregate"), ng_entry("/bin/sh"), ng_entry("/x")});
  const Bytes ascii = to_bytes(as_bytes(
      "10 " + std::string(40, 'a') + " ima-sig sha256:" + std::string(64, 'c') +
      " /bin/a 030204\n10 " + std::string(40, 'b') + " ima " + std::string(40, 'c') + " /bin/b\n"));
  std::mt19937 random(7);
  for (int i = 0; i < 4000; ++i) {
    Bytes list = i % 2 == 0 ? binary : ascii;
    for (int damage = 0; damage < 3; ++damage) {
      list[random() % list.size()] = static_cast<std::uint8_t>(random());
    }
    list.resize(1 + random() % list.size());
    const ImaLogReading reading = read_ima_log(list);
    for (const ImaEntry& entry : reading.log.entries) {
      ASSERT_LT(entry.pcr, limits::kPcrCount);
      static_cast<void>(entry.data_holds());
    }
    static_cast<void>(match_ima_log(reading.log, Digest(HashAlgorithm::kSha256)));
  }
}

}  // namespace
}  // namespace quotemill
