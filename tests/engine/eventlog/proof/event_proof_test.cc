#include "engine/eventlog/proof/event_proof.h"

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

// The proof of one event whose digest is that of `hashed`.
EventProof proof_of(std::uint32_t pcr, std::uint32_t type, ByteView data, ByteView hashed) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {kBank});
  log.event(pcr, type, hashed, data);
  const Bytes bytes = to_bytes(log.bytes());
  return prove(read_boot_log(bytes).log.events.back(), kBank);
}

EventProof proof_of(std::uint32_t pcr, std::uint32_t type, std::string_view data,
                    std::string_view hashed) {
  return proof_of(pcr, type, as_bytes(data), as_bytes(hashed));
}

Bytes variable(std::string_view name, std::string_view value) {
  ByteWriter out;
  out.bytes(Bytes(16, 0x8b)).u64_le(name.size()).u64_le(value.size());
  for (const char c : name) {
    out.u16_le(static_cast<std::uint8_t>(c));
  }
  out.bytes(as_bytes(value));
  return out.take();
}

TEST(EventProof, ADataEventIsProvenByItsOwnDataOnly) {
  const EventProof good = proof_of(4, event_type::kEfiAction, "Calling EFI", "Calling EFI");
  EXPECT_EQ(good.proof, ProofClass::kDataProven);
  EXPECT_EQ(good.hashed, HashedPart::kWhole);
  const EventProof bad = proof_of(4, event_type::kEfiAction, "Calling EFI", "something else");
  EXPECT_EQ(bad.proof, ProofClass::kUnprovenType);
  EXPECT_EQ(bad.problem, ProofProblem::kDataDiffers);
}

TEST(EventProof, AnImagesDigestIsProvenAndItsPathIsNot) {
  const EventProof proof =
      proof_of(4, event_type::kEfiBootServicesApplication, "path", "the image");
  EXPECT_EQ(proof.proof, ProofClass::kDigestProven);
  EXPECT_EQ(proof.hashed, HashedPart::kNone);
}

TEST(EventProof, AnUnknownTypeProvesNothingThoughItsDataHasTheDigest) {
  const EventProof proof = proof_of(7, 0x12345678, "data", "data");
  EXPECT_EQ(proof.proof, ProofClass::kUnprovenType);
  EXPECT_EQ(proof.problem, ProofProblem::kUnknownType);
}

TEST(EventProof, Go20266893_ABootApplicationRetaggedAsAFirmwareBlobIsUnproven) {
  const EventProof proof = proof_of(4, event_type::kEfiPlatformFirmwareBlob, "blob", "the image");
  EXPECT_EQ(proof.proof, ProofClass::kUnprovenType);
  EXPECT_EQ(proof.problem, ProofProblem::kMisplaced);
}

TEST(EventProof, Go20266893_ABootApplicationRetaggedAsSomethingOfAnyPcrIsUnproven) {
  for (const std::uint32_t type : {event_type::kEventTag, event_type::kCompactHash}) {
    EXPECT_EQ(proof_of(4, type, "tag", "the image").problem, ProofProblem::kDataDiffers);
    EXPECT_EQ(proof_of(2, type, "tag", "the driver").problem, ProofProblem::kDataDiffers);
    EXPECT_EQ(proof_of(4, type, "tag", "tag").proof, ProofClass::kDataProven);
    EXPECT_EQ(proof_of(9, type, "tag", "a file").proof, ProofClass::kDigestProven);
  }
}

TEST(EventProof, Go20266893_AVariableRetaggedAsAnImageIsMisplacedInPcr7) {
  const EventProof proof =
      proof_of(7, event_type::kEfiBootServicesApplication, "path", "the variable");
  EXPECT_EQ(proof.problem, ProofProblem::kMisplaced);
}

TEST(EventProof, BootVariablesAreHashedWithOrWithoutTheirNames) {
  const Bytes data = variable("BootOrder", "value");
  const EventProof value = proof_of(1, event_type::kEfiVariableBoot, data, as_bytes("value"));
  EXPECT_EQ(value.proof, ProofClass::kDataProven);
  EXPECT_EQ(value.hashed, HashedPart::kVariableData);
  EXPECT_EQ(proof_of(1, event_type::kEfiVariableBoot, data, data).hashed, HashedPart::kWhole);
  EXPECT_EQ(proof_of(1, event_type::kEfiVariableBoot, data, as_bytes("valu")).problem,
            ProofProblem::kDataDiffers);
}

TEST(EventProof, DriverConfigurationIsHashedWithItsName) {
  const Bytes data = variable("SecureBoot", "\1");
  EXPECT_EQ(proof_of(7, event_type::kEfiVariableDriverConfig, data, data).hashed,
            HashedPart::kWhole);
  EXPECT_EQ(proof_of(7, event_type::kEfiVariableDriverConfig, data, as_bytes("\1")).proof,
            ProofClass::kUnprovenType)
      << "a value without its name could be any variable's";
}

TEST(EventProof, VariableLengthsThatDoNotFitProveNothing) {
  Bytes data = variable("BootOrder", "value");
  for (const std::size_t at : {16U, 23U, 24U, 31U}) {
    Bytes broken = data;
    broken[at] = 0xFF;
    EXPECT_EQ(proof_of(1, event_type::kEfiVariableBoot, broken, as_bytes("value")).proof,
              ProofClass::kUnprovenType)
        << at;
  }
  data.resize(20);
  EXPECT_EQ(proof_of(1, event_type::kEfiVariableBoot, data, as_bytes("value")).proof,
            ProofClass::kUnprovenType);
}

TEST(EventProof, GrubsTextIsHashedBehindItsPrefixAndWithoutItsNul) {
  using namespace std::string_view_literals;
  const EventProof proof = proof_of(8, event_type::kIpl, "grub_cmd: set x\0"sv, "set x"sv);
  EXPECT_EQ(proof.proof, ProofClass::kDataProven);
  EXPECT_EQ(proof.hashed, HashedPart::kText);
  EXPECT_EQ(proof.quirk, nullptr);
  EXPECT_EQ(proof_of(8, event_type::kIpl, "grub_cmd: set x\0"sv, "set y"sv).problem,
            ProofProblem::kDataDiffers);
}

TEST(EventProof, AFileOfGrubsIsProvenByDigest) {
  EXPECT_EQ(proof_of(9, event_type::kIpl, "(hd0,gpt2)/vmlinuz", "kernel").proof,
            ProofClass::kDigestProven);
}

TEST(EventProof, SystemdStubsSectionNamesAreHashedInAscii) {
  using namespace std::string_view_literals;
  const EventProof name = proof_of(11, event_type::kIpl, ".\0o\0s\0\0\0"sv, ".os\0"sv);
  EXPECT_EQ(name.hashed, HashedPart::kAsciiName);
  EXPECT_EQ(proof_of(11, event_type::kIpl, ".\0o\0s\0\0\0"sv, "contents"sv).proof,
            ProofClass::kDigestProven);
}

TEST(EventProof, NoActionIsNotMeasured) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {kBank});
  log.event_with_digests(0, event_type::kNoAction, {Digest(kBank)}, as_bytes("StartupLocality"));
  const Bytes bytes = to_bytes(log.bytes());
  for (const BootEvent& event : read_boot_log(bytes).log.events) {
    EXPECT_EQ(prove(event, kBank).proof, ProofClass::kNotMeasured);
  }
}

TEST(EventProof, ABankThatTheEventLacksProvesNothing) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {kBank});
  log.event(4, event_type::kEfiAction, as_bytes("x"), as_bytes("x"));
  const Bytes bytes = to_bytes(log.bytes());
  const BootLog read = read_boot_log(bytes).log;
  EXPECT_EQ(prove(read.events.back(), HashAlgorithm::kSha384).problem, ProofProblem::kDigestAbsent);
  EXPECT_EQ(prove(read.events.back(), HashAlgorithm::kSm3_256).problem,
            ProofProblem::kDigestAbsent);
}

TEST(EventProof, AQuirkExcusesOnlyWhatItsRowSays) {
  const Bytes data = variable("db", "certificate");
  const EventProof short_by_one =
      proof_of(7, event_type::kEfiVariableAuthority, data, ByteView(data).first(data.size() - 1));
  EXPECT_EQ(short_by_one.proof, ProofClass::kDataProven);
  ASSERT_NE(short_by_one.quirk, nullptr);
  EXPECT_EQ(short_by_one.quirk->id, "shim-authority-last-byte");
  EXPECT_EQ(
      proof_of(7, event_type::kEfiVariableAuthority, data, ByteView(data).first(data.size() - 2))
          .proof,
      ProofClass::kUnprovenType);
  EXPECT_EQ(
      proof_of(7, event_type::kEfiVariableDriverConfig, data, ByteView(data).first(data.size() - 1))
          .proof,
      ProofClass::kUnprovenType)
      << "the row is about authorities";
}

TEST(EventProof, AQuirkIsNotTriedWhereTheStrictReadingHolds) {
  const Bytes data = variable("db", "certificate");
  EXPECT_EQ(proof_of(7, event_type::kEfiVariableAuthority, data, data).quirk, nullptr);
}

TEST(EventProof, SkibootsSeparatorIsOneThoughItShowsAText) {
  const EventProof proof =
      proof_of(0, event_type::kSeparator, as_bytes("Skiboot Boot"), Bytes(4, 0xFF));
  ASSERT_NE(proof.quirk, nullptr);
  EXPECT_EQ(proof.quirk->id, "skiboot-separator-text");
  EXPECT_EQ(proof_of(0, event_type::kSeparator, as_bytes("Other"), Bytes(4, 0xFF)).quirk, nullptr);
}

TEST(EventProof, EveryQuirkSaysWhatItIs) {
  for (const Quirk& quirk : quirks()) {
    EXPECT_FALSE(quirk.id.empty());
    EXPECT_FALSE(quirk.machine.empty()) << quirk.id;
    EXPECT_FALSE(quirk.deviates.empty()) << quirk.id;
    EXPECT_FALSE(quirk.excuses.empty()) << quirk.id;
    EXPECT_NE(quirk.pcrs, 0U) << quirk.id;
  }
}

}  // namespace
}  // namespace quotemill
