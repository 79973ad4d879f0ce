// The verbs about mining.
#include <algorithm>
#include <charconv>

#include "deploy/quotemilld/mining.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/eventlog/event_type.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

constexpr std::size_t kGroupsMax = 1'000;     // in an answer
constexpr std::size_t kEventsShownMax = 100;  // of each
constexpr std::size_t kOthersMax = 5;

// PCRs as a mask; 0: whichever are quoted.
std::uint32_t pcrs_of(OperatorArgs& args) {
  std::uint32_t pcrs = 0;
  for (const std::string& text : args.texts("pcrs", limits::kPcrCount)) {
    std::uint32_t pcr = limits::kPcrCount;
    const char* const end = text.data() + text.size();
    const auto [rest, wrong] = std::from_chars(text.data(), end, pcr);
    if (wrong != std::errc() || rest != end || pcr >= limits::kPcrCount) {
      args.fail("pcrs", "has '" + escaped(text, 16) + "', which is no PCR");
      return 0;
    }
    pcrs |= 1U << pcr;
  }
  return pcrs;
}

Json render_events(const std::vector<UnknownEvent>& events) {
  Json list = Json::array();
  for (const UnknownEvent& event : events) {
    if (list.size() == kEventsShownMax) {
      break;
    }
    list.push_back({{"type", event_type_name(event.type)},
                    {"digest", event.digest.hex()},
                    {"description", printable(event.description)}});
  }
  return list;
}

bool is_beside(const MinedGroup& group, const MinedGroup& other) {
  return group.pcr == other.pcr && group.platform == other.platform && group.id != other.id;
}

// What the platform's other hosts have in the PCR: the largest groups.
Json render_others(const MinedGroup& group, const Mined& mined) {
  Json others = Json::array();
  for (const MinedGroup& other : mined.groups) {
    if (is_beside(group, other) && others.size() < kOthersMax) {
      others.push_back({{"group", other.id}, {"hosts", other.hosts}, {"names", other.names}});
    }
  }
  return others;
}

Json render_group(const MinedGroup& group, const Mined& mined) {
  return {{"group", group.id},
          {"vendor", printable(group.platform.vendor)},
          {"model", printable(group.platform.model)},
          {"firmware", printable(group.platform.firmware)},
          {"pcr", group.pcr},
          {"hosts", group.hosts},
          {"of", group.of_platform},
          {"explained", group.explained},
          {"differ", group.of_platform - group.explained - group.hosts},
          {"event_count", group.events.size()},
          {"events", render_events(group.events)},
          {"names", group.names},
          {"others", render_others(group, mined)}};
}

}  // namespace

ControlOutcome OperatorVerbs::mine_groups(OperatorArgs& args, Call /*call*/) {
  const std::uint32_t pcrs = pcrs_of(args);
  const std::size_t limit = args.number_or("limit", 100, kGroupsMax);
  if (!args.ok()) {
    return args.error();
  }
  const Mined mined = mine(parts_.hosts, parts_.policies, parts_.history, pcrs);
  Json groups = Json::array();
  for (const MinedGroup& group : mined.groups) {
    if (groups.size() == limit) {
      break;
    }
    groups.push_back(render_group(group, mined));
  }
  return Json{{"hosts", mined.hosts},
              {"unproven", mined.unproven},
              {"unreadable", mined.unreadable},
              {"distinct_logs", mined.distinct_logs},
              {"group_count", mined.groups.size()},
              {"groups", std::move(groups)}};
}

ControlOutcome OperatorVerbs::mine_promote(OperatorArgs& args, Call call) {
  const std::string wanted = args.text("group");
  const std::uint32_t pcrs = pcrs_of(args);
  ImportRequest request;
  request.name = args.text("name");
  request.version = static_cast<std::uint32_t>(args.number_or("version", 0, UINT32_MAX));
  const bool is_confirmed = args.flag("confirmed");
  request.by = args.who();
  if (!args.ok()) {
    return args.error();
  }
  // Mined anew: what is promoted is what the fleet has now.
  const Mined mined = mine(parts_.hosts, parts_.policies, parts_.history, pcrs);
  const auto group =
      std::find_if(mined.groups.begin(), mined.groups.end(),
                   [&](const MinedGroup& candidate) { return candidate.id == wanted; });
  if (group == mined.groups.end()) {
    return ControlError{ErrorCode::kNotFound, "there is no group " + escaped(wanted, 64),
                        "'quotemill mine' shows all, as they are now"};
  }
  request.file_name = "group " + group->id;
  const AuditAct act{request.by, "mine.promote", group->id + " as " + request.name};
  Result<BaselinePlan> plan =
      plan_import(request, std::make_shared<const std::string>(reference_file_of(*group)));
  if (!plan) {
    audit(call, act.verb, act.who, act.subject, &plan.error());
    return control_error(plan.error());
  }
  ControlOutcome outcome = change_baselines(call, act, *std::move(plan), is_confirmed);
  if (auto* json = std::get_if<Json>(&outcome)) {
    (*json)["mined"] = render_group(*group, mined);
  }
  return outcome;
}

}  // namespace quotemill::daemon
