// A simulated fleet of imported hosts that lie now and then: changes of trust in plenty.
#pragma once

#include "tests/integration/fleet.h"

namespace quotemill::testing {

// Whoever uses it says `identity = imported = "info"` in the policy.
class LyingFleet {
 public:
  // Makes the hosts known to the daemon.
  static ::testing::AssertionResult import_into(const TestDaemon& daemon) {
    const std::string file = (daemon.folder() / "hosts.jsonl").string();
    const Finished made = run({{QUOTEMILL_BIN_DIR "/quotemill-fleet", "export", "--hosts", "40",
                                "--keys", "ecdsa_p256:1", file}},
                              kPatience);
    const Finished imported = made.ok() ? daemon.cli({"import", file}) : made;
    return imported.ok() ? ::testing::AssertionSuccess()
                         : ::testing::AssertionFailure() << imported.output;
  }

  // They attest until the process goes, for a minute at most; not as fast as the daemon can, so
  // that what a receiver has to catch up with is not the more, the faster the machine is.
  static Process attest_to(const TestDaemon& daemon) {
    return Process({{QUOTEMILL_BIN_DIR "/quotemill-fleet", "run", "--hosts", "40", "--keys",
                     "ecdsa_p256:1", "--connect", daemon.attest().endpoint, "--server-key",
                     (daemon.folder() / "state/server.pub").string(), "--seconds", "60", "--rate",
                     "800", "--faults", "bad_signature=0.3"}});
  }
};

}  // namespace quotemill::testing
