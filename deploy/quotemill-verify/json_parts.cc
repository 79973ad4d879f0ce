#include "deploy/quotemill-verify/json_parts.h"

namespace quotemill::offline {
Json json_of(const Finding& finding) {
  return {{"code", name_of(finding.code)},
          {"severity", name_of(finding.severity)},
          {"pcr", or_null(finding.pcr)},
          {"event", or_null(finding.event)},
          {"message", message_of(finding)}};
}

Json json_of(const Findings& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back(json_of(finding));
  }
  return list;
}

// As deep as the decoders nest their fields, which no input decides.
Json json_of(const Fields& fields) {  // NOLINT(misc-no-recursion)
  Json object = Json::object();
  for (const Field& field : fields) {
    const std::string name(field.name);
    if (const auto* const inner = std::get_if<Fields>(&field.value)) {
      object[name] = json_of(*inner);
    } else if (const auto* const list = std::get_if<std::vector<Fields>>(&field.value)) {
      Json& array = object[name] = Json::array();
      for (const Fields& each : *list) {
        array.push_back(json_of(each));
      }
    } else if (const auto* const number = std::get_if<std::uint64_t>(&field.value)) {
      object[name] = *number;
    } else if (const auto* const flag = std::get_if<bool>(&field.value)) {
      object[name] = *flag;
    } else if (const auto* const texts = std::get_if<std::vector<std::string>>(&field.value)) {
      object[name] = *texts;
    } else {
      object[name] = std::get<std::string>(field.value);
    }
  }
  return object;
}

}  // namespace quotemill::offline
