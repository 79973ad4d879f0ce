// The commands, one file per family. Each asks the daemon, prints, and returns its exit code; none
// knows of CLI11 (deploy/quotemill/cli.cc) or of sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/quotemill/session.h"
#include "engine/base/time.h"

namespace quotemill::cli {

// hosts.cc
struct HostsOptions {
  std::string state = {};   // empty: all
  bool is_retired = false;  // retired and denied ones instead
};

Exit run_hosts(Session& session, const HostsOptions& options);

struct HostOptions {
  std::string host = {};
  std::optional<WallTime> at = {};  // what it was then; none: now
};

Exit run_host(Session& session, const HostOptions& options);

// All that shows what the appraisal of then rests on, as one JSON file on standard output.
Exit run_bundle(Session& session, const HostOptions& options);

struct HistoryOptions {
  std::string host = {};
  std::uint64_t limit = 20;
  std::uint64_t before = 0;
  std::optional<WallTime> since = {};
  std::optional<WallTime> until = {};
  std::string state = {};  // empty: all
};

Exit run_history(Session& session, const HistoryOptions& options);

// actions.cc
struct ReattestOptions {
  std::vector<std::string> hosts = {};  // names or uids; of a wave: a selector's terms
  bool is_all = false;
  std::uint64_t rate = 0;        // challenges a second; 0: at once
  std::int64_t deadline_ms = 0;  // 0: a minute after the last challenge
};

Exit run_reattest(Session& session, const ReattestOptions& options);

// reattest_wave.cc
// Whether the options ask for a wave, which is followed until its end.
bool is_wave(const ReattestOptions& options);
Exit run_reattest_wave(Session& session, const ReattestOptions& options);

// reappraise.cc
struct ReappraiseOptions {
  std::vector<std::string> files = {};  // policies: as if they were applied; or applied first
  std::string selector = {};            // empty: all hosts
  bool checks_signatures = false;
  bool is_resume = false;
  bool is_stop = false;
  bool is_status = false;
};

Exit run_reappraise(Session& session, const ReappraiseOptions& options);

// actions.cc
Exit run_retire(Session& session, const std::string& host);

struct NamedOptions {
  std::string host = {};
  std::string name = {};  // empty: the one it has, or asks for
};

Exit run_restore(Session& session, const NamedOptions& options);

struct LabelOptions {
  std::string host = {};
  std::vector<std::string> labels = {};  // "key=value" sets, "key-" takes away
};

Exit run_label(Session& session, const LabelOptions& options);

struct MaintenanceOptions {
  std::string host = {};
  std::int64_t for_ms = 3'600'000;
  bool is_over = false;
};

Exit run_maintenance(Session& session, const MaintenanceOptions& options);

struct AcknowledgeOptions {
  std::string host = {};
  std::string finding = {};  // a code; empty: all that latched
  std::string reason = {};
  std::uint64_t seen = 0;  // nothing that a later attestation found; 0: whatever there is
};

Exit run_acknowledge(Session& session, const AcknowledgeOptions& options);
Exit run_pending_approve(Session& session, const NamedOptions& options);
Exit run_pending_deny(Session& session, const std::string& host);

// watch.cc
struct WatchOptions {
  std::optional<std::uint64_t> from = {};  // none: what comes from now on
  bool is_endless = true;                  // tests: ends when there is nothing more
};

Exit run_watch(Session& session, const WatchOptions& options);

// status.cc
Exit run_status(Session& session);

// store.cc
Exit run_store_check(Session& session);
Exit run_backup(Session& session, const std::string& folder);

// baseline.cc
struct CaptureOptions {
  std::string host = {};
  std::string name;
};

Exit run_baseline_capture(Session& session, const CaptureOptions& options);
Exit run_baseline_list(Session& session);

// A baseline as it is named on the command line: NAME, for the version in use, or NAME@VERSION.
Exit run_baseline_show(Session& session, const std::string& baseline);
Exit run_baseline_diff(Session& session, const std::string& from, const std::string& to);
Exit run_baseline_retire(Session& session, const std::string& baseline);
// Byte for byte as it was imported, to standard output.
Exit run_baseline_export(Session& session, const std::string& baseline);

// rollout.cc
struct RolloutOptions {
  std::string name = {};
  std::string from = {};  // NAME or NAME@VERSION, as `to`
  std::string to = {};
  std::vector<std::string> hosts = {};
  std::vector<std::string> names = {};
  std::vector<std::string> labels = {};
  std::vector<std::string> waves = {};
  bool is_all = false;
  bool opens_wave = false;
  std::int64_t wave_every_ms = 0;
  std::int64_t for_ms = 0;
  std::optional<WallTime> deadline = {};
};

Exit run_rollout_start(Session& session, const RolloutOptions& options);
Exit run_rollout_extend(Session& session, const RolloutOptions& options);
Exit run_rollout_promote(Session& session, const RolloutOptions& options);
Exit run_rollout_abort(Session& session, const RolloutOptions& options);
Exit run_rollout_status(Session& session, const RolloutOptions& options);
Exit run_rollout_list(Session& session);

struct MineOptions {
  std::vector<std::string> pcrs = {};
  std::string group = {};
  std::vector<std::string> as = {};  // name, and version if one is wanted
};

Exit run_mine(Session& session, const MineOptions& options);
Exit run_mine_promote(Session& session, const MineOptions& options);

// baseline_import.cc
struct BaselineImportOptions {
  std::vector<std::string> files = {};  // one, or packages
  std::vector<std::string> as = {};     // name, and version if one is wanted
  std::string format = {};              // empty: told from the content
};

Exit run_baseline_import(Session& session, const BaselineImportOptions& options);

// images.cc
struct ImageImportOptions {
  std::vector<std::string> files = {};  // an image database, a bundle, or VIBs
  std::vector<std::string> as = {};     // name, and version if one is wanted
  std::string profile = {};             // of a bundle with several
};

Exit run_images_import(Session& session, const ImageImportOptions& options);
Exit run_images_list(Session& session);
Exit run_images_show(Session& session, const std::string& image);
Exit run_images_approve(Session& session, const std::string& image);

// policy.cc
Exit run_policy_check(Session& session, const std::vector<std::string>& files);

struct PolicyOptions {
  std::vector<std::string> files = {};
  std::string id = {};  // history: empty for all
  std::uint64_t number = 0;
  bool may_go_back = false;
};

Exit run_policy_apply(Session& session, const PolicyOptions& options);
// What applying the files would do to the hosts.
Exit run_policy_test(Session& session, const PolicyOptions& options);
Exit run_policy_withdraw(Session& session, const PolicyOptions& options);
Exit run_policy_list(Session& session);
Exit run_policy_show(Session& session, const PolicyOptions& options);
Exit run_policy_history(Session& session, const PolicyOptions& options);

// admission.cc
struct TokenOptions {
  std::uint64_t count = 1;  // hosts that it may enrol
  std::int64_t ttl_ms = 3'600'000;
};

Exit run_token_create(Session& session, const TokenOptions& options);
Exit run_token_list(Session& session);
Exit run_pending_list(Session& session);

// audit.cc
struct AuditOptions {
  std::uint64_t limit = 50;  // the newest ones
  bool is_check = false;     // whether the trail is whole
};

Exit run_audit(Session& session, const AuditOptions& options);

// inventory.cc
Exit run_inventory_import(Session& session, const std::string& file);
Exit run_inventory_list(Session& session);
Exit run_inventory_remove(Session& session, const std::string& host);

// import.cc
struct ImportOptions {
  std::string file = {};
  bool is_dry_run = false;  // only says what is wrong
};

Exit run_import(Session& session, const ImportOptions& options);

}  // namespace quotemill::cli
