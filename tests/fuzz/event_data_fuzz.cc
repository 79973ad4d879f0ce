// Every decoder of an event's data, over every type: the first byte chooses type and PCR. What is
// decoded is printable, and data that has the digest is not said to differ from it.
#include <array>

#include "engine/crypto/hash.h"
#include "engine/eventlog/decode/authority.h"
#include "engine/eventlog/decode/decode_event.h"
#include "engine/eventlog/decode/device_path.h"
#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/proof/event_proof.h"
#include "tests/fuzz/fuzz_target.h"

namespace quotemill {
namespace {

constexpr std::array kTypes = {
    event_type::kPostCode,
    event_type::kNoAction,
    event_type::kSeparator,
    event_type::kEventTag,
    event_type::kSCrtmVersion,
    event_type::kTableOfDevices,
    event_type::kCompactHash,
    event_type::kIpl,
    event_type::kNonhostInfo,
    event_type::kEfiVariableDriverConfig,
    event_type::kEfiVariableBoot,
    event_type::kEfiVariableAuthority,
    event_type::kEfiBootServicesApplication,
    event_type::kEfiGptEvent,
    event_type::kEfiAction,
    event_type::kEfiPlatformFirmwareBlob,
    event_type::kEfiPlatformFirmwareBlob2,
    event_type::kEfiHandoffTables,
    event_type::kEfiHandoffTables2,
    event_type::kEfiSpdmDevicePolicy,
};

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c >= 0x7F) {
      return false;
    }
  }
  return true;
}

void check(const Fields& fields, int depth) {  // NOLINT(misc-no-recursion): depth is asserted
  require(depth < 4);
  for (const Field& field : fields) {
    if (const auto* const text = std::get_if<std::string>(&field.value)) {
      require(is_printable(*text));
    } else if (const auto* const inner = std::get_if<Fields>(&field.value)) {
      check(*inner, depth + 1);
    } else if (const auto* const list = std::get_if<std::vector<Fields>>(&field.value)) {
      for (const Fields& each : *list) {
        check(each, depth + 1);
      }
    }
  }
}

}  // namespace
}  // namespace quotemill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  if (size == 0) {
    return 0;
  }
  const ByteView bytes(data, size);
  BootEvent event;
  event.number = 1;
  event.type = kTypes.at(bytes[0] % kTypes.size());
  event.pcr = bytes[0] / kTypes.size();
  event.data = bytes.subspan(1);
  const DecodedEvent decoded = decode_event(event);
  require(is_printable(decoded.summary));
  check(decoded.fields, 0);
  require(describe(event).size() <= 120);
  require(is_printable(device_path_text(event.data)));
  check(describe_authority(decode_authority(event.data)), 0);
  const Digest digest = hash(HashAlgorithm::kSha256, event.data);
  event.digests = digest.view();
  event.digest_at[bank_index(HashAlgorithm::kSha256)] = 0;
  const EventProof proof = prove(event, HashAlgorithm::kSha256);
  require(proof.problem != ProofProblem::kDataDiffers || event.type == event_type::kIpl);
  require(proof.quirk == nullptr || event.type == event_type::kIpl);
  return 0;
}
