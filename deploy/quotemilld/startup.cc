#include "deploy/quotemilld/startup.h"

#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <thread>
#include <utility>
#include <vector>

#include "deploy/common/endpoint_start.h"
#include "deploy/quotemilld/key_files.h"
#include "engine/crypto/random.h"
#include "engine/pipeline/host_filler.h"

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

// One part of the hosts; the newest of all their times: store time never goes back, whatever the
// wall clock did.
Result<WallTime> recall_part(const HostRows& store, std::uint32_t part, std::uint32_t parts,
                             HostTable& hosts) {
  WallTime newest;
  HostFiller filler(hosts);
  const Result<void> read = store.for_each_host_row(
      part, parts,
      [&](const HostRow& row) {
        newest = std::max({newest, row.enrolled, row.state.judged, row.state.since});
        return filler.put(row);
      },
      [&](HostRecord record, std::optional<HostState> state) {
        newest = std::max(newest, record.enrolled);
        if (state) {
          newest = std::max({newest, state->judged, state->since});
        }
        filler.put(std::move(record), std::move(state));
      });
  if (!read) {
    return read.error();
  }
  filler.finish();
  return newest;
}

// All hosts, by as many threads as there are processors: most of it is decoding.
Result<WallTime> recall_hosts(const HostRows& store, HostTable& hosts) {
  const std::uint32_t parts = std::max(1U, std::thread::hardware_concurrency());
  std::vector<Result<WallTime>> newest(parts, WallTime());
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t part = 1; part < parts; ++part) {
      threads.emplace_back([&, part] { newest[part] = recall_part(store, part, parts, hosts); });
    }
    newest[0] = recall_part(store, 0, parts, hosts);
  }
  WallTime last;
  for (const Result<WallTime>& of_part : newest) {
    if (!of_part) {
      return of_part.error();
    }
    last = std::max(last, *of_part);
  }
  hosts.settle_names();
  ::malloc_trim(0);  // what decoding took is free, in each thread's arena, and not needed again
  return last;
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

Result<CommitterStart> recall(const HostRows& store, HostTable& hosts) {
  CommitterStart start;
  const Result<WallTime> last_time = recall_hosts(store, hosts);
  if (!last_time) {
    return last_time.error();
  }
  start.last_time = *last_time;
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
  const Result<std::vector<Change>> newest = store.changes(status->last_change, 1);
  if (!newest) {
    return newest.error();
  }
  if (!newest->empty()) {
    start.chain = id_of(newest->back());
  }
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
