#include "engine/eventlog/proof/loads_nothing.h"

#include <algorithm>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::size_t kActionSizeMax = 128;  // the longest of the specification has 41
constexpr std::uint32_t kFirmwarePcrsEnd = 8;

bool is_action_text(ByteView data) {
  return data.size() <= kActionSizeMax && std::all_of(data.begin(), data.end(), [](auto byte) {
           return byte >= 0x20 && byte < 0x7F;
         });
}

bool is_separator(const BootEvent& event) {
  using namespace std::string_view_literals;
  const std::string_view data = as_text(event.data);
  return event.type == event_type::kSeparator &&
         (data == "\0\0\0\0"sv || data == "\xFF\xFF\xFF\xFF"sv ||
          (data == "WBCL"sv && event.pcr >= kFirmwarePcrsEnd));  // Windows' own, PCR 12 to 14
}

bool is_action(const BootEvent& event) {
  return (event.type == event_type::kEfiAction || event.type == event_type::kAction) &&
         event.pcr < kFirmwarePcrsEnd && is_action_text(event.data);
}

}  // namespace

bool loads_nothing(const BootEvent& event, HashAlgorithm bank) {
  return (is_separator(event) || is_action(event)) && can_hash(bank) &&
         equal(hash(bank, event.data).view(), event.digest(bank));
}

}  // namespace quotemill
