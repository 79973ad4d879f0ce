#include "deploy/quotemilld/readiness.h"

#include "deploy/quotemilld/limits.h"
#include "engine/base/text.h"

namespace quotemill::daemon {

std::vector<Hindrance> hindrances(const ReadinessSigns& signs) {
  std::vector<Hindrance> out;
  if (signs.is_draining) {
    out.push_back({"draining", "the daemon is being stopped"});
  }
  if (!signs.store) {
    out.push_back({"store", printable(signs.store.error().to_string())});
  } else if (!signs.store->refuses.empty()) {
    out.push_back({"store", printable(signs.store->refuses)});
  }
  if (signs.commits_fail) {
    out.push_back({"commits", "the last durable write failed"});
  }
  if (signs.silent_ms > limits::kReadySilentMsMax) {
    out.push_back({"watchdog", "nothing came through the commit thread for " +
                                   std::to_string(signs.silent_ms / 1'000) + " s"});
  }
  return out;
}

}  // namespace quotemill::daemon
