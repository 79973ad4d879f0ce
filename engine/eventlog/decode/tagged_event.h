// TCG_PCClientTaggedEvent (PFP 1.06, 10.2.8.2): EV_EVENT_TAG as Windows, Linux and systemd use it.
// Windows nests them: an aggregation holds others, to limits::kTaggedDepthMax levels.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/eventlog/decode/field.h"

namespace quotemill {

struct TaggedEvent {
  std::uint32_t id = 0;
  std::uint32_t depth = 0;  // 0: not inside another
  ByteView data;            // borrowed; of an aggregation all that is in it
};

// All events, each aggregation before what is in it; at most limits::kTaggedEventsMax. No
// recursion; linear time.
Result<std::vector<TaggedEvent>> decode_tagged_events(ByteView data);

// "SIPAEVENT_BOOTDEBUGGING", "LINUX_INITRD"; empty if we have no name for it.
std::string_view tagged_event_name(std::uint32_t id);

// One of these identifiers as Windows writes them (WBCL).
bool is_windows_event(std::uint32_t id);

Fields describe_tagged_events(const std::vector<TaggedEvent>& events);

// Names and values that policies ask for.
namespace tagged_event {
inline constexpr std::uint32_t kBootDebugging = 0x00040001;
inline constexpr std::uint32_t kKernelDebug = 0x00050001;
inline constexpr std::uint32_t kCodeIntegrity = 0x00050002;
inline constexpr std::uint32_t kTestSigning = 0x00050003;
inline constexpr std::uint32_t kSafeMode = 0x00050005;
inline constexpr std::uint32_t kWinPe = 0x00050006;
inline constexpr std::uint32_t kHypervisorDebug = 0x0005000D;
inline constexpr std::uint32_t kFilePath = 0x00070001;
inline constexpr std::uint32_t kLinuxInitrd = 0x8F3B22EC;
inline constexpr std::uint32_t kLinuxLoadOptions = 0x8F3B22ED;
inline constexpr std::uint32_t kLoaderConf = 0xF5BC582A;
}  // namespace tagged_event

}  // namespace quotemill
