#include "engine/claims/measured_code.h"

namespace quotemill {

bool may_be_code(const ProvenLog& log, const BootEvent& event) {
  constexpr std::string_view kDosHeader = "MZ";  // PE/COFF begins with it
  return event.is_measured() && (log.proof(event.number).proof != ProofClass::kDataProven ||
                                 as_text(event.data).substr(0, kDosHeader.size()) == kDosHeader);
}

}  // namespace quotemill
