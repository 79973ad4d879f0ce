#include "deploy/quotemilld/dry_registrar.h"

#include <optional>
#include <utility>

namespace quotemill::daemon {

Result<std::shared_ptr<const HostRecord>> DryRegistrar::change(IdentityDecision decide) {
  std::optional<IdentityUpdate> would_be;
  const Result<std::shared_ptr<const HostRecord>> refused =
      registrar_.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
        Result<IdentityUpdate> update = decide(view);
        if (!update) {
          return update.error();
        }
        would_be = *std::move(update);
        // A decision that ends in an Error is one after which nothing is written.
        return Error{ErrorCode::kConflict, "dry run"};
      });
  if (!would_be) {
    return refused.error();
  }
  return would_be->record ? std::make_shared<const HostRecord>(*std::move(would_be->record))
                          : std::shared_ptr<const HostRecord>();
}

}  // namespace quotemill::daemon
