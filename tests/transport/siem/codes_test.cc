// The vocabulary that rules of SIEMs are written against is published: transport/siem/CODES.md. It
// grows and loses nothing. QUOTEMILL_UPDATE_GOLDEN=1 writes it anew.
#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/verdict/finding.h"
#include "tests/support/temp_folder.h"

namespace quotemill::transport {
namespace {

constexpr const char* kFile = "transport/siem/CODES.md";

std::string published() {
  std::string text =
      "# Codes of reasons\n\n"
      "`reasons[].code` of a change, `event.code`, `status_code`, `reason`: rules are written "
      "against "
      "these. A code is never\nrenamed and never reused. How bad one is, the policy says. Beside "
      "them "
      "`trust.restored` (a change to trusted) and\n`trust.changed` (a change without a reason); of "
      "notices `audit.VERB` (of sinks `audit.sink.down`,\n`.up`, `.lost`, `.refused`), "
      "`group.CODE`, `host.flapping` and `stream.heartbeat`. This file is written by "
      "`tests/transport/siem/codes_test.cc`.\n\n"
      "| code | number | what an operator can do |\n|---|---|---|\n";
  for (std::uint32_t number = 0; number <= UINT16_MAX; ++number) {
    if (const auto code = finding_code(static_cast<std::uint16_t>(number))) {
      text += "| `" + std::string(name_of(*code)) + "` | " + std::to_string(number) + " | " +
              std::string(remedy_of(*code)) + " |\n";
    }
  }
  return text;
}

TEST(Codes, ArePublished) {
  if (std::getenv("QUOTEMILL_UPDATE_GOLDEN") != nullptr) {
    testing::write_file(kFile, as_bytes(published()));
  }
  EXPECT_EQ(as_text(testing::read_file(kFile)), published())
      << "a new code? QUOTEMILL_UPDATE_GOLDEN=1 publishes it; a code that is gone must come back";
}

}  // namespace
}  // namespace quotemill::transport
