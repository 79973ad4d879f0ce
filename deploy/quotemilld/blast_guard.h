// BlastGuard: a change is made on the policies that its blast was told of.
//
// Between survey and commit another operator's change can come: together they could flip hosts that
// neither was told of.
#pragma once

#include <memory>

#include "engine/base/result.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/policy/policy_set.h"

namespace quotemill::daemon {

class BlastGuard {
 public:
  // Made before the survey. Who confirms the change asks for none.
  BlastGuard(const PoliciesInForce& policies, bool is_confirmed)
      : policies_(policies), surveyed_(is_confirmed ? nullptr : policies.current()) {}

  // kConflict if others are in force by now. On the commit thread.
  [[nodiscard]] Result<void> check() const {
    if (surveyed_ && policies_.current()->id() != surveyed_->id()) {
      return Error{ErrorCode::kConflict, "policies", 0,
                   "others came into force while the hosts that this change hits were counted; "
                   "try again"};
    }
    return {};
  }

 private:
  const PoliciesInForce& policies_;
  std::shared_ptr<const PolicySet> surveyed_;  // null: none
};

}  // namespace quotemill::daemon
