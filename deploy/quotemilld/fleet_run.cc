#include "deploy/quotemilld/fleet_run.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <utility>

#include "deploy/quotemilld/give_way.h"
#include "deploy/quotemilld/limits.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "transport/files/private_file.h"

namespace quotemill::daemon {

using transport::Json;

namespace {

constexpr std::size_t kPage = 4'096;  // hosts between two looks at the position
constexpr std::int64_t kKeepEveryMs = 500;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

FleetRuns::FleetRuns(FleetRunParts parts) : parts_(std::move(parts)) {
  recall_position();
}

FleetRuns::~FleetRuns() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

Result<std::uint64_t> FleetRuns::start(const RunRequest& request, const KeepAct& keep) {
  Progress fresh;
  fresh.kind = request.kind;
  fresh.selector = request.selector;
  fresh.by = request.by;
  fresh.checks_signatures = request.signatures == StoredSignatures::kChecked;
  return begin(request, fresh, keep);
}

Result<std::uint64_t> FleetRuns::resume(const KeepAct& keep) {
  Progress from;
  {
    const std::lock_guard lock(mutex_);
    if (!interrupted_) {
      return Error{ErrorCode::kNotFound, "reappraise", 0, "none is interrupted"};
    }
    from = *interrupted_;
  }
  from.done_before = from.done;
  RunRequest request;
  request.kind = RunKind::kReal;
  request.selector = from.selector;
  request.by = from.by;
  request.signatures =
      from.checks_signatures ? StoredSignatures::kChecked : StoredSignatures::kBelieved;
  return begin(request, from, keep);
}

Result<std::uint64_t> FleetRuns::begin(const RunRequest& request, const Progress& from,
                                       const KeepAct& keep) {
  HostSelector selector;
  if (!request.selector.empty()) {
    Result<HostSelector> parsed = parse_selector(request.selector);
    if (!parsed) {
      return parsed.error();
    }
    selector = *std::move(parsed);
  }
  if (!selects_any(selector)) {
    return Error{ErrorCode::kNotFound, "hosts", 0, "none is selected"};
  }
  const std::lock_guard lock(mutex_);
  if (progress_.state == State::kRunning) {
    return Error{ErrorCode::kConflict, "reappraise", 0,
                 "one is running: --stop ends it, --status shows it"};
  }
  if (const Result<void> kept = keep ? keep() : Result<void>(); !kept) {
    return kept.error();
  }
  if (request.kind == RunKind::kReal) {
    interrupted_.reset();
  }
  if (thread_.joinable()) {
    thread_.join();  // it has ended
  }
  const std::uint64_t number = progress_.number + 1;
  progress_ = from;
  progress_.number = number;
  progress_.state = State::kRunning;
  progress_.error.clear();
  if (const Result<void> kept = request.kind == RunKind::kReal ? keep_position() : Result<void>();
      !kept) {
    progress_.state = State::kFailed;
    progress_.error = kept.error().to_string();
    interrupted_ = progress_;
    return kept.error();
  }
  stop_ = false;
  begun_ms_ = now_ms();
  thread_ =
      std::thread([this, request, selector = std::move(selector)] { run(request, selector); });
  return number;
}

bool FleetRuns::selects_any(const HostSelector& selector) const {
  bool is_there = false;
  parts_.hosts.glance({}, [&](const HostGlance& host) {
    is_there = selector.matches(host.traits());
    return !is_there;
  });
  return is_there;
}

Result<void> FleetRuns::interrupt() {
  const std::lock_guard lock(mutex_);
  if (progress_.state != State::kRunning) {
    return Error{ErrorCode::kNotFound, "reappraise", 0, "none is running"};
  }
  stop_ = true;
  return {};
}

void FleetRuns::run(const RunRequest& request, const HostSelector& selector) {
  give_way();
  const Result<void> done = work_through(request, selector);
  if (!done) {
    end(State::kFailed, done.error().to_string());
  } else {
    end(stop_ ? State::kInterrupted : State::kDone, {});
  }
}

void FleetRuns::end(State state, std::string error) {
  const std::lock_guard lock(mutex_);
  progress_.state = state;
  progress_.error = std::move(error);
  progress_.elapsed_ms = now_ms() - begun_ms_;
  if (progress_.kind == RunKind::kReal && state == State::kDone) {
    forget_position();
  } else if (progress_.kind == RunKind::kReal) {
    interrupted_ = progress_;
    (void)keep_position().has_value();  // else the one before counts: some are judged twice
  }
}

Result<void> FleetRuns::work_through(const RunRequest& request, const HostSelector& selector) {
  while (!stop_) {
    const Result<bool> is_complete = pass(request, selector);
    if (!is_complete) {
      return is_complete.error();
    }
    if (*is_complete) {
      break;
    }
  }
  return {};
}

// From the position on, under one set of policies. False if it was stopped, or must begin anew.
Result<bool> FleetRuns::pass(const RunRequest& request, const HostSelector& selector) {
  const bool is_real = request.kind == RunKind::kReal;
  const std::shared_ptr<const PolicySet> policies =
      is_real ? parts_.policies.current() : request.policies;
  go_on_under(*policies);
  std::string after = position();
  Result<std::shared_ptr<const LogClasses>> logs = tell_logs(selector, after);
  if (!logs) {
    return logs.error();
  }
  FleetReappraisal fleet({policies, parts_.server_key, parts_.history, *logs, request.signatures});
  JudgingThreads work({fleet, selector, !is_real}, threads());
  while (!stop_) {
    const std::vector<KeptHost> page = parts_.hosts.kept(after, kPage);
    if (page.empty()) {
      return true;
    }
    after = page.back().name();
    JudgedPage judged = work.judge(page);
    const Result<ReappraisalCommit> committed = commit(std::exchange(judged.differing, {}));
    if (!committed) {
      return committed.error();
    }
    const bool begins_anew = is_real && parts_.policies.current()->id() != policies->id();
    const std::lock_guard lock(mutex_);
    note(judged, *committed);
    progress_.after = after;
    progress_.logs_judged = fleet.logs_judged();
    if (begins_anew) {
      begin_anew();
    }
    if (is_real && (begins_anew || now_ms() - kept_ms_ >= kKeepEveryMs)) {
      kept_ms_ = now_ms();
      if (const Result<void> kept = keep_position(); !kept) {
        return kept.error();
      }
    }
    if (begins_anew) {
      return false;
    }
  }
  return false;
}

// Hosts that were judged under another set, before an interruption, are judged again.
void FleetRuns::go_on_under(const PolicySet& policies) {
  const std::string id = to_hex(policies.id());
  const std::lock_guard lock(mutex_);
  if (!progress_.after.empty() && progress_.judged_by != id) {
    begin_anew();
  }
  progress_.judged_by = id;
}

// REQUIRES: the mutex
void FleetRuns::begin_anew() {
  progress_.after.clear();
  progress_.done = 0;
  progress_.done_before = 0;
  progress_.tally = {};
  ++progress_.begun_anew;
}

unsigned FleetRuns::threads() const {
  return parts_.threads != 0 ? parts_.threads : std::max(1U, std::thread::hardware_concurrency());
}

std::string FleetRuns::position() const {
  const std::lock_guard lock(mutex_);
  return progress_.after;
}

Result<std::shared_ptr<const LogClasses>> FleetRuns::tell_logs(const HostSelector& selector,
                                                               const std::string& after) {
  std::uint64_t selected = 0;
  std::vector<Digest> ids = logs_of(parts_.hosts, after, [&](const HostGlance& host) {
    const bool is_wanted = selector.matches(host.traits());
    selected += is_wanted ? 1U : 0U;
    return is_wanted;
  });
  Result<LogClasses> logs = LogClasses::of(std::move(ids), parts_.history, threads());
  if (!logs) {
    return logs.error();
  }
  const std::lock_guard lock(mutex_);
  progress_.hosts = progress_.done + selected;
  progress_.distinct_logs = logs->count();
  return std::make_shared<const LogClasses>(*std::move(logs));
}

Result<ReappraisalCommit> FleetRuns::commit(std::vector<ReappraisedHost> differing) {
  ReappraisalCommit sum;
  for (auto begin = differing.begin(); begin != differing.end();) {
    const auto left = static_cast<std::size_t>(differing.end() - begin);
    const auto end =
        begin + static_cast<std::ptrdiff_t>(std::min<std::size_t>(left, limits::kBatchItemsMax));
    const Result<ReappraisalCommit> done =
        parts_.commit({std::make_move_iterator(begin), std::make_move_iterator(end)});
    if (!done) {
      return done.error();
    }
    sum.changed += done->changed;
    sum.rewritten += done->rewritten;
    sum.overtaken += done->overtaken;
    begin = end;
  }
  return sum;
}

// REQUIRES: the mutex
void FleetRuns::note(const JudgedPage& page, const ReappraisalCommit& committed) {
  progress_.tally.add(page.tally);
  progress_.done += page.hosts;
  progress_.committed.changed += committed.changed;
  progress_.committed.rewritten += committed.rewritten;
  progress_.committed.overtaken += committed.overtaken;
}

// REQUIRES: the mutex
Result<void> FleetRuns::keep_position() const {
  if (parts_.position_file.empty()) {
    return {};
  }
  const Progress& now = progress_;
  const Json position = {{"selector", now.selector},
                         {"by", now.by},
                         {"after", now.after},
                         {"judged_by", now.judged_by},
                         {"signatures", now.checks_signatures},
                         {"done", now.done}};
  return transport::replace_private_file(parts_.position_file,
                                         as_bytes(transport::to_line(position)));
}

void FleetRuns::forget_position() const {
  if (!parts_.position_file.empty()) {
    (void)std::remove(parts_.position_file.c_str());
  }
}

void FleetRuns::recall_position() {
  if (parts_.position_file.empty()) {
    return;
  }
  const Result<std::optional<Bytes>> file =
      transport::read_private_file(parts_.position_file, limits::kRunPositionSizeMax);
  if (!file || !file->has_value()) {
    return;
  }
  const Json position = Json::parse(as_text(**file), nullptr, false);
  const auto text = [&position](const char* name) {
    const auto found = position.find(name);
    return found != position.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
  };
  if (!position.is_object() || !position.contains("after")) {
    return;  // damaged: nobody knows over which hosts it went
  }
  progress_.kind = RunKind::kReal;
  progress_.state = State::kInterrupted;
  progress_.selector = text("selector");
  progress_.by = text("by");
  progress_.after = text("after");
  progress_.judged_by = text("judged_by");
  progress_.checks_signatures = position.value("signatures", Json(false)) == true;
  const Json done = position.value("done", Json(0));
  progress_.done = done.is_number_unsigned() ? done.get<std::uint64_t>() : 0;
  progress_.hosts = progress_.done;
  interrupted_ = progress_;
}

Json FleetRuns::status() const {
  static constexpr std::array kStates = {"none", "running", "done", "interrupted", "failed"};
  const std::lock_guard lock(mutex_);
  const Progress& now = progress_;
  const bool is_running = now.state == State::kRunning;
  const std::int64_t elapsed = is_running ? now_ms() - begun_ms_ : now.elapsed_ms;
  const std::uint64_t here = now.done - std::min(now.done, now.done_before);
  const double rate =
      elapsed > 0 ? static_cast<double>(here) * 1e3 / static_cast<double>(elapsed) : 0;
  const std::uint64_t left = now.hosts > now.done ? now.hosts - now.done : 0;
  return {{"run", now.number},
          {"kind", now.kind == RunKind::kReal ? "real" : "what_if"},
          {"state", kStates.at(static_cast<std::size_t>(now.state))},
          {"error", now.error.empty() ? Json(nullptr) : Json(printable(now.error))},
          {"selector", printable(now.selector)},
          {"by", printable(now.by)},
          {"hosts", now.hosts},
          {"done", now.done},
          {"per_second", static_cast<std::uint64_t>(rate)},
          {"elapsed_ms", elapsed},
          {"remaining_ms", is_running && rate > 0 ? Json(static_cast<std::uint64_t>(
                                                        static_cast<double>(left) * 1e3 / rate))
                                                  : Json(nullptr)},
          {"distinct_logs", now.distinct_logs},
          {"logs_judged", now.logs_judged},
          {"begun_anew", now.begun_anew},
          {"changed", now.committed.changed},
          {"rewritten", now.committed.rewritten},
          {"overtaken", now.committed.overtaken},
          {"blast", render_blast(now.tally.result())},
          {"interrupted", interrupted_ ? Json{{"selector", printable(interrupted_->selector)},
                                              {"by", printable(interrupted_->by)},
                                              {"done", interrupted_->done}}
                                       : Json(nullptr)}};
}

}  // namespace quotemill::daemon
