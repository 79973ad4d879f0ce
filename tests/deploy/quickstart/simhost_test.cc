// deploy/quickstart.d/simhost.sh: hosts that are manufactured, booted and rebooted for real.
#include <chrono>

#include <gtest/gtest.h>

#include "engine/crypto/certificate.h"
#include "engine/crypto/certificate_chain.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/replay.h"
#include "engine/tpm/public_area.h"
#include "engine/tpm/quote.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"
#include "transport/agent/measured_boot.h"
#include "transport/agent/tpm_device.h"

namespace quotemill {
namespace {

using agent::AkKind;
using agent::EkKind;
using agent::TpmDevice;
using agent::TpmKey;
using testing::Finished;
using testing::TempFolder;

class SimulatedHosts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_program("swtpm_setup")) {
      GTEST_SKIP() << "swtpm-tools is not installed";
    }
    must("sim_ca_create; sim_create host-01 host-02; sim_each sim_power_on host-01 host-02");
  }

  void TearDown() override { (void)shell("sim_each sim_power_off host-01 host-02"); }

  Finished shell(const std::string& line) {
    return testing::run(
        {{"bash", "-c", "set -u; source deploy/quickstart.d/simhost.sh; " + line},
         {{"SIM_DIR", folder_.path().string()}, {"SIM_BOOT", QUOTEMILL_BIN_DIR "/quotemill-boot"}}},
        std::chrono::seconds(60));
  }

  void must(const std::string& line) {
    const Finished finished = shell(line);
    ASSERT_TRUE(finished.ok()) << line << ": " << finished.output;
  }

  std::string file_of(const std::string& host, const std::string& name) {
    return (folder_.path() / "hosts" / host / name).string();
  }

  TpmDevice tpm_of(const std::string& host) {
    Result<TpmDevice> device = TpmDevice::open("swtpm:path=" + file_of(host, "tpm.sock"));
    if (!device) {
      ADD_FAILURE() << device.error().to_string();
      std::abort();
    }
    return std::move(*device);
  }

  TempFolder folder_;
};

TrustedRoots roots_in(const std::filesystem::path& folder) {
  std::vector<Certificate> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    Result<CertificateFile> file = parse_certificate_file(testing::read_file(entry.path()));
    EXPECT_TRUE(file) << entry.path();
    all.insert(all.end(), file->certificates.begin(), file->certificates.end());
  }
  return TrustedRoots(all);
}

TEST_F(SimulatedHosts, HaveEkCertificatesThatChainToTheLocalRoots) {
  must("sim_trusted_roots \"$SIM_DIR/roots\"");
  const TrustedRoots roots = roots_in(folder_ / "roots");
  EXPECT_EQ(roots.anchors(), 1U);
  const WallTime now{std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count()};
  for (const char* host : {"host-01", "host-02"}) {
    TpmDevice tpm = tpm_of(host);
    for (const EkKind kind : {EkKind::kRsa2048, EkKind::kEccP384}) {
      const Result<Bytes> nv = tpm.ek_certificate(kind);
      ASSERT_TRUE(nv) << nv.error().to_string();
      const Result<Certificate> certificate = Certificate::from_nv(*nv);
      ASSERT_TRUE(certificate) << certificate.error().to_string();
      const Result<void> chained = roots.check_ek_certificate(*certificate, now);
      EXPECT_TRUE(chained) << chained.error().to_string();
      const Result<TpmKey> ek = tpm.endorsement_key(kind);
      ASSERT_TRUE(ek) << ek.error().to_string();
      const Result<PublicArea> area = decode_tpmt_public(ek->public_area());
      ASSERT_TRUE(area);
      EXPECT_TRUE(certificate->key().same_as(area->key)) << agent::name_of(kind);
    }
  }
}

TEST_F(SimulatedHosts, HoldInTheirTpmWhatTheirLogSays) {
  for (const char* host : {"host-01", "host-02"}) {
    const Bytes log = testing::read_file(file_of(host, "boot_log.bin"));
    const BootLogReading reading = read_boot_log(log);
    ASSERT_FALSE(reading.broken);
    const PcrBank expected = replay(reading.log, HashAlgorithm::kSha256);
    const auto actual = tpm_of(host).read_pcrs({expected.selection()});
    ASSERT_TRUE(actual) << actual.error().to_string();
    EXPECT_EQ(actual->front(), expected);
  }
  EXPECT_NE(testing::read_file(file_of("host-01", "boot_log.bin")),
            testing::read_file(file_of("host-02", "boot_log.bin")));
}

TEST_F(SimulatedHosts, RebootAsOneResetWithANewBootId) {
  const auto clock = [&] {
    TpmDevice tpm = tpm_of("host-01");
    const Result<TpmKey> ek = tpm.endorsement_key(EkKind::kRsa2048);
    const Result<agent::AkBlobs> blobs = tpm.create_ak(*ek, AkKind::kEcdsaP256);
    const Result<TpmKey> ak = tpm.load_ak(*ek, *blobs);
    const auto quoted = tpm.quote(*ak, {{HashAlgorithm::kSha256, 1}}, {});
    return decode_quote(quoted->attest)->clock;
  };
  const ClockInfo before = clock();
  const Result<BootId> id_before = agent::read_boot_id(file_of("host-01", "boot_id"));
  const Bytes log_before = testing::read_file(file_of("host-01", "boot_log.bin"));
  must("sim_reboot host-01");
  const ClockInfo after = clock();
  EXPECT_EQ(after.reset_count, before.reset_count + 1);
  EXPECT_EQ(after.restart_count, before.restart_count);
  const Result<BootId> id_after = agent::read_boot_id(file_of("host-01", "boot_id"));
  ASSERT_TRUE(id_before && id_after);
  EXPECT_NE(*id_before, *id_after);
  EXPECT_EQ(testing::read_file(file_of("host-01", "boot_log.bin")), log_before);
  must("sim_reboot host-01 --boot-loader 15.9-1");
  EXPECT_NE(testing::read_file(file_of("host-01", "boot_log.bin")), log_before);
}

TEST_F(SimulatedHosts, LeaveNothingRunningWhenTheyAreOff) {
  must("sim_power_off host-01; ! sim_tpm_pid host-01; sim_tpm_pid host-02");
  must("sim_power_off host-01");  // again is harmless
  EXPECT_FALSE(TpmDevice::open("swtpm:path=" + file_of("host-01", "tpm.sock")));
}

}  // namespace
}  // namespace quotemill
