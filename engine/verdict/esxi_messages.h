// What the administrator of an ESXi host reads of a finding: why it is so, what to do about it, and
// the words that vSphere Client has for it. Every code that makes an ESXi host red or yellow has a
// row; the catalogue of findings (finding.h) speaks to those of other hosts.
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

// About ESXi itself; and about what any host has: TPM, quote, identity, firmware, log.
std::span<const EsxiMessage> esxi_own_messages();
std::span<const EsxiMessage> esxi_platform_messages();

// nullptr if an ESXi host cannot be red or yellow by it.
const EsxiMessage* esxi_message_of(FindingCode code);

}  // namespace quotemill
