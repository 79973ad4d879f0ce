// Captures a baseline: what a golden host booted becomes reference values.
#pragma once

#include <memory>
#include <string>

#include "engine/pipeline/policies_in_force.h"
#include "engine/pipeline/registrar.h"
#include "engine/ports/history.h"

namespace quotemill::daemon {

// Borrowed for the call.
struct CaptureParts {
  const History& history;
  Registrar& registrar;
  const PoliciesInForce& policies;
};

// The next version of the baseline `name`: one reference event for each measured event of the boot
// log that the host's last complete proof rests on, with its digest in every bank of the log. No
// host is asked; durable, and in force, when it returns. kConflict if the host never proved a boot
// log under its present identity; kConfig for a name of another form.
Result<std::shared_ptr<const Baseline>> capture_baseline(const CaptureParts& parts,
                                                         const Host& golden,
                                                         const std::string& name);

}  // namespace quotemill::daemon
