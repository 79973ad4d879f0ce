#include "deploy/quotemilld/maintenance.h"

#include <string>
#include <vector>

#include "deploy/quotemilld/acting_registrar.h"
#include "deploy/quotemilld/operator_identity.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kPage = 1'000;

bool is_over(const HostRecord& record, WallTime now) {
  return record.life_cycle == LifeCycle::kMaintenance && record.expires <= now;
}

}  // namespace

Result<void> end_due_maintenance(const HostTable& hosts, Registrar& registrar, WallTime now) {
  std::string after;
  for (std::vector<Host> page = hosts.list(after, kPage); !page.empty();
       page = hosts.list(after, kPage)) {
    for (const Host& host : page) {
      if (!is_over(*host.record, now)) {
        continue;
      }
      const HostUid& uid = host.record->uid;
      ActingRegistrar acting(registrar, {"quotemill", "maintenance.end", uid.hex()});
      const auto ended = acting.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
        const std::optional<Host> known = view.hosts.find(uid);
        // An operator may have given it another end meanwhile.
        return known && is_over(*known->record, now) ? end_maintenance(uid)(view)
                                                     : Result<IdentityUpdate>(IdentityUpdate{});
      });
      if (!ended) {
        return ended.error();
      }
    }
    after = page.back().record->name;
  }
  return {};
}

}  // namespace quotemill::daemon
