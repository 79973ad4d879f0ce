#include "deploy/quotemilld/baseline_capture.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_description.h"

namespace quotemill::daemon {

namespace {

ReferenceEvent reference(const BootEvent& event, const std::vector<HashAlgorithm>& banks) {
  ReferenceEvent out{event.number, event.pcr, event.type, {}, describe(event)};
  for (const HashAlgorithm bank : banks) {
    if (const std::optional<Digest> digest = Digest::from(bank, event.digest(bank))) {
      out.digests.push_back(*digest);
    }
  }
  return out;
}

Result<std::vector<ReferenceEvent>> reference_events(ByteView log_bytes) {
  const BootLogReading reading = read_boot_log(log_bytes);
  if (reading.broken) {
    return *reading.broken;
  }
  std::vector<ReferenceEvent> events;
  for (const BootEvent& event : reading.log.events) {
    if (event.is_measured()) {
      events.push_back(reference(event, reading.log.banks));
    }
  }
  if (events.empty() || events.size() > limits::kBaselineEventsMax) {
    return Error{ErrorCode::kTooLarge, "baseline", 0,
                 "the log has " + std::to_string(events.size()) + " measured events"};
  }
  return events;
}

std::uint32_t next_version(const PoliciesInForce& policies, const std::string& name) {
  std::uint32_t last = 0;
  for (const auto& baseline : policies.baselines()) {
    if (baseline->name == name) {
      last = std::max(last, baseline->version);
    }
  }
  return last + 1;
}

Result<std::vector<ReferenceEvent>> proven_events(const History& history, const Host& golden) {
  const std::shared_ptr<const BootProof>& proof = golden.state->proof;
  if (!proof || proof->generation != golden.record->generation) {
    return Error{ErrorCode::kConflict, "baseline", 0,
                 golden.record->name + " has not proven a boot log; wait for its next attestation"};
  }
  const Result<Bytes> log = history.boot_log(proof->log);
  if (!log) {
    return log.error();
  }
  return reference_events(*log);
}

}  // namespace

Result<std::shared_ptr<const Baseline>> capture_baseline(const CaptureParts& parts,
                                                         const Host& golden,
                                                         const std::string& name) {
  if (!is_host_name(name)) {
    return Error{ErrorCode::kConfig, "baseline", 0,
                 "its name is not of the form [a-z0-9._-]{1,64}"};
  }
  Result<std::vector<ReferenceEvent>> events = proven_events(parts.history, golden);
  if (!events) {
    return events.error();
  }
  std::shared_ptr<const Baseline> captured;
  // The version is chosen on the commit thread, so that two captures cannot get the same.
  const Result<std::shared_ptr<const HostRecord>> done =
      parts.registrar.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
        if (parts.policies.baselines().size() >= limits::kBaselinesMax) {
          return Error{ErrorCode::kBusy, "baseline", 0, "there are too many baselines"};
        }
        Baseline baseline;
        baseline.name = name;
        baseline.version = next_version(parts.policies, name);
        baseline.captured = view.now.wall;
        baseline.source = golden.record->uid;
        baseline.source_name = golden.record->name;
        baseline.events = *std::move(events);
        captured = std::make_shared<const Baseline>(std::move(baseline));
        IdentityUpdate update;
        update.baseline = captured;
        return update;
      });
  if (!done) {
    return done.error();
  }
  return captured;
}

}  // namespace quotemill::daemon
