// The verbs about images of ESXi. What is known of them is a baseline each; they are imported,
// shown and retired as baselines are.
#include <algorithm>
#include <map>

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

// Which hosts are proven to have booted an image, as their last proofs say.
struct Use {
  std::uint64_t hosts = 0;
  WallTime last;  // when the last quote of one of them came: being judged again is no attestation
};

void count(const Host& host, std::map<Digest, Use>& uses) {
  const std::shared_ptr<const BootProof>& proof = host.state->proof;
  if (!proof || proof->generation != host.record->generation) {
    return;
  }
  for (const Finding& finding : proof->findings) {
    if (finding.code == FindingCode::kEsxiImage && finding.expected) {
      Use& use = uses[*finding.expected];
      ++use.hosts;
      if (host.state->counters) {
        use.last = std::max(use.last, host.state->counters->received);
      }
    }
  }
}

std::map<Digest, Use> uses_of_images(const HostTable& hosts) {
  std::map<Digest, Use> uses;
  for_each_host(hosts, [&uses](const Host& host) { count(host, uses); });
  return uses;
}

}  // namespace

ControlOutcome OperatorVerbs::image_list(OperatorArgs& /*args*/, Call /*call*/) {
  const std::map<Digest, Use> uses = uses_of_images(parts_.hosts);
  Json list = Json::array();
  for (const auto& baseline : parts_.policies.baselines()) {
    if (!baseline->is_image()) {
      continue;
    }
    const auto use = baseline->file ? uses.find(baseline->file->id) : uses.end();
    Json row = transport::render_baseline(*baseline);
    row["hosts"] = use == uses.end() ? 0 : use->second.hosts;
    row["last_attested"] = transport::iso_time(use == uses.end() ? WallTime{} : use->second.last);
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
