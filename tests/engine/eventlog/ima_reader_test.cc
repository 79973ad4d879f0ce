#include "engine/eventlog/ima_reader.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::binary_entry;
using testing::digest_field;
using testing::field;
using testing::fixtures;
using testing::joined;
using testing::measured_entry;
using testing::ng_entry;
using testing::read_file;
using testing::text_field;

const Bytes kFileDigest(32, 0xAB);

// Padding decodes to zeros behind the data, which a list in which lengths stand does not mind.
Bytes from_base64(std::string_view text) {
  std::string joined(text);
  std::erase_if(joined, [](char c) { return c == '\n' || c == '\r'; });
  Bytes out(joined.size());
  const int size =
      EVP_DecodeBlock(out.data(), as_bytes(joined).data(), static_cast<int>(joined.size()));
  out.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return out;
}

// A line of the ascii list for template data that hashes to what it lists.
std::string line(std::string_view name, ByteView data, std::string_view shown) {
  return "10 " + hash(HashAlgorithm::kSha1, data).hex() + " " + std::string(name) + " " +
         std::string(shown) + "\n";
}

TEST(ImaReader, RebuildsEveryTemplateFromItsText) {
  struct Case {
    std::string_view name;
    std::vector<Bytes> fields;
    std::string shown;
  };

  const std::string hex(64, 'a');
  const std::string digest = "sha256:" + hex;
  const Bytes ng = digest_field("sha256", Bytes(32, 0xAA));
  const Bytes path = text_field("/lib/m.ko");
  const std::vector<Case> cases = {
      {"ima-ng", {ng, path}, digest + " /lib/m.ko"},
      {"ima-ng", {digest_field("", Bytes(32, 0xAA)), path}, hex + " /lib/m.ko"},
      {"ima-ngv2",
       {digest_field("ima:sha256", Bytes(32, 0xAA)), path},
       "ima:" + digest + " /lib/m.ko"},
      {"ima-sig", {ng, path, field({})}, digest + " /lib/m.ko "},
      {"ima-sig", {ng, path, field(Bytes{3, 2})}, digest + " /lib/m.ko 0302"},
      {"ima-buf",
       {ng, text_field("kexec-cmdline"), field(Bytes{'r', 'o'})},
       digest + " kexec-cmdline 726f"},
      {"ima-modsig",
       {ng, path, field({}), ng, field(Bytes{0x30, 0x82})},
       digest + " /lib/m.ko  " + digest + " 3082"},
      {"ima-modsig", {ng, path, field({}), field({}), field({})}, digest + " /lib/m.ko   "},
      {"evm-sig",
       {ng, path, field(Bytes{5}), text_field("a|b"), field(Bytes{1, 2}), field(Bytes{3}),
        field(Bytes{0xE8, 3, 0, 0}), field(Bytes(4, 0)), field(Bytes{0xED, 0x81})},
       digest + " /lib/m.ko 05 a|b 0102 03 1000 0 33261"},
      {"d-ng|n-ng|iuid", {ng, path, field(Bytes{7, 0, 0, 0})}, digest + " /lib/m.ko 7"},
      {"d|n-ng", {field(Bytes(20, 0xAA)), path}, std::string(40, 'a') + " /lib/m.ko"}};
  for (const Case& one : cases) {
    const Bytes data = joined(one.fields);
    const std::string text = line(one.name, data, one.shown);
    ImaReader reader(as_bytes(text));
    const ImaEntry* const entry = reader.next();
    ASSERT_NE(entry, nullptr) << text;
    EXPECT_TRUE(equal(entry->template_data, data)) << text;
    EXPECT_TRUE(entry->data_holds()) << text;
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_FALSE(reader.broken());
  }
}

TEST(ImaReader, GoesOnWhereALastPieceEnded) {
  const Bytes list = joined({ng_entry("boot_aggregate"), ng_entry("/a"), ng_entry("/b")});
  for (std::size_t split = 0; split <= list.size(); ++split) {
    ImaReader first(ByteView(list).first(split), 20);
    while (first.next() != nullptr) {
    }
    EXPECT_TRUE(!first.broken() || first.broken()->code == ErrorCode::kTruncated) << split;
    ImaReader second(ByteView(list).subspan(first.offset()), 20);
    while (second.next() != nullptr) {
    }
    EXPECT_FALSE(second.broken()) << split;
    EXPECT_EQ(first.entries() + second.entries(), 3U) << split;
  }
}

TEST(ImaReader, FindsTheSizeOfTheTemplateHashes) {
  for (const HashAlgorithm bank : {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                   HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    const Bytes data = joined({digest_field("sha256", kFileDigest), text_field("/f")});
    const Bytes list = binary_entry(10, hash(bank, data).view(), "ima-ng", data);
    ImaReader reader(list);
    EXPECT_EQ(reader.template_hash_size(), digest_size(bank));
    const ImaEntry* const entry = reader.next();
    ASSERT_NE(entry, nullptr);
    EXPECT_TRUE(entry->data_holds());
  }
  EXPECT_TRUE(ImaReader({}, 21).broken());
}

TEST(ImaReader, ReadsTheOriginalTemplateOfBothForms) {
  ByteWriter binary;
  Bytes data(20, 0xCC);
  const std::string name = "/init";
  data.insert(data.end(), name.begin(), name.end());
  data.resize(276);
  const Digest listed = hash(HashAlgorithm::kSha1, data);
  binary.u32_le(10).bytes(listed.view()).sized32_le(as_bytes("ima"));
  binary.bytes(Bytes(20, 0xCC)).sized32_le(as_bytes(name));
  const std::string text = "10 " + listed.hex() + " ima " + to_hex(Bytes(20, 0xCC)) + " /init\n";
  for (const ByteView list : {binary.view(), as_bytes(text)}) {
    ImaReader reader(list);
    const ImaEntry* const entry = reader.next();
    ASSERT_NE(entry, nullptr);
    EXPECT_TRUE(equal(entry->template_data, data));
    EXPECT_TRUE(entry->data_holds());
  }
}

TEST(ImaReader, TellsWhereAnEntryBreaks) {
  const Bytes first = ng_entry("boot_aggregate");
  const Bytes list = joined({first, Bytes{10, 0, 0, 0, 1, 2}});
  ImaReader reader(list);
  EXPECT_NE(reader.next(), nullptr);
  EXPECT_EQ(reader.next(), nullptr);
  ASSERT_TRUE(reader.broken());
  EXPECT_EQ(reader.broken()->code, ErrorCode::kTruncated);
  EXPECT_EQ(reader.broken()->offset, first.size() + 4);
  EXPECT_EQ(reader.offset(), first.size());
}

TEST(ImaReader, AListInBigEndianOrderIsCalledSo) {
  Bytes list = ng_entry("boot_aggregate");
  std::reverse(list.begin(), list.begin() + 4);
  ImaReader reader(list);
  EXPECT_EQ(reader.next(), nullptr);
  ASSERT_TRUE(reader.broken());
  EXPECT_EQ(reader.broken()->code, ErrorCode::kUnsupported);
}

TEST(ImaReader, AnEntryNeedsTheNameOfATemplate) {
  for (const Bytes& entry : {binary_entry(10, Bytes(20, 1), "", Bytes(4, 1)),
                             binary_entry(10, Bytes(20, 1), "a b", Bytes(4, 1))}) {
    ImaReader first(entry, 20);
    EXPECT_EQ(first.next(), nullptr);
    EXPECT_TRUE(first.broken());
    const Bytes list = joined({ng_entry("boot_aggregate"), entry});
    ImaReader later(list);
    EXPECT_NE(later.next(), nullptr);
    EXPECT_EQ(later.next(), nullptr);
    EXPECT_TRUE(later.broken());
  }
}

TEST(ImaReader, RealListsAreDecodedFieldByField) {
  for (const char* const path :
       {"qemu/sb-on/ima.bin", "qemu/sb-on/ima.ascii", "kgoldman+ibmtss/utils/sha256.log",
        "immune-gmbh+guard-oss/apisrv/test/h12ssl.before.measurements",
        "derived/immune-gmbh+guard-oss/hahuri-invalid-eventlog.values/ima.bin",
        "RedHat-SP-Security+keylime-tests/functional/keylime_create_policy-static-data/test2/"
        "ascii_runtime_measurements-2"}) {
    const Bytes list = read_file(fixtures() / path);
    if (list.empty()) {
      GTEST_SKIP() << "no fixtures";
    }
    ImaReader reader(list);
    while (const ImaEntry* entry = reader.next()) {
      const auto known = ima_template(entry->template_name);
      ASSERT_TRUE(known) << path << " " << entry->template_name;
      const auto fields = read_ima_fields(*known, entry->template_data);
      ASSERT_TRUE(fields) << path << " entry " << reader.entries();
      EXPECT_FALSE(fields->name.empty());
      EXPECT_TRUE(fields->file_digest()) << path << " entry " << reader.entries();
    }
    EXPECT_FALSE(reader.broken()) << path;
    EXPECT_GT(reader.entries(), 2U) << path;
  }
}

TEST(ImaReader, ReadsTheListsOfAnotherLibrarysTests) {
  const std::filesystem::path folder =
      fixtures() / "tpm2-software+tpm2-tss/test/data/fapi/eventlog";
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  for (const char* const name : {"sml-ima-ng-sha1.b64", "sml-ima-sha1.b64"}) {
    const Bytes list = from_base64(as_text(read_file(folder / name)));
    ASSERT_FALSE(list.empty());
    ImaReader reader(list);
    std::size_t held = 0;
    while (const ImaEntry* entry = reader.next()) {
      held += entry->data_holds() ? 1U : 0U;
    }
    EXPECT_LE(list.size() - reader.offset(), 3U) << name << ": a line feed and padding";
    EXPECT_EQ(held, reader.entries()) << name;
    EXPECT_GT(held, 3U) << name;
  }
  for (const char* const name :
       {"sml-ima-ng-sha1-invalidated.b64", "sml-ima-sha1-invalidated.b64"}) {
    const Bytes list = from_base64(as_text(read_file(folder / name)));
    ImaReader reader(list);
    const ImaEntry* const entry = reader.next();
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_TRUE(entry->is_violation());
  }
}

}  // namespace
}  // namespace quotemill
