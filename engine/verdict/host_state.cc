#include "engine/verdict/host_state.h"

namespace quotemill {

HostFacts view_of(const FactsRecord& facts) {
  return {facts.os_id, facts.os_version, facts.kernel,  facts.vendor,
          facts.model, facts.agent,      facts.firmware};
}

}  // namespace quotemill
