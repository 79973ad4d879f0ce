#include "deploy/quotemilld/baseline_plans.h"

#include <algorithm>
#include <utility>

#include "deploy/references/reference_file.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill::daemon {

namespace {

Error refused(ErrorCode code, std::string detail) {
  return {code, "baseline", 0, std::move(detail)};
}

Result<void> check_name(const std::string& name) {
  return is_host_name(name)
             ? Result<void>()
             : refused(ErrorCode::kConfig, "its name is not of the form [a-z0-9._-]{1,64}");
}

Result<std::vector<ReferenceEvent>> measured_events(ByteView log_bytes) {
  const BootLogReading reading = read_boot_log(log_bytes);
  if (reading.broken) {
    return *reading.broken;
  }
  std::vector<ReferenceEvent> events = reference_events(reading.log);
  if (events.empty() || events.size() > limits::kBaselineEventsMax) {
    return refused(ErrorCode::kTooLarge,
                   "the log has " + std::to_string(events.size()) + " measured events");
  }
  return events;
}

Result<std::vector<ReferenceEvent>> proven_events(const History& history, const Host& golden) {
  const std::shared_ptr<const BootProof>& proof = golden.state->proof;
  if (!proof || proof->generation != golden.record->generation) {
    return refused(
        ErrorCode::kConflict,
        golden.record->name + " has not proven a boot log; wait for its next attestation");
  }
  const Result<Bytes> log = history.boot_log(proof->log);
  return log ? measured_events(*log) : log.error();
}

std::uint32_t last_version(const std::vector<std::shared_ptr<const Baseline>>& baselines,
                           const std::string& name) {
  std::uint32_t last = 0;
  for (const auto& baseline : baselines) {
    if (baseline->name == name) {
      last = std::max(last, baseline->version);
    }
  }
  return last;
}

// Whether there is room for one more with so many values.
Result<void> check_room(const std::vector<std::shared_ptr<const Baseline>>& baselines,
                        std::size_t values) {
  std::size_t total = values;
  for (const auto& baseline : baselines) {
    total += baseline->values.size();
  }
  if (baselines.size() >= limits::kBaselinesMax) {
    return refused(ErrorCode::kBusy, "there are too many baselines");
  }
  return total <= limits::kReferenceValuesTotalMax
             ? Result<void>()
             : refused(ErrorCode::kBusy,
                       "there are too many reference values; retire baselines "
                       "that are not needed any more");
}

}  // namespace

Result<BaselinePlan> plan_capture(const History& history, const Host& golden,
                                  const std::string& name) {
  if (Result<void> named = check_name(name); !named) {
    return named.error();
  }
  Result<std::vector<ReferenceEvent>> events = proven_events(history, golden);
  if (!events) {
    return events.error();
  }
  BaselinePlan plan;
  plan.baseline.name = name;
  plan.baseline.source = golden.record->uid;
  plan.baseline.source_name = golden.record->name;
  plan.baseline.events = *std::move(events);
  return plan;
}

Result<BaselinePlan> plan_import(const ImportRequest& request,
                                 const std::shared_ptr<const std::string>& content) {
  if (Result<void> named = check_name(request.name); !named) {
    return named.error();
  }
  Result<references::ReferenceReading> reading =
      references::read_reference_file(*content, request.format);
  if (!reading) {
    return reading.error();
  }
  BaselinePlan plan;
  plan.wanted_version = request.version;
  plan.left_out = std::move(reading->left_out);
  plan.file = std::make_shared<const ReferenceFile>(
      ReferenceFile{hash(HashAlgorithm::kSha256, as_bytes(*content)), *content});
  plan.baseline.name = request.name;
  plan.baseline.values = std::move(reading->values);
  plan.baseline.image = std::move(reading->image);
  plan.baseline.file =
      ImportedFile{plan.file->id,     content->size(), reading->format,
                   request.file_name, request.by,      values_of(plan.baseline).size()};
  return plan;
}

Result<BaselinePlan> plan_retirement(const Baseline& baseline, const std::string& by,
                                     WallTime now) {
  if (baseline.is_retired()) {
    return refused(
        ErrorCode::kConflict,
        baseline.name + " version " + std::to_string(baseline.version) + " is retired already");
  }
  BaselinePlan plan;
  plan.baseline = baseline;
  plan.baseline.values.clear();  // its file has them
  plan.baseline.retired = now;
  plan.baseline.retired_by = by;
  return plan;
}

Result<BaselinePlan> plan_approval(const Baseline& image, const std::string& by, WallTime now) {
  const std::string title = image.name + " version " + std::to_string(image.version);
  if (!image.is_image()) {
    return refused(ErrorCode::kConflict, title + " is no image of ESXi");
  }
  if (image.is_retired() || image.is_approved()) {
    return refused(ErrorCode::kConflict,
                   title + (image.is_retired() ? " is retired" : " is approved already"));
  }
  BaselinePlan plan;
  plan.baseline = image;
  plan.baseline.approved = now;
  plan.baseline.approved_by = by;
  return plan;
}

Result<void> number_plan(BaselinePlan& plan, const PoliciesInForce& policies, WallTime now) {
  Baseline& baseline = plan.baseline;
  if (baseline.is_retired() || baseline.is_approved()) {
    return {};
  }
  const std::vector<std::shared_ptr<const Baseline>> all = policies.baselines();
  const std::uint32_t last = last_version(all, baseline.name);
  if (plan.wanted_version != 0 && plan.wanted_version <= last) {
    return refused(ErrorCode::kConflict, baseline.name + " is there in version " +
                                             std::to_string(last) +
                                             ": give the new one a higher number");
  }
  baseline.version = plan.wanted_version != 0 ? plan.wanted_version : last + 1;
  baseline.captured = now;
  return check_room(all, baseline.values.size());
}

Result<std::shared_ptr<const Baseline>> find_baseline(const PoliciesInForce& policies,
                                                      const std::string& name,
                                                      std::uint32_t version) {
  std::shared_ptr<const Baseline> found;
  std::vector<std::string> names;
  for (const auto& baseline : policies.baselines()) {
    names.push_back(baseline->name);
    if (baseline->name != name || (version != 0 && baseline->version != version)) {
      continue;
    }
    const auto rank = [](const Baseline& one) { return std::pair(!one.is_retired(), one.version); };
    if (!found || rank(*baseline) > rank(*found)) {
      found = baseline;
    }
  }
  if (found) {
    return found;
  }
  const std::string_view near = nearest(name, names);
  return refused(
      ErrorCode::kNotFound,
      "there is no " + escaped(name, 64) +
          (version == 0 ? "" : " version " + std::to_string(version)) +
          (near.empty() || near == name ? "" : "; did you mean " + std::string(near) + "?"));
}

Result<std::shared_ptr<const Baseline>> with_values(const History& history,
                                                    std::shared_ptr<const Baseline> baseline) {
  if (!baseline->is_retired() || !baseline->file) {
    return baseline;
  }
  const Result<std::string> content = exported(history, *baseline);
  if (!content) {
    return content.error();
  }
  Result<references::ReferenceReading> reading =
      references::read_reference_file(*content, baseline->file->format);
  if (!reading) {
    return reading.error();
  }
  auto whole = std::make_shared<Baseline>(*baseline);
  whole->values = std::move(reading->values);
  return std::shared_ptr<const Baseline>(std::move(whole));
}

Result<std::string> exported(const History& history, const Baseline& baseline) {
  if (!baseline.file) {
    return references::write_own_references(baseline);
  }
  const Result<Bytes> content = history.reference_file(baseline.file->id);
  return content ? Result<std::string>(std::string(as_text(*content))) : content.error();
}

}  // namespace quotemill::daemon
