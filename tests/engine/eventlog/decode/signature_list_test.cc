#include "engine/eventlog/decode/signature_list.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/engine/eventlog/decode/event_bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;
using testing::read_file;
using testing::signature_list;

// A list's header with the three sizes given, and `rest` behind it.
Bytes list_with(std::uint32_t list_size, std::uint32_t header_size, std::uint32_t entry_size,
                std::size_t rest) {
  ByteWriter out;
  out.bytes(guids::kCertSha256.bytes).u32_le(list_size).u32_le(header_size).u32_le(entry_size);
  out.bytes(Bytes(rest, 0xAA));
  return out.take();
}

TEST(SignatureList, HasEntriesOfSeveralLists) {
  Bytes lists = signature_list(guids::kCertSha256, Bytes(32, 1));
  const Bytes second = signature_list(guids::kCertX509, Bytes(100, 2));
  lists.insert(lists.end(), second.begin(), second.end());
  const auto entries = decode_signature_lists(lists);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].type, guids::kCertSha256);
  EXPECT_EQ((*entries)[1].data.size(), 100U);
}

TEST(SignatureList, AnEmptyVariableHasNoEntries) {
  const auto entries = decode_signature_lists({});
  ASSERT_TRUE(entries);
  EXPECT_TRUE(entries->empty());
}

TEST(SignatureListHostile, GoAttestation_RefusesListSizesBelowTheHeader) {
  for (std::uint32_t size = 0; size < 28; ++size) {
    EXPECT_FALSE(decode_signature_lists(list_with(size, 0, 48, 48))) << size;
  }
}

TEST(SignatureListHostile, GoAttestation_RefusesASignatureSizeOfZeroAndOthersWithoutData) {
  for (std::uint32_t size = 0; size <= 16; ++size) {
    EXPECT_FALSE(decode_signature_lists(list_with(28 + 48, 0, size, 48))) << size;
  }
}

TEST(SignatureListHostile, GoAttestation_RefusesHugeSizes) {
  for (const std::uint32_t size : {0xFFFFFFF0U, 0xFFFFFFFFU, 0x80000000U}) {
    EXPECT_FALSE(decode_signature_lists(list_with(size, 0, 48, 48)));
    EXPECT_FALSE(decode_signature_lists(list_with(28 + 48, size, 48, 48)));
    EXPECT_FALSE(decode_signature_lists(list_with(28 + 48, 0, size, 48)));
  }
}

TEST(SignatureListHostile, RefusesBytesThatAreNoWholeEntryOrList) {
  EXPECT_FALSE(decode_signature_lists(list_with(28 + 50, 0, 48, 50)));
  EXPECT_FALSE(decode_signature_lists(list_with(28 + 48, 0, 48, 49)));
  EXPECT_FALSE(decode_signature_lists(list_with(28 + 48, 0, 48, 47)));
}

TEST(SignatureListHostile, RefusesMoreEntriesThanItsBound) {
  const std::uint32_t count = limits::kSignaturesMax + 1;
  EXPECT_FALSE(decode_signature_lists(list_with(28 + count * 17, 0, 17, std::size_t{count} * 17)));
}

TEST(SignatureListFixtures, RealListsAreReadAndMalformedOnesRefused) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  std::size_t good = 0;
  std::size_t bad = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(fixtures() / "canonical+go-efilib/testdata/sigdbs")) {
    if (entry.path().extension() != ".siglist") {
      continue;
    }
    const Bytes bytes = read_file(entry.path());
    const std::string name = entry.path().stem();
    const bool malformed = name.rfind("inconsistent", 0) == 0 || name.rfind("invalid", 0) == 0;
    EXPECT_EQ(decode_signature_lists(bytes).has_value(), !malformed) << entry.path();
    ++(malformed ? bad : good);
  }
  EXPECT_GT(good, 0U);
  EXPECT_GT(bad, 0U);
}

TEST(SignatureListFixtures, ACertificateIsShownBySubjectAndFingerprint) {
  const Bytes bytes = read_file(fixtures() / "canonical+go-efilib/testdata/sigdbs/1.siglist");
  if (bytes.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  const auto entries = decode_signature_lists(bytes);
  ASSERT_TRUE(entries);
  const Fields fields = describe_signature(entries->front());
  ASSERT_GE(fields.size(), 5U);
  EXPECT_EQ(fields[0].name, "type");
  EXPECT_EQ(std::get<std::string>(fields[0].value), "EFI_CERT_X509");
  EXPECT_EQ(fields[2].name, "sha256");
  EXPECT_EQ(fields[3].name, "subject");
  EXPECT_NE(std::get<std::string>(fields[3].value).find("CN="), std::string::npos);
}

}  // namespace
}  // namespace quotemill
