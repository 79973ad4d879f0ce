#include "deploy/quotemilld/startup.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "deploy/common/endpoint_start.h"
#include "deploy/quotemilld/key_files.h"
#include "engine/crypto/random.h"

namespace quotemill::daemon {
namespace {

Result<std::uint64_t> random_seed() {
  const Result<Bytes> random = random_bytes(sizeof(std::uint64_t));
  if (!random) {
    return random.error();
  }
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : *random) {
    seed = seed << 8U | byte;
  }
  return seed;
}

// The newest of all stored times: store time never goes back, whatever the wall clock did.
WallTime newest_time(const HostRecord& record, const std::optional<HostState>& state) {
  WallTime newest = record.enrolled;
  if (state) {
    newest = std::max({newest, state->judged, state->since});
  }
  return newest;
}

}  // namespace

Result<Keys> load_keys(const Config& config, WallTime now) {
  const std::string& folder = config.state.folder;
  const Result<transport::CurveKeyPair> server = program::load_channel_keys(folder, "server");
  if (!server) {
    return server.error();
  }
  Result<NonceAuthority::Keys> nonces = load_nonce_keys(folder, now);
  if (!nonces) {
    return nonces.error();
  }
  return Keys{*server, *nonces};
}

Result<CommitterStart> recall(const History& store, HostTable& hosts) {
  CommitterStart start;
  const Result<void> read =
      store.for_each_host([&](HostRecord record, std::optional<HostState> state) {
        start.last_time = std::max(start.last_time, newest_time(record, state));
        hosts.put(std::make_shared<const HostRecord>(std::move(record)));
        if (state) {
          hosts.put_state(std::make_shared<const HostState>(std::move(*state)));
        }
      });
  if (!read) {
    return read.error();
  }
  Result<std::vector<TokenRecord>> tokens = store.tokens();
  const Result<AuditHead> audit = store.audit_head();
  const Result<StoreStatus> status = store.status();
  const Result<std::uint64_t> seed = random_seed();
  if (!tokens) {
    return tokens.error();
  }
  if (!audit) {
    return audit.error();
  }
  if (!status) {
    return status.error();
  }
  if (!seed) {
    return seed.error();
  }
  start.tokens = std::move(*tokens);
  start.audit = *audit;
  start.stream_id = status->stream_id;
  start.last_change = status->last_change;
  start.seed = *seed;
  return start;
}

Result<std::unique_ptr<PoliciesInForce>> recall_policies(const History& store,
                                                         const Policy& configured) {
  Result<std::vector<std::shared_ptr<const Baseline>>> baselines = store.baselines();
  if (!baselines) {
    return baselines.error();
  }
  Result<std::vector<std::shared_ptr<const PolicyRecord>>> applied = store.policies();
  if (!applied) {
    return applied.error();
  }
  Result<Rollouts> rollouts = store.rollouts();
  if (!rollouts) {
    return rollouts.error();
  }
  return PoliciesInForce::create(configured, *std::move(applied), *std::move(baselines),
                                 *std::move(rollouts));
}

}  // namespace quotemill::daemon
