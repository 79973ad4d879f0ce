#include "deploy/references/reference_file.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace quotemill::references {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const std::string kA = "0x" + std::string(64, 'a');
const std::string kB = std::string(64, 'b');
const std::string kC = std::string(96, 'c');

ReferenceReading read(const std::string& text, const std::string& format = "") {
  Result<ReferenceReading> reading = read_reference_file(text, format);
  EXPECT_TRUE(reading) << (reading ? "" : reading.error().to_string());
  return reading ? *std::move(reading) : ReferenceReading{};
}

std::string mistake(const std::string& text, const std::string& format = "") {
  const Result<ReferenceReading> reading = read_reference_file(text, format);
  return reading ? "none" : reading.error().detail;
}

TEST(ReferenceFile, ReadsListsWithTheirPackages) {
  const ReferenceReading file = read("# what we ship\n# package: shim-signed 1.44\n" + kB +
                                     "  shimx64.efi\nsha384:" + kC + " *./boot/vmlinuz\n");
  EXPECT_EQ(file.format, "list");
  ASSERT_EQ(file.values.size(), 2U);
  EXPECT_EQ(file.values[0].name, "shimx64.efi");
  EXPECT_EQ(file.values[0].source, "shim-signed 1.44");
  EXPECT_EQ(file.values[0].kind, ReferenceKind::kDigest);
  EXPECT_EQ(file.values[1].name, "/boot/vmlinuz");
  EXPECT_EQ(file.values[1].digest.algorithm(), HashAlgorithm::kSha384);
}

TEST(ReferenceFile, APackagesNameThatIsNoTextIsWrittenAsItIsRead) {
  Baseline baseline;
  baseline.values = read("# package: shim\x80 1.44\n" + kB + "  /shim\n").values;
  EXPECT_EQ(baseline.values.at(0).source, "shim\\x80 1.44");
  EXPECT_EQ(read(write_own_references(baseline)).values, baseline.values);
}

TEST(ReferenceFile, NamesTheLineOfAListThatIsNone) {
  EXPECT_THAT(mistake(kB + "  ok\nnonsense  x\n"), HasSubstr("line 2, column 1"));
  EXPECT_THAT(mistake(kB + "\n"), HasSubstr("line 1, column 65"));
  EXPECT_THAT(mistake("\n\n# nothing\n"), HasSubstr("no reference value"));
}

TEST(ReferenceFile, ReadsOurOwnFormatWithEverythingAValueCanSay) {
  const ReferenceReading file = read(R"({"quotemill":"references/1","values":[{"digest":"sha256:)" +
                                     kB + R"(","kind":"event","pcr":4,"name":"shimx64.efi",
     "version":"15.8","vendor":"Debian","source":"shim-signed","valid_from":"2026-06-01T00:00:00Z",
     "valid_until":"2027-06-01T00:00:00Z"}]})");
  EXPECT_EQ(file.format, "json");
  ASSERT_EQ(file.values.size(), 1U);
  const ReferenceValue& value = file.values[0];
  EXPECT_EQ(value.kind, ReferenceKind::kEvent);
  EXPECT_EQ(value.pcr, 4U);
  EXPECT_EQ(value.vendor, "Debian");
  EXPECT_EQ(value.valid_from.ms, 1'780'272'000'000);
  EXPECT_FALSE(value.is_valid_at({1'780'271'999'999}));
  EXPECT_TRUE(value.is_valid_at({1'780'272'000'000}));
}

TEST(ReferenceFile, RefusesOurOwnFormatWithAMistakeAndPointsAtIt) {
  const auto with = [](const std::string& value) {
    return R"({"quotemill":"references/1","values":[{"digest":"sha256:)" + kB + R"("},)" + value +
           "]}";
  };
  EXPECT_THAT(mistake(with(R"({"digest":"sha256:00"})")), HasSubstr("/values/1/digest"));
  EXPECT_THAT(mistake(with(R"({"digest":")" + kB + R"(","pcr":24})")), HasSubstr("/values/1/pcr"));
  EXPECT_THAT(mistake(with(R"({"digest":")" + kB + R"(","vendr":"x"})")),
              HasSubstr("did you mean 'vendor'"));
  EXPECT_THAT(
      mistake(
          with(R"({"digest":")" + kB +
               R"(","valid_from":"2027-01-01T00:00:00Z","valid_until":"2026-01-01T00:00:00Z"})")),
      HasSubstr("ends before it begins"));
  EXPECT_THAT(mistake(with(R"({"digest":")" + kB + R"(","version":"2"})")),
              HasSubstr("/values/1 contradicts"));
  EXPECT_EQ(mistake(with(R"({"digest":")" + kB + R"("})")), "none") << "said twice, the same";
  EXPECT_THAT(mistake(R"({"quotemill":"references/2","values":[]})"), HasSubstr("/quotemill"));
}

TEST(ReferenceFile, ReadsComponentsOfPcrlock) {
  const ReferenceReading file = read(R"({"records":[
    {"pcr":4,"digests":[{"hashAlg":"sha256","digest":")" +
                                     kB + R"("},{"hashAlg":"sha384","digest":")" + kC +
                                     R"("},{"hashAlg":"sha3-256","digest":"00"}]}]})");
  EXPECT_EQ(file.format, "pcrlock");
  ASSERT_EQ(file.values.size(), 2U);
  EXPECT_EQ(file.values[0].pcr, 4U);
  EXPECT_EQ(file.values[0].kind, ReferenceKind::kEvent);
}

TEST(ReferenceFile, RefusesComponentsThatContradictThemselves) {
  const std::string digest = R"({"hashAlg":"sha256","digest":")" + kB + R"("})";
  const std::string other = R"({"hashAlg":"sha256","digest":")" + std::string(64, 'c') + R"("})";
  EXPECT_THAT(mistake(R"({"records":[{"pcr":4,"digests":[)" + digest + "," + other + "]}]}"),
              HasSubstr("/records/0/digests/1 is a second digest"));
  EXPECT_THAT(mistake(R"({"records":[{"pcr":4,"digests":[]}]})"), HasSubstr("/records/0/digests"));
  EXPECT_THAT(mistake(R"({"records":[{"digests":[)" + digest + "]}]}"),
              HasSubstr("/records/0/pcr"));
  EXPECT_THAT(mistake(R"({"records":{}})"), HasSubstr("/records is no list"));
}

TEST(ReferenceFile, ReadsKeylimesReferenceStateAndSaysWhatItLeavesOut) {
  const ReferenceReading file = read(R"({"has_secureboot":true,
    "scrtm_and_bios":[{"scrtm":{"sha256":[")" +
                                     kA + R"("]},
                       "platform_firmware":[{"sha256":"0x)" +
                                     kB + R"("}]}],
    "pk":[{"SignatureOwner":"x"}],"db":[],
    "mokdig":[{"sha256":"0x)" + kB + R"("}],
    "kernels":[{"shim_authcode_sha256":"0x)" +
                                     std::string(64, '1') + R"(",
                "grub_authcode_sha256":"0x)" +
                                     std::string(64, '2') + R"(",
                "kernel_authcode_sha256":"0x)" +
                                     std::string(64, '3') + R"(",
                "initrd_plain_sha256":"0x)" +
                                     std::string(64, '4') + R"(",
                "kernel_cmdline":"root=.*"}]})");
  EXPECT_EQ(file.format, "keylime-refstate");
  EXPECT_EQ(file.values.size(), 7U);
  EXPECT_EQ(std::count_if(file.values.begin(), file.values.end(),
                          [](const auto& value) { return value.pcr == 4U; }),
            3);
  EXPECT_THAT(file.left_out, Contains(HasSubstr("/kernels/0/kernel_cmdline")));
  EXPECT_THAT(file.left_out, Contains(HasSubstr("/pk")));
}

TEST(ReferenceFile, PointsIntoKeylimesReferenceState) {
  EXPECT_THAT(mistake(R"({"kernels":[{"shim_authcode_sha256":"0xzz"}]})"),
              HasSubstr("/kernels/0/shim_authcode_sha256"));
  EXPECT_THAT(mistake(R"({"scrtm_and_bios":[{"scrtm":{"sha257":[]}}]})"),
              HasSubstr("/scrtm_and_bios/0/scrtm/sha257"));
  EXPECT_THAT(mistake(R"({"kernels":{}})"), HasSubstr("/kernels is no list"));
}

TEST(ReferenceFile, ReadsKeylimesRuntimePolicy) {
  const ReferenceReading file =
      read(R"({"meta":{"version":1},"release":0,"digests":{"/usr/bin/ls":[")" + kB + R"(",")" +
           std::string(40, 'd') + R"("]},"excludes":["/tmp/.*"],"keyrings":{".ima":[")" + kB +
           R"("]},"ima":{},"ima-buf":{},"verification-keys":""})");
  EXPECT_EQ(file.format, "keylime-policy");
  ASSERT_EQ(file.values.size(), 3U);
  EXPECT_EQ(file.values[0].kind, ReferenceKind::kFile);
  EXPECT_THAT(file.left_out, Contains(HasSubstr("/excludes")));
}

TEST(ReferenceFile, PointsIntoKeylimesRuntimePolicy) {
  EXPECT_THAT(mistake(R"({"digests":{"/usr/bin/ls":["00"]}})"),
              HasSubstr("/digests/~1usr~1bin~1ls/0"));
  EXPECT_THAT(mistake(R"({"digests":{"/a":"x"}})"), HasSubstr("/digests/~1a is no list"));
  EXPECT_THAT(mistake(R"({"digests":{"/a":[],"/a":[]}})"),
              HasSubstr("/digests/~1a is there twice"));
}

TEST(ReferenceFile, RefusesWhatIsHugeOrOfNoFormat) {
  EXPECT_THAT(mistake(std::string(limits::kReferenceFileSizeMax + 1, ' ')),
              HasSubstr("larger than"));
  EXPECT_THAT(mistake(R"({"a":1})"), HasSubstr("no format that is known"));
  EXPECT_THAT(mistake(kB + "  a\n", "yaml"), HasSubstr("no format 'yaml'"));
  std::string many;
  for (std::size_t i = 0; i <= limits::kReferenceValuesMax; ++i) {
    many += kB + "  " + std::to_string(i) + "\n";
  }
  EXPECT_THAT(mistake(many), HasSubstr("line 500001"));
}

TEST(ReferenceFile, WhatIsWrittenReadsTheSame) {
  Baseline baseline;
  ReferenceEvent event;
  event.pcr = 4;
  event.digests = {*Digest::from(HashAlgorithm::kSha1, Bytes(20, 7)),
                   *Digest::from(HashAlgorithm::kSha256, Bytes(32, 9))};
  event.description = "\\EFI\\debian\\shimx64.efi";
  baseline.events = {event};
  baseline.values = read(R"({"quotemill":"references/1","values":[{"digest":")" + kB +
                         R"(","kind":"pcr","pcr":0,"valid_until":"2027-06-01T00:00:00Z"}]})")
                        .values;
  EXPECT_EQ(read(write_own_references(baseline)).values, values_of(baseline));
}

TEST(ReferenceFile, ANameThatIsNoTextKeepsItsBytes) {
  Baseline baseline;
  baseline.values = read(kB + "  /srv/caf\xe9\n" + kB + "  /srv/\xc3\xa9\n").values;
  const std::string written = write_own_references(baseline);
  EXPECT_THAT(written, HasSubstr(R"("name_hex": "2f7372762f636166e9")"));
  EXPECT_EQ(read(written).values, baseline.values);

  EXPECT_THAT(mistake(R"({"quotemill":"references/1","values":[{"digest":")" + kB +
                      R"(","name_hex":"2g"}]})"),
              HasSubstr("/values/0/name_hex is not hexadecimal"));
  EXPECT_THAT(mistake(R"({"quotemill":"references/1","values":[{"digest":")" + kB +
                      R"(","name":"a","name_hex":"61"}]})"),
              HasSubstr("/values/0/name_hex stands beside a name"));
}

}  // namespace
}  // namespace quotemill::references
