// What the administrator of an ESXi host reads of a finding: why it is so, what to do about it, and
// the words that vSphere Client has for it. One table, for what means something else on ESXi than
// on other hosts; for all others the catalogue of findings speaks (finding.h).
//
// vSphere's words are those that users quote in public; where none are known there are none.
#pragma once

#include <span>
#include <string_view>

#include "engine/verdict/finding.h"

namespace quotemill {

struct EsxiMessage {
  FindingCode code = FindingCode::kEvidenceMalformed;
  std::string_view cause;
  std::string_view remedy;
  std::string_view vsphere;  // empty: no word of vSphere's is known
};

std::span<const EsxiMessage> esxi_messages();

// nullptr if ESXi adds nothing to what the catalogue of findings says.
const EsxiMessage* esxi_message_of(FindingCode code);

}  // namespace quotemill
