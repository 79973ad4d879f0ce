// What the daemon must have before it can serve: its keys, and what the store remembers.
#pragma once

#include <memory>

#include "deploy/quotemilld/config.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/nonce_authority.h"
#include "engine/ports/history.h"
#include "engine/ports/host_rows.h"
#include "transport/socket/curve.h"

namespace quotemill::daemon {

struct Keys {
  transport::CurveKeyPair server;
  NonceAuthority::Keys nonces;
};

// Makes the state folder and the keys on the first start. Writes <folder>/server.pub, for agents.
Result<Keys> load_keys(const Config& config, WallTime now);

// Fills `hosts` from the store, by several threads, and returns what the committer goes on from.
Result<CommitterStart> recall(const HostRows& store, HostTable& hosts);

// The policies that were applied, over the configured one, with the baselines of the store.
Result<std::unique_ptr<PoliciesInForce>> recall_policies(const History& store,
                                                         const Policy& configured);

}  // namespace quotemill::daemon
