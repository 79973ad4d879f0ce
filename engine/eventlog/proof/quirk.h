// Quirks: how known firmware and boot loaders deviate from the specification, as data.
//
// A quirk is tried only after the strict reading failed, can excuse nothing but what its row says,
// and its id is shown beside the result.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/eventlog/boot_log.h"

namespace quotemill {

// What was hashed in place of what should have been.
enum class QuirkHash : std::uint8_t {
  kWithoutLastByte,    // the data but for its last byte
  kWithOneNulMore,     // the data and one NUL
  kTextWithNul,        // the text behind its prefix and the NUL that ends it
  kSeparatorOfNormal,  // 00 00 00 00 or FF FF FF FF, whatever text the data holds
};

struct Quirk {
  std::string_view id;        // published: policies and reports name it
  std::string_view machine;   // where it was seen
  std::string_view deviates;  // from what, how
  std::string_view excuses;   // what is accepted, and what stays unproven
  std::uint32_t type = 0;     // of the events that it is about
  std::uint32_t pcrs = 0;     // bit n: it may be about PCR n
  std::string_view prefix;    // of the event's data; empty: any
  QuirkHash hash = QuirkHash::kWithoutLastByte;
};

std::span<const Quirk> quirks();

// Whether the row is about such an event; says nothing about its digest.
bool may_excuse(const Quirk& quirk, const BootEvent& event);

}  // namespace quotemill
