#include <gmock/gmock.h>

#include "bench/fleet/measured_boot_model.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/log/describe_esxi.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"
#include "tests/engine/esxi/log/esxi_scene.h"
#include "tests/support/finding_printers.h"
#include "tests/support/fixture_logs.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EsxiScene;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ReadEsxiBoot, TellsWhatAHostBooted) {
  const EsxiScene scene;
  const EsxiBoot& boot = scene.boot();
  EXPECT_EQ(boot.layout, EsxiLayout::kLoader);
  EXPECT_EQ(boot.pcrs, 0b1111U << 11);
  ASSERT_EQ(boot.modules.size(), 42U);
  EXPECT_EQ(boot.modules.front().name, "b.b00");
  EXPECT_EQ(boot.modules.front().pcr, 12U);
  EXPECT_EQ(boot.modules.back().name, "state.tgz");
  EXPECT_EQ(boot.modules[1].name, "jumpstrt.gz");
  EXPECT_TRUE(boot.modules[1].is_options);
  ASSERT_EQ(boot.versions.size(), 2U);
  EXPECT_EQ(boot.versions[0].product, "VMware ESXi");
  EXPECT_EQ(boot.versions[0].version, "8.0.3-24280770");
  EXPECT_EQ(boot.versions[1].file, "/k.b00");
  ASSERT_EQ(boot.signers.size(), 1U);
  EXPECT_EQ(boot.signers[0].digest, hash(HashAlgorithm::kSha256, boot.signers[0].certificate));
  ASSERT_EQ(boot.authorities.size(), 1U);
  EXPECT_EQ(as_text(*boot.asset_tag), "rack-17");
  EXPECT_THAT(std::string(*boot.command_line), HasSubstr("/b.b00 autoPartition=FALSE bootUUID="));
  EXPECT_THAT(boot.problems, IsEmpty());
}

TEST(ReadEsxiBoot, AnEmptyModuleIsOneZero) {
  const EsxiScene scene;
  for (const EsxiModule& module : scene.boot().modules) {
    if (module.name == "features.gz") {
      EXPECT_EQ(module.digest.hex(),
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }
  }
}

TEST(ReadEsxiBoot, ReplaysTheMinimalLogOfTheEighthRelease) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const EsxiScene scene(testing::boot_log_bytes("esxi/synthetic_esxi8_minimal.bin"));
  const PcrBank pcrs = replay(scene.log(), HashAlgorithm::kSha256);
  EXPECT_THAT(pcrs.at(12).hex(), ::testing::StartsWith("855df502"));
  EXPECT_THAT(pcrs.at(12).hex(), ::testing::EndsWith("961153b"));
  EXPECT_THAT(pcrs.at(13).hex(), ::testing::StartsWith("c63da60e"));
  EXPECT_THAT(pcrs.at(13).hex(), ::testing::EndsWith("b35c2d"));
  EXPECT_THAT(pcrs.at(14).hex(), ::testing::StartsWith("18e2147b"));
  EXPECT_THAT(pcrs.at(14).hex(), ::testing::EndsWith("b33f8d"));
  EXPECT_THAT(scene.findings(), IsEmpty());
  ASSERT_EQ(scene.boot().versions.size(), 1U);
  EXPECT_EQ(scene.boot().versions[0].component, "vmkboot");
  EXPECT_EQ(scene.boot().versions[0].version, "8.0.3-24280767");
  EXPECT_EQ(scene.boot().versions[0].file, "/b.b00");
  EXPECT_EQ(*scene.boot().command_line, "/b.b00 no-auto-partition");
  ASSERT_EQ(scene.boot().modules.size(), 3U);
  EXPECT_EQ(scene.boot().modules[1].name, "useropts.gz");
}

TEST(ReadEsxiBoot, OtherHostsAreNone) {
  const Bytes log = bench::write_boot_log({});
  const EsxiScene scene(log);
  EXPECT_EQ(scene.boot().layout, EsxiLayout::kNone);
  EXPECT_THAT(scene.boot().modules, IsEmpty());
  for (const testing::LogFixture& fixture : testing::all_boot_logs()) {
    if (fixture.path.rfind("esxi/", 0) == 0) {
      continue;
    }
    const Bytes bytes = testing::boot_log_bytes(fixture.path);
    const BootLogReading reading = read_boot_log(bytes);
    const auto bank = fullest_bank(reading.log);
    if (bank) {
      EsxiBoot boot;
      read_esxi_boot(ProvenLog(reading.log, *bank, 0xFFFFFF), known_esxi_format(), boot);
      EXPECT_EQ(boot.layout, EsxiLayout::kNone) << fixture.path;
    }
  }
}

TEST(ReadEsxiBoot, UsesTheMemoryOfTheLastAgain) {
  const EsxiScene first;
  const EsxiScene other(EsxiFault::kSecretTyped);
  EsxiBoot boot;
  read_esxi_boot(first.proven(), known_esxi_format(), boot);
  const EsxiModule* const memory = boot.modules.data();
  read_esxi_boot(other.proven(), known_esxi_format(), boot);
  EXPECT_EQ(boot.modules.data(), memory);
  EXPECT_EQ(boot.modules.size(), first.boot().modules.size());
  EXPECT_TRUE(boot.has_secret);
  read_esxi_boot(first.proven(), known_esxi_format(), boot);
  EXPECT_FALSE(boot.has_secret);
}

TEST(ReadEsxiBoot, ATypedRecoveryKeyIsShownNowhereAndStillProven) {
  const EsxiScene scene(EsxiFault::kSecretTyped);
  EXPECT_THAT(std::string(*scene.boot().command_line), HasSubstr(bench::kTypedRecoveryKey));
  EXPECT_THAT(testing::codes(scene.findings()), ElementsAre(FindingCode::kEsxiLogSecret));
  std::string shown;
  for (const BootEvent& event : scene.log().events) {
    shown += describe(event) + decode_event(event).summary;
    const auto seen = esxi_event(event, scene.boot(), known_esxi_format());
    if (seen) {
      shown += describe(*seen).summary;
    }
  }
  for (const Field& field : describe(scene.boot())) {
    if (const auto* const text = std::get_if<std::string>(&field.value)) {
      shown += *text;
    }
  }
  EXPECT_THAT(shown, Not(HasSubstr(bench::kTypedRecoveryKey)));
  EXPECT_THAT(shown, HasSubstr("encryptionRecoveryKey=[redacted] runweasel"));
}

// --- Events that the generator does not write

class EsxiLog {
 public:
  EsxiLog& tagged(std::uint32_t pcr, std::uint32_t tag, std::string_view data,
                  std::string_view measured) {
    ByteWriter out;
    out.u32_le(tag).u32_le(static_cast<std::uint32_t>(data.size())).bytes(as_bytes(data));
    writer_.event(pcr, event_type::kEventTag, as_bytes(measured), out.view());
    return *this;
  }

  EsxiLog& module(std::string_view name, std::uint32_t pcr) {
    return tagged(pcr, pcr == 14 || pcr == 21 ? 3 : 2, std::string(name) + '\0', name);
  }

  EsxiLog& command_line(std::uint32_t pcr = 14) { return tagged(pcr, 4, "/b.b00", "/b.b00"); }

  EsxiLog& secure_boot(std::uint8_t value) {
    ByteWriter out;
    const std::string_view name = "SecureBoot";
    constexpr std::array<std::uint8_t, 16> kGlobal = {0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93,
                                                      0xD2, 0x11, 0xAA, 0x0D, 0x00, 0xE0,
                                                      0x98, 0x03, 0x2B, 0x8C};
    out.bytes(kGlobal).u64_le(name.size()).u64_le(1);
    for (const char letter : name) {
      out.u16_le(static_cast<std::uint16_t>(letter));
    }
    const Bytes flag = {value};
    out.bytes(flag);
    writer_.event(7, event_type::kEfiVariableDriverConfig, out.view(), out.view());
    return *this;
  }

  EsxiLog& plain(std::uint32_t pcr, std::uint32_t type) {
    writer_.event(pcr, type, as_bytes("text"), as_bytes("text"));
    return *this;
  }

  [[nodiscard]] ByteView bytes() const { return writer_.bytes(); }

 private:
  BootLogWriter writer_{BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256}};
};

std::vector<EsxiProblemKind> kinds(const EsxiBoot& boot) {
  std::vector<EsxiProblemKind> out;
  for (const EsxiProblem& problem : boot.problems) {
    out.push_back(problem.kind);
  }
  return out;
}

// As `known`, and with a row for the kernel's options as tag 5: what a real host may teach.
EsxiFormat taught() {
  static const std::vector<EsxiTag> kTags = [] {
    const auto known = known_esxi_format().tags;
    std::vector<EsxiTag> tags(known.begin(), known.end());
    tags.push_back({5, EsxiEventKind::kSecurityOption, true});
    return tags;
  }();
  return {kTags, known_esxi_format().layouts, known_esxi_format().certificates};
}

TEST(ReadEsxiBoot, ATagThatWasTaughtIsJudgedLikeOthers) {
  const std::string option = "execInstalledOnly = TRUE";
  EsxiLog log;
  log.module("b.b00", 12).command_line().tagged(14, 5, option, option + '\0');
  const EsxiScene scene(log.bytes());
  EXPECT_THAT(kinds(scene.boot()), ElementsAre(EsxiProblemKind::kTagUnknown));
  EXPECT_EQ(scene.boot().exec_installed_only, true);
  EsxiBoot boot;
  read_esxi_boot(scene.proven(), taught(), boot);
  EXPECT_THAT(boot.problems, IsEmpty());
  EXPECT_EQ(boot.exec_installed_only, true);

  EsxiLog lie;
  lie.module("b.b00", 12).command_line().tagged(14, 5, option, "execInstalledOnly = FALSE");
  const EsxiScene lying(lie.bytes());
  read_esxi_boot(lying.proven(), taught(), boot);
  EXPECT_THAT(kinds(boot), ElementsAre(EsxiProblemKind::kDataDiffers));
  EXPECT_EQ(boot.exec_installed_only, std::nullopt);
}

TEST(ReadEsxiBoot, KernelAndFirmwareMustAgreeOnSecureBoot) {
  for (const bool firmware : {false, true}) {
    for (const bool kernel : {false, true}) {
      const std::string option =
          std::string("uefiSecureBootEnabled = ") + (kernel ? "TRUE" : "FALSE");
      EsxiLog log;
      log.secure_boot(firmware ? 1 : 0).module("b.b00", 12).command_line();
      log.tagged(14, 5, option, option + '\0');
      const EsxiScene scene(log.bytes());
      EXPECT_EQ(scene.boot().kernel_secure_boot, kernel);
      const auto all = kinds(scene.boot());
      EXPECT_EQ(std::count(all.begin(), all.end(), EsxiProblemKind::kSecureBoot),
                firmware == kernel ? 0 : 1);
    }
  }
}

TEST(ReadEsxiBoot, DataThatWasNotMeasuredIsNobodysWordInALogOfOneBank) {
  EsxiLog log;
  log.module("b.b00", 12).tagged(14, 7, "certificate", "other").tagged(14, 4, "/b.b00 x", "/b.b00");
  log.tagged(14, 6, "rack-1", "rack-2");
  const EsxiScene scene(log.bytes());
  EXPECT_THAT(kinds(scene.boot()),
              ElementsAre(EsxiProblemKind::kDataDiffers, EsxiProblemKind::kDataDiffers,
                          EsxiProblemKind::kDataDiffers));
  EXPECT_EQ(scene.boot().command_line, std::nullopt);
  EXPECT_FALSE(scene.boot().asset_tag.has_value());
  EXPECT_THAT(scene.boot().signers, IsEmpty());
}

TEST(ReadEsxiBoot, AnEventThatIsNoTaggedOneIsNoneOfESXi) {
  EsxiLog log;
  log.module("b.b00", 12).command_line().plain(14, event_type::kIpl);
  EXPECT_THAT(kinds(EsxiScene(log.bytes()).boot()), Contains(EsxiProblemKind::kGrammar));
}

// Whatever is not an authority, and may hide one, is noted: its type is nobody's word.
TEST(ReadEsxiBoot, NotesWhatMayHideAnAuthorityBehindTheFirmwaresPart) {
  EXPECT_EQ(EsxiScene().boot().odd_authority, std::nullopt);
  EsxiLog log;
  log.plain(7, event_type::kEfiVariableBoot).module("b.b00", 12).command_line();
  EXPECT_TRUE(EsxiScene(log.bytes()).boot().odd_authority.has_value());
  EsxiLog text;
  text.plain(7, event_type::kEfiAction).module("b.b00", 12).command_line();
  EXPECT_EQ(EsxiScene(text.bytes()).boot().odd_authority, std::nullopt) << "it lets nothing run";
}

TEST(ReadEsxiBoot, TellsWhatMayHaveStartedTheHostByDigestAlone) {
  EsxiLog log;
  log.plain(4, event_type::kEfiBootServicesApplication).plain(4, event_type::kEfiAction);
  log.plain(4, event_type::kEventTag).module("b.b00", 12).command_line();
  const EsxiScene scene(log.bytes());
  ASSERT_EQ(scene.boot().loaders.size(), 2U) << "but for the action, whatever its type says";
  EXPECT_EQ(scene.boot().loaders[0].digest, hash(HashAlgorithm::kSha256, as_bytes("text")));
  EXPECT_EQ(scene.boot().loaders[0].pcr, 4U);
}

TEST(ReadEsxiBoot, KnowsTheLayoutOfADynamicLaunch) {
  EsxiLog log;
  log.plain(17, event_type::kIpl).module("b", 17).module("k.b00", 19).module("esxupdt.v00", 19);
  log.module("vmx.v00", 20).module("state.tgz", 20).command_line(21).module("useropts.gz", 21);
  const EsxiScene scene(log.bytes());
  EXPECT_EQ(scene.boot().layout, EsxiLayout::kDynamicLaunch);
  EXPECT_THAT(scene.boot().problems, IsEmpty());
  EXPECT_TRUE(scene.boot().has_launch);
  EXPECT_EQ(scene.boot().modules.size(), 6U);
}

TEST(ReadEsxiBoot, ProblemsAreBoundedAndCounted) {
  EsxiLog log;
  log.module("b.b00", 12).command_line();
  for (int i = 0; i < 200; ++i) {
    log.command_line();
  }
  const EsxiScene scene(log.bytes());
  EXPECT_EQ(scene.boot().problems.size(), 64U);
  EXPECT_EQ(scene.boot().problem_count, 200U);
  EXPECT_THAT(testing::codes(scene.findings()), Contains(FindingCode::kEsxiLogGrammar));
}

TEST(ReadEsxiBoot, KnowsTheCertificatesOfTheBootLoader) {
  const auto known = [](std::string_view hex) {
    return known_signer(*Digest::from(HashAlgorithm::kSha256, *from_hex(hex)));
  };
  EXPECT_EQ(known("321690a8e06810b184032f073c305a082112bdad5870ef2e8953e01be956d710").role,
            EsxiSignerRole::kOfficial);
  EXPECT_EQ(known("36aae5181af5e84a51cd75ea3844860746570791a134f0854595c024986a96fb").role,
            EsxiSignerRole::kTest);
  EXPECT_EQ(known("2f8529811f0be70b96f1a7a65560b5b17102d4e6538b9eb86f20108786f6494a").key_id,
            "elfsign_test");
  EXPECT_EQ(known_signer(Digest()).role, EsxiSignerRole::kUnknown);
}

}  // namespace
}  // namespace quotemill
