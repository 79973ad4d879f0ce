// The verbs about images of ESXi. What is known of them is a baseline each; they are imported,
// shown and retired as baselines are.
#include <map>
#include <optional>

#include "deploy/quotemilld/all_hosts.h"
#include "deploy/quotemilld/baseline_plans.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlOutcome;
using transport::Json;

namespace {

using HostsOfImages = std::map<Digest, std::uint64_t>;

// Counts a host for the image that its last complete proof says it booted.
void count(const Host& host, HostsOfImages& hosts) {
  const std::shared_ptr<const BootProof>& proof = host.state->proof;
  if (!proof || proof->generation != host.record->generation) {
    return;
  }
  for (const Finding& finding : proof->findings) {
    if (finding.code == FindingCode::kEsxiImage && finding.expected) {
      ++hosts[*finding.expected];
    }
  }
}

HostsOfImages hosts_of_images(const HostTable& table) {
  HostsOfImages hosts;
  for_each_host(table, [&hosts](const Host& host) { count(host, hosts); });
  return hosts;
}

}  // namespace

ControlOutcome OperatorVerbs::image_list(OperatorArgs& /*args*/, Call /*call*/) {
  const HostsOfImages hosts = hosts_of_images(parts_.hosts);
  Json list = Json::array();
  for (const auto& baseline : parts_.policies.baselines()) {
    if (!baseline->is_image()) {
      continue;
    }
    Json row = transport::render_baseline(*baseline);
    const Digest id = baseline->file ? baseline->file->id : Digest();
    const auto found = hosts.find(id);
    row["hosts"] = found == hosts.end() ? 0 : found->second;
    const std::optional<WallTime> attested =
        parts_.images != nullptr ? parts_.images->last(id) : std::nullopt;
    row["last_attested"] = attested ? transport::iso_time(*attested) : Json(nullptr);
    list.push_back(std::move(row));
  }
  return Json{{"images", std::move(list)}};
}

ControlOutcome OperatorVerbs::image_approve(OperatorArgs& args, Call call) {
  const Result<std::shared_ptr<const Baseline>> found = baseline_named(args, "name", "version");
  const bool is_confirmed = args.flag("confirmed");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  if (!found) {
    return control_error(found.error());
  }
  const std::string title = (*found)->name + " version " + std::to_string((*found)->version);
  Result<BaselinePlan> plan = plan_approval(**found, who, parts_.clock.now().wall);
  if (!plan) {
    audit(call, "image.approve", who, title, &plan.error());
    return control_error(plan.error());
  }
  return change_baselines(call, {who, "image.approve", title}, *std::move(plan), is_confirmed);
}

}  // namespace quotemill::daemon
