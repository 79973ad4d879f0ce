// Ground: what a claim rests on. A claim is a fact about the machine that a boot log tells; its
// standing says whether the measurements bear it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/eventlog/decode/field.h"
#include "engine/eventlog/proof/proven_log.h"

namespace quotemill {

enum class Standing : std::uint8_t {
  kAbsent,    // the log says nothing of it
  kUnproven,  // the log says so, and it is not what was measured, or something contradicts it
  kHint,      // beside a proven digest: likely, and not measured itself
  kProven,    // measured, as far as the log's PCRs are
};

std::string_view name_of(Standing standing);  // "absent", "unproven", "hint", "proven"

struct Ground {
  Standing standing = Standing::kAbsent;
  std::vector<std::uint32_t> events;  // numbers, in the log's order
  std::string because;                // why it is not proven; empty if it is
};

// "standing", "events" and "because".
void add_ground(const Ground& ground, Fields& fields);

// The ground of a fact that the hashed data of one event states.
Ground ground_of_data(const ProvenLog& log, const BootEvent& event);

}  // namespace quotemill
