// What an operator wants of the baselines, before anything of it is done: captures, imports,
// retirements. Each plan is a baseline as it would be kept; what it would do to the hosts is told
// before it is (blast.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/ports/history.h"

namespace quotemill::daemon {

struct BaselinePlan {
  // Without version and moment for a capture or an import: number_plan() gives them.
  Baseline baseline;
  std::uint32_t wanted_version = 0;                     // 0: the next one
  std::shared_ptr<const ReferenceFile> file = nullptr;  // what it is imported from
  std::vector<std::string> left_out = {};               // of the file, in words
};

// One reference event for each measured event of the boot log that the host's last complete proof
// rests on, with its digest in every bank of the log. No host is asked. kConflict if the host never
// proved a boot log under its present identity; kConfig for a name of another form.
Result<BaselinePlan> plan_capture(const History& history, const Host& golden,
                                  const std::string& name);

struct ImportRequest {
  std::string name;
  std::uint32_t version = 0;  // 0: the next one
  std::string format;         // empty: told from the content
  std::string file_name;
  std::string by;
};

// Errors are those of references::read_reference_file(), and kConfig for a name of another form.
Result<BaselinePlan> plan_import(const ImportRequest& request,
                                 const std::shared_ptr<const std::string>& content);

// kConflict if it is retired already.
Result<BaselinePlan> plan_retirement(const Baseline& baseline, const std::string& by, WallTime now);

// Hosts may boot the image from `now` on. kConflict if it is no image, is retired, or approved
// already.
Result<BaselinePlan> plan_approval(const Baseline& image, const std::string& by, WallTime now);

// Gives a capture or an import its version and moment; a retirement or approval is as it is.
// kConflict if the version wanted is not above all of its name; kBusy if there are too many
// baselines or values. To be called once more where nothing can come between.
Result<void> number_plan(BaselinePlan& plan, const PoliciesInForce& policies, WallTime now);

// The version of this name; 0: the newest, if possible one that is not retired. kNotFound.
Result<std::shared_ptr<const Baseline>> find_baseline(const PoliciesInForce& policies,
                                                      const std::string& name,
                                                      std::uint32_t version);

// All that it holds: the values of a retired one are read from its file again.
Result<std::shared_ptr<const Baseline>> with_values(const History& history,
                                                    std::shared_ptr<const Baseline> baseline);

// The file that it was imported from, byte for byte; our own format of one that was captured.
Result<std::string> exported(const History& history, const Baseline& baseline);

}  // namespace quotemill::daemon
