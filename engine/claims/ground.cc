#include "engine/claims/ground.h"

namespace quotemill {

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::kAbsent:
      return "absent";
    case Standing::kUnproven:
      return "unproven";
    case Standing::kHint:
      return "hint";
    case Standing::kProven:
      return "proven";
  }
  return "unproven";
}

void add_ground(const Ground& ground, Fields& fields) {
  fields.push_back({"standing", std::string(name_of(ground.standing))});
  std::vector<std::string> events;
  events.reserve(ground.events.size());
  for (const std::uint32_t event : ground.events) {
    events.push_back(std::to_string(event));
  }
  fields.push_back({"events", std::move(events)});
  if (!ground.because.empty()) {
    fields.push_back({"because", ground.because});
  }
}

Ground ground_of_data(const ProvenLog& log, const BootEvent& event) {
  if (log.is_data_proven(event)) {
    return {Standing::kProven, {event.number}, {}};
  }
  if (!log.has_pcr(event.pcr)) {
    return {Standing::kUnproven,
            {event.number},
            "PCR " + std::to_string(event.pcr) + " is not reproduced"};
  }
  return {Standing::kUnproven,
          {event.number},
          "the data is not what was measured (" +
              std::string(name_of(log.proof(event.number).problem)) + ")"};
}

}  // namespace quotemill
