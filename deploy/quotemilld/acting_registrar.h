// ActingRegistrar: makes changes as somebody's deed, which is kept with them in the audit trail.
#pragma once

#include <utility>

#include "engine/pipeline/registrar.h"

namespace quotemill::daemon {

// Threads as the Registrar, which is borrowed.
class ActingRegistrar final : public Registrar {
 public:
  // The texts of the act are escaped.
  ActingRegistrar(Registrar& registrar, AuditAct act)
      : registrar_(registrar), act_(std::move(act)) {}

  Result<std::shared_ptr<const HostRecord>> change(IdentityDecision decide) override {
    return registrar_.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
      Result<IdentityUpdate> update = decide(view);
      if (update) {
        update->audit = act_;
      }
      return update;
    });
  }

 private:
  Registrar& registrar_;
  const AuditAct act_;
};

}  // namespace quotemill::daemon
