#include "deploy/quotemilld/maintenance.h"

#include <string>
#include <vector>

#include "deploy/quotemilld/acting_registrar.h"
#include "deploy/quotemilld/operator_identity.h"

namespace quotemill::daemon {
namespace {

bool is_over(const HostRecord& record, WallTime now) {
  return record.life_cycle == LifeCycle::kMaintenance && record.expires <= now;
}

// Those of decisions: it never goes back, and is ahead of the wall clock after that was set back.
Result<WallTime> time_of(Registrar& registrar) {
  WallTime now;
  const auto asked = registrar.change([&now](const RegistryView& view) -> Result<IdentityUpdate> {
    now = view.now.wall;
    return IdentityUpdate{};
  });
  return asked ? Result<WallTime>(now) : asked.error();
}

}  // namespace

Result<void> end_due_maintenance(const HostTable& hosts, Registrar& registrar) {
  const Result<WallTime> now = time_of(registrar);
  if (!now) {
    return now.error();
  }
  std::vector<HostUid> due;
  hosts.glance({}, [&](const HostGlance& host) {
    if (host.life_cycle == LifeCycle::kMaintenance && is_over(host.record(), *now)) {
      due.push_back(host.record().uid);
    }
    return true;
  });
  for (const HostUid& uid : due) {
    ActingRegistrar acting(registrar, {"quotemill", "maintenance.end", uid.hex()});
    const auto ended = acting.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
      const std::optional<Host> known = view.hosts.find(uid);
      // An operator may have given it another end meanwhile.
      return known && is_over(*known->record, *now) ? end_maintenance(uid)(view)
                                                    : Result<IdentityUpdate>(IdentityUpdate{});
    });
    if (!ended) {
      return ended.error();
    }
  }
  return {};
}

}  // namespace quotemill::daemon
