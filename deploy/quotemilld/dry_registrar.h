// DryRegistrar: what a change would come to, decided where changes are decided, and not made.
#pragma once

#include "engine/pipeline/registrar.h"

namespace quotemill::daemon {

class DryRegistrar final : public Registrar {
 public:
  // Borrowed.
  explicit DryRegistrar(Registrar& registrar) : registrar_(registrar) {}

  // The same answers and Errors as the other's, with the record as it would be. Nothing is written.
  Result<std::shared_ptr<const HostRecord>> change(IdentityDecision decide) override;

 private:
  Registrar& registrar_;
};

}  // namespace quotemill::daemon
