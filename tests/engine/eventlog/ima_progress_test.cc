#include "engine/eventlog/ima_progress.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/eventlog/ima_log.h"
#include "tests/engine/eventlog/ima_bytes.h"

namespace quotemill {
namespace {

using testing::binary_entry;
using testing::joined;
using testing::ng_data;
using testing::ng_entry;

constexpr std::array kBanks = {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSha384,
                               HashAlgorithm::kSha512};

Digest padded(HashAlgorithm bank, ByteView bytes) {
  Bytes value = to_bytes(bytes);
  value.resize(digest_size(bank));
  return *Digest::from(bank, value);
}

// Files, violations, and a measurement for another PCR, all of them different.
std::vector<Bytes> some_entries(std::size_t count) {
  std::vector<Bytes> entries;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string path = "/usr/lib/file-" + std::to_string(i);
    if (i % 7 == 3) {
      entries.push_back(binary_entry(10, Bytes(20, 0), "ima-ng", ng_data(Bytes(32, 0), path)));
    } else {
      entries.push_back(ng_entry(path, i % 11 == 5 ? 11 : 10));
    }
  }
  return entries;
}

void add_all(ImaProgress& progress, ByteView piece) {
  ImaReader reader(piece, 20);
  while (const ImaEntry* entry = reader.next()) {
    progress.add(*entry);
  }
}

Bytes kept(const ImaProgress& progress) {
  ByteWriter out;
  progress.write(out);
  return out.take();
}

TEST(ImaProgress, EntryByEntryGivesWhatTheWholeListGives) {
  const std::vector<Bytes> entries = some_entries(50);
  ImaProgress whole(kBanks);
  add_all(whole, joined(entries));
  ImaProgress pieces(kBanks);
  for (const Bytes& entry : entries) {
    add_all(pieces, entry);
  }
  EXPECT_EQ(kept(whole), kept(pieces));
  EXPECT_EQ(whole.entries(), 50U);
}

TEST(ImaProgress, ItMayBeSplitAndKeptAnywhere) {
  const std::vector<Bytes> entries = some_entries(40);
  ImaProgress whole(kBanks);
  add_all(whole, joined(entries));
  std::mt19937 random(3);
  for (int run = 0; run < 50; ++run) {
    ImaProgress progress(kBanks);
    std::size_t at = 0;
    while (at < entries.size()) {
      const std::size_t count = std::min<std::size_t>(1 + random() % 15, entries.size() - at);
      const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(at);
      add_all(progress, joined({begin, begin + static_cast<std::ptrdiff_t>(count)}));
      const Result<ImaProgress> restored = ImaProgress::read(kept(progress));
      ASSERT_TRUE(restored);
      progress = *restored;
      at += count;
    }
    ASSERT_EQ(kept(progress), kept(whole));
  }
}

TEST(ImaProgress, WhatIsKeptOfAHostIsBelowAKilobyte) {
  ImaProgress progress(kBanks);
  add_all(progress, joined(some_entries(20)));
  EXPECT_LT(kept(progress).size(), limits::kImaProgressSizeMax);
  EXPECT_LE(sizeof(ImaProgress), limits::kImaProgressSizeMax);
}

TEST(ImaProgress, FollowsEachFormUntilItDoesNotApply) {
  const Bytes list = ng_entry("boot_aggregate");
  ImaReader reader(list);
  const ImaEntry entry = *reader.next();
  ImaBankProgress sha256(HashAlgorithm::kSha256);
  for (const ImaDigestForm form : kImaDigestForms) {
    EXPECT_EQ(sha256.value(form), Digest(HashAlgorithm::kSha256)) << name_of(form);
  }
  sha256.add(entry);
  EXPECT_FALSE(sha256.value(ImaDigestForm::kListed)) << "its hash is SHA-1";
  Digest hashed(HashAlgorithm::kSha256);
  extend(hashed, hash(HashAlgorithm::kSha256, entry.template_data).view());
  EXPECT_EQ(sha256.value(ImaDigestForm::kHashed), hashed);
  Digest zeros(HashAlgorithm::kSha256);
  extend(zeros, padded(HashAlgorithm::kSha256, entry.template_hash).view());
  EXPECT_EQ(sha256.value(ImaDigestForm::kPadded), zeros);
  ImaBankProgress sha1(HashAlgorithm::kSha1);
  sha1.add(entry);
  EXPECT_EQ(sha1.value(ImaDigestForm::kListed), sha1.value(ImaDigestForm::kHashed));
  EXPECT_FALSE(sha1.value(ImaDigestForm::kPadded));
}

TEST(ImaProgress, AQuoteSettlesHowTheKernelExtends) {
  ImaProgress progress(kBanks);
  const Bytes first = ng_entry("boot_aggregate");
  add_all(progress, first);
  ImaReader reader(first);
  const ImaEntry entry = *reader.next();
  Digest quoted(HashAlgorithm::kSha384);
  extend(quoted, padded(HashAlgorithm::kSha384, entry.template_hash).view());
  EXPECT_TRUE(progress.gives({{quoted}}));
  const std::size_t before = kept(progress).size();
  progress.settle({{quoted}});
  EXPECT_TRUE(progress.gives({{quoted}}));
  EXPECT_EQ(kept(progress).size(), before - 48);
}

TEST(ImaProgress, GivesOnlyWhatAllQuotedBanksShow) {
  ImaProgress progress(std::array{HashAlgorithm::kSha256});
  EXPECT_TRUE(progress.gives(std::array{Digest(HashAlgorithm::kSha256)}));
  EXPECT_FALSE(progress.gives({}));
  EXPECT_FALSE(progress.gives(std::array{Digest(HashAlgorithm::kSha1)})) << "not followed";
  EXPECT_FALSE(
      progress.gives(std::array{Digest(HashAlgorithm::kSha256), Digest(HashAlgorithm::kSha1)}));
  add_all(progress, ng_entry("boot_aggregate"));
  EXPECT_FALSE(progress.gives(std::array{Digest(HashAlgorithm::kSha256)}));
}

TEST(ImaProgress, KeptBytesAreReadStrictly) {
  ImaProgress progress(kBanks);
  add_all(progress, joined(some_entries(5)));
  const Bytes bytes = kept(progress);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ImaProgress::read(ByteView(bytes).first(size))) << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(ImaProgress::read(longer));
  Bytes other = bytes;
  other[0] = 2;
  EXPECT_FALSE(ImaProgress::read(other));
  other = bytes;
  other[9] = 200;  // banks
  EXPECT_FALSE(ImaProgress::read(other));
  other = bytes;
  other[10] = 0x12;  // SM3
  EXPECT_FALSE(ImaProgress::read(other));
}

}  // namespace
}  // namespace quotemill
