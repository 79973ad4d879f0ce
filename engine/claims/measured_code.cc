#include "engine/claims/measured_code.h"

#include <algorithm>
#include <array>

namespace quotemill {
namespace {

// What images begin with: PE/COFF, terse executables (PI 1.8, volume 1, 15.2) and the option ROMs
// of PCI that a BIOS would run.
constexpr std::array<std::string_view, 3> kImageBeginnings = {"MZ", "VZ", "\x55\xAA"};

bool begins_like_image(ByteView data) {
  return std::any_of(
      kImageBeginnings.begin(), kImageBeginnings.end(),
      [text = as_text(data)](std::string_view begin) { return text.starts_with(begin); });
}

}  // namespace

bool may_be_code(const ProvenLog& log, const BootEvent& event) {
  return event.is_measured() && (log.proof(event.number).proof != ProofClass::kDataProven ||
                                 begins_like_image(event.data));
}

}  // namespace quotemill
