// Going through all hosts of the table.
#pragma once

#include <string>
#include <vector>

#include "engine/pipeline/host_table.h"

namespace quotemill::daemon {

// In order of their names, each as it is when its page of the table comes: between two pages the
// table is anybody's. `visit` takes a Host&, which is its own to keep.
template <class Visit>
void for_each_host(const HostTable& hosts, const Visit& visit) {
  constexpr std::size_t kPage = 1'000;
  std::string after;
  for (std::vector<Host> page = hosts.list(after, kPage); !page.empty();
       page = hosts.list(after, kPage)) {
    after = page.back().record->name;
    for (Host& host : page) {
      visit(host);
    }
  }
}

}  // namespace quotemill::daemon
