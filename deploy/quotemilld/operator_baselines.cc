// The verbs about baselines.
#include <algorithm>

#include "deploy/quotemilld/baseline_plans.h"
#include "deploy/quotemilld/blast_guard.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/baseline/baseline_diff.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

std::string title_of(const Baseline& baseline) {
  return baseline.name + " version " + std::to_string(baseline.version);
}

bool uses(const PolicySet& policies, const Baseline& baseline) {
  return std::any_of(
      policies.snapshots().begin(), policies.snapshots().end(), [&](const auto& snapshot) {
        const auto& used = snapshot->baselines();
        return std::any_of(used.begin(), used.end(), [&](const auto& in_force) {
          return in_force->name == baseline.name && in_force->version == baseline.version;
        });
      });
}

Json render_difference(const BaselineDifference& difference) {
  static constexpr std::array kNames = {"added", "removed", "replaced", "told"};
  return {{"edit", kNames.at(static_cast<std::size_t>(difference.edit))},
          {"text", printable(difference.what)}};
}

}  // namespace

ControlOutcome OperatorVerbs::change_baselines(Call call, const AuditAct& act, BaselinePlan plan,
                                               bool is_confirmed) {
  if (Result<void> numbered = number_plan(plan, parts_.policies, parts_.clock.now().wall);
      !numbered) {
    audit(call, act.verb, act.who, act.subject, &numbered.error());
    return control_error(numbered.error());
  }
  auto baseline = std::make_shared<const Baseline>(plan.baseline);
  const std::shared_ptr<const PolicySet> then = parts_.policies.with(baseline);
  Json out = Json::object();
  const BlastGuard guard(parts_.policies, is_confirmed);
  if (!is_confirmed) {
    if (std::optional<ControlOutcome> instead = tell_blast(call, then, out)) {
      return *std::move(instead);
    }
  }
  // Numbered once more, where nothing can come between.
  const Result<std::shared_ptr<const HostRecord>> done =
      change(call, act, [&](const RegistryView& view) -> Result<IdentityUpdate> {
        if (const Result<void> same = guard.check(); !same) {
          return same.error();
        }
        if (Result<void> numbered = number_plan(plan, parts_.policies, view.now.wall); !numbered) {
          return numbered.error();
        }
        baseline = std::make_shared<const Baseline>(plan.baseline);
        IdentityUpdate update;
        update.baseline = baseline;
        update.reference_file = plan.file;
        return update;
      });
  if (!done) {
    return control_error(done.error());
  }
  out.update(transport::render_baseline(*baseline));
  out["in_force"] = uses(*then, *baseline);
  out["left_out"] = plan.left_out;
  if (call.is_check) {
    out["dry_run"] = true;
  }
  return out;
}

ControlOutcome OperatorVerbs::baseline_capture(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::string name = args.text("name");
  const bool is_confirmed = args.flag("confirmed");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> golden = find(text);
  if (!golden) {
    return no_such_host(text);
  }
  const AuditAct act{who, "baseline.capture", name};
  Result<BaselinePlan> plan = plan_capture(parts_.history, *golden, name);
  if (!plan) {
    audit(call, act.verb, act.who, act.subject, &plan.error());
    return control_error(plan.error());
  }
  // What is captured is what all others are held against.
  const TrustState state = golden->state->state;
  if (state != TrustState::kTrusted && state != TrustState::kWarning && !is_confirmed) {
    return ControlError{ErrorCode::kConflict,
                        escaped(text, 64) + " is " + std::string(name_of(state)) +
                            ": nothing says that its boot is a good one",
                        "'quotemill host' says why; --yes captures it nevertheless"};
  }
  ControlOutcome outcome = change_baselines(call, act, *std::move(plan), is_confirmed);
  if (auto* json = std::get_if<Json>(&outcome)) {
    (*json)["source_state"] = name_of(golden->state->state);
  }
  return outcome;
}

ControlOutcome OperatorVerbs::upload(OperatorArgs& args, Call /*call*/) {
  const std::optional<Bytes> sha256 = from_hex(args.text("sha256"));
  const std::uint64_t size = args.number_or("size", 0, limits::kReferenceFileSizeMax);
  const std::uint64_t offset = args.number_or("offset", 0, limits::kReferenceFileSizeMax);
  const std::optional<Bytes> part = from_hex(args.text("hex"));
  const std::optional<Digest> id =
      sha256 ? Digest::from(HashAlgorithm::kSha256, *sha256) : std::nullopt;
  if (args.ok() && (!id || !part)) {
    args.fail(id ? "hex" : "sha256", "is not in hexadecimal, or of another size");
  }
  if (!args.ok()) {
    return args.error();
  }
  const Result<std::uint64_t> received = uploads_.add(*id, size, offset, *part);
  return received ? ControlOutcome(Json{{"received", *received}}) : control_error(received.error());
}

std::optional<Digest> OperatorVerbs::upload_named(OperatorArgs& args) {
  const std::optional<Bytes> sha256 = from_hex(args.text("upload"));
  std::optional<Digest> id = sha256 ? Digest::from(HashAlgorithm::kSha256, *sha256) : std::nullopt;
  if (args.ok() && !id) {
    args.fail("upload", "is no SHA-256 in hexadecimal");
  }
  return id;
}

ControlOutcome OperatorVerbs::baseline_import(OperatorArgs& args, Call call) {
  const std::optional<Digest> id = upload_named(args);
  ImportRequest request;
  request.name = args.text("name");
  request.version = static_cast<std::uint32_t>(args.number_or("version", 0, UINT32_MAX));
  request.format = args.text_or("format", {});
  request.file_name = args.text_or("file", {}).substr(0, limits::kReferenceTextSizeMax);
  const bool is_confirmed = args.flag("confirmed");
  request.by = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const Result<std::shared_ptr<const std::string>> content = uploads_.find(*id);
  if (!content) {
    return control_error(content.error());
  }
  const AuditAct act{request.by, "baseline.import", request.name + " of sha256:" + id->hex()};
  Result<BaselinePlan> plan = plan_import(request, *content);
  if (!plan) {
    audit(call, act.verb, act.who, act.subject, &plan.error());
    return control_error(plan.error());
  }
  ControlOutcome outcome = change_baselines(call, act, *std::move(plan), is_confirmed);
  if (!call.is_check && std::holds_alternative<Json>(outcome) && !is_put_off(outcome)) {
    uploads_.forget(*id);
  }
  return outcome;
}

ControlOutcome OperatorVerbs::baseline_retire(OperatorArgs& args, Call call) {
  const Result<std::shared_ptr<const Baseline>> found = baseline_named(args, "name", "version");
  const bool is_confirmed = args.flag("confirmed");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  if (!found) {
    return control_error(found.error());
  }
  Result<BaselinePlan> plan = plan_retirement(**found, who, parts_.clock.now().wall);
  if (!plan) {
    return control_error(plan.error());
  }
  ControlOutcome outcome = change_baselines(call, {who, "baseline.retire", title_of(**found)},
                                            *std::move(plan), is_confirmed);
  if (auto* json = std::get_if<Json>(&outcome)) {
    // An older version that is not retired is in use again.
    const auto next = find_baseline(parts_.policies, (*found)->name, 0);
    const bool has_next = next && !(*next)->is_retired() && (*next)->version != (*found)->version;
    (*json)["successor"] = has_next ? Json((*next)->version) : Json(nullptr);
  }
  return outcome;
}

Result<std::shared_ptr<const Baseline>> OperatorVerbs::baseline_named(OperatorArgs& args,
                                                                      const char* name,
                                                                      const char* version) const {
  const std::string wanted = args.text(name);
  const std::uint64_t number = args.number_or(version, 0, UINT32_MAX);
  return find_baseline(parts_.policies, wanted, static_cast<std::uint32_t>(number));
}

ControlOutcome OperatorVerbs::baseline_list(OperatorArgs& /*args*/, Call /*call*/) {
  const std::shared_ptr<const PolicySet> current = parts_.policies.current();
  Json list = Json::array();
  for (const auto& baseline : parts_.policies.baselines()) {
    Json row = transport::render_baseline(*baseline);
    row["in_force"] = uses(*current, *baseline);
    list.push_back(std::move(row));
  }
  return Json{{"baselines", std::move(list)}};
}

ControlOutcome OperatorVerbs::baseline_show(OperatorArgs& args, Call /*call*/) {
  Result<std::shared_ptr<const Baseline>> found = baseline_named(args, "name", "version");
  const std::uint64_t from = args.number_or("from", 0, limits::kReferenceValuesMax);
  if (!args.ok()) {
    return args.error();
  }
  found = found ? with_values(parts_.history, *found) : found;
  if (!found) {
    return control_error(found.error());
  }
  const std::vector<ReferenceValue> all = values_of(**found);
  Json values = Json::array();
  std::size_t next = from;
  for (; next < all.size() && values.size() < limits::kReferencesShownMax; ++next) {
    values.push_back(transport::render_reference(all[next]));
  }
  Json out = transport::render_baseline(**found);
  out["in_force"] = uses(*parts_.policies.current(), **found);
  out["references"] = std::move(values);
  out["next"] = next < all.size() ? Json(next) : Json(nullptr);
  return out;
}

ControlOutcome OperatorVerbs::baseline_diff(OperatorArgs& args, Call /*call*/) {
  Result<std::shared_ptr<const Baseline>> from = baseline_named(args, "from", "from_version");
  Result<std::shared_ptr<const Baseline>> to = baseline_named(args, "to", "to_version");
  if (!args.ok()) {
    return args.error();
  }
  from = from ? with_values(parts_.history, *from) : from;
  to = to ? with_values(parts_.history, *to) : to;
  if (!from || !to) {
    return control_error(from ? to.error() : from.error());
  }
  const BaselineDiff found = diff(**from, **to);
  Json differences = Json::array();
  for (const BaselineDifference& difference : found.differences) {
    differences.push_back(render_difference(difference));
  }
  return Json{{"from", transport::render_baseline(**from)},
              {"to", transport::render_baseline(**to)},
              {"same", found.same},
              {"found", found.found},
              {"differences", std::move(differences)}};
}

ControlOutcome OperatorVerbs::baseline_export(OperatorArgs& args, Call /*call*/) {
  const Result<std::shared_ptr<const Baseline>> found = baseline_named(args, "name", "version");
  const std::uint64_t offset = args.number_or("offset", 0, limits::kReferenceFileSizeMax);
  if (!args.ok()) {
    return args.error();
  }
  if (!found) {
    return control_error(found.error());
  }
  const Result<std::string> content = exported(parts_.history, **found);
  if (!content) {
    return control_error(content.error());
  }
  const std::string_view part = std::string_view(*content).substr(
      std::min<std::size_t>(offset, content->size()), limits::kDownloadPartSizeMax);
  return Json{{"baseline", transport::render_baseline(**found)},
              {"size", content->size()},
              {"hex", to_hex(as_bytes(part))}};
}

}  // namespace quotemill::daemon
