// What the digests of real machines' logs prove, event by event.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/proof/event_proof.h"
#include "tests/support/fixture_logs.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::all_boot_logs;
using testing::boot_log_bytes;

bool is_from_tboot(const BootEvent& event) {
  return event.pcr >= 17 && event.pcr <= 18;
}

std::string name_of_unproven(const BootEvent& event, const EventProof& proof) {
  return event_type_name(event.type) + " " + std::string(name_of(proof.problem));
}

// Unproven events of the logs of real machines, but for the dynamic launch's own event types.
std::map<std::string, std::set<std::string>> unproven_events() {
  std::map<std::string, std::set<std::string>> unproven;
  for (const testing::LogFixture& fixture : all_boot_logs()) {
    const Bytes bytes = boot_log_bytes(fixture.path);
    const BootLog log = read_boot_log(bytes).log;
    for (const BootEvent& event : log.events) {
      for (const HashAlgorithm bank : log.banks) {
        const EventProof proof = can_hash(bank) ? prove(event, bank) : EventProof{};
        if (can_hash(bank) && proof.proof == ProofClass::kUnprovenType && !is_from_tboot(event)) {
          unproven[fixture.path].insert(name_of_unproven(event, proof));
        }
      }
    }
  }
  return unproven;
}

TEST(FixtureProofs, WhatIsUnprovenInRealLogsIsKnown) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  using Known = std::map<std::string, std::set<std::string>>;
  // Each is a fact about the machine:
  // - the Yoga's Windows logged SHA-1 alone for what it measured itself;
  // - two firmwares use event types that the specification does not have;
  // - skiboot's actions carry digests of what it does not log;
  // - Dell's servers measure another text as their CRTM's version than they log.
  const Known known = {
      {"immune-gmbh+guard-oss/apisrv/pkg/eventlog/testdata/tpm2_windows_lenovo_yogax1v2",
       {"EV_COMPACT_HASH digest_absent", "EV_EFI_ACTION digest_absent",
        "EV_EVENT_TAG digest_absent", "EV_SEPARATOR digest_absent"}},
      {"keylime+rust-keylime/keylime/test-data/uefi_log.bin", {"0x00008401 unknown_type"}},
      {"kgoldman+acs/acs/tpm2bios.log", {"EV_ACTION data_differs"}},
      {"kgoldman+ibmtss/utils/deb1.log", {"0x0000040e unknown_type"}},
      {"kgoldman+ibmtss/utils/dell1.log",
       {"EV_COMPACT_HASH digest_absent", "EV_EFI_ACTION digest_absent",
        "EV_EVENT_TAG digest_absent", "EV_SEPARATOR digest_absent"}},
      {"tpm2-software+tpm2-tools/test/integration/fixtures/event-uefiaction.bin",
       {"EV_EFI_ACTION digest_absent"}},
      {"tpm2-software+tpm2-tools/test/integration/fixtures/event-uefivar.bin",
       {"EV_EFI_VARIABLE_DRIVER_CONFIG digest_absent"}},
      {"tpm2-software+tpm2-tss/test/data/fapi/eventlog/event-uefiaction.b64",
       {"EV_EFI_ACTION digest_absent"}},
      {"tpm2-software+tpm2-tss/test/data/fapi/eventlog/event-uefivar.b64",
       {"EV_EFI_VARIABLE_DRIVER_CONFIG digest_absent"}},
      {"tuples/t30-immune-imn-dell-wbcl-bootctrs/eventlog.bin", {"EV_S_CRTM_VERSION data_differs"}},
      {"tuples/t41-immune-r340/eventlog.bin", {"EV_S_CRTM_VERSION data_differs"}}};
  EXPECT_EQ(unproven_events(), known);
}

}  // namespace
}  // namespace quotemill
