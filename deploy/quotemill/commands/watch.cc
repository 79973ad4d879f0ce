#include <chrono>
#include <ostream>
#include <thread>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

constexpr int kWaitMs = 20'000;
constexpr int kRetriesMax = 30;  // one a second: a daemon that restarts is back by then

// The sequence to begin with; null after an error.
std::optional<std::uint64_t> first_sequence(Session& session, const WatchOptions& options) {
  if (options.from) {
    return *options.from;
  }
  const std::optional<Json> status = session.ask("status");
  if (!status) {
    return std::nullopt;
  }
  const Json last = at(at(*status, "store"), "last_change");
  return last.is_number() ? last.get<std::uint64_t>() + 1 : 1;
}

// What a sentence says, a field each.
void print_plain(const Session& session, const Json& change) {
  const Json reasons = at(change, "reasons");
  const Json why = reasons.is_array() && !reasons.empty() ? reasons.front() : Json(nullptr);
  Table table({"SEQ", "TIME", "HOST", "FROM", "TO", "CODE", "WHY"});
  table.add({{text_at(change, "seq")},
             {text_at(change, "time")},
             {text_at(at(change, "host"), "name")},
             {text_at(change, "prev")},
             {text_at(change, "new")},
             {text_at(why, "code")},
             {text_at(why, "message")}});
  table.print(session.out(), session.style());
}

void print_change(const Session& session, const Json& change) {
  // For people on a terminal; everybody else gets the event as it leaves on the stream.
  if (session.settings().is_plain) {
    print_plain(session, change);
  } else if (session.settings().json || session.style().width == 0) {
    session.print_event(change);
  } else {
    const std::string state = text_at(change, "new");
    const Json reasons = at(change, "reasons");
    session.out() << time_of(at(change, "time")) << "  " << text_at(at(change, "host"), "name")
                  << "  " << text_at(change, "prev") << " -> "
                  << coloured({state, colour_of_state(state)}, session.style());
    if (at(change, "maintenance") == true) {
      session.out() << "  (maintenance)";
    }
    if (reasons.is_array() && !reasons.empty()) {
      session.out() << "  " << text_at(reasons.front(), "code") << ": "
                    << text_at(reasons.front(), "message");
    }
    session.out() << '\n';
  }
  session.out().flush();
}

// Where it is: the next change, and the stream that it is of. "": not known yet.
struct Place {
  std::uint64_t from = 1;
  std::string stream;
};

// The next changes; null after an error that trying again does not help. A daemon that comes back
// with the store of a backup names it.
std::optional<Json> next_changes(Session& session, const Place& place, bool is_patient) {
  Json args = {{"from", place.from}, {"wait_ms", is_patient ? kWaitMs : 0}};
  if (!place.stream.empty()) {
    args["stream"] = place.stream;
  }
  for (int retry = 0;; ++retry) {
    transport::ControlAnswer answer = session.try_ask("changes", args, kWaitMs);
    if (auto* changes = std::get_if<Json>(&answer)) {
      return std::move(*changes);
    }
    const auto& error = std::get<transport::ControlError>(answer);
    if (!error.is_unreachable || !is_patient || retry == kRetriesMax) {
      session.fail(error);
      return std::nullopt;
    }
    if (retry == 0) {
      session.note(error.message + "; trying again");
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace

Exit run_watch(Session& session, const WatchOptions& options) {
  const std::optional<std::uint64_t> first = first_sequence(session, options);
  if (!first) {
    return session.exit();
  }
  bool is_patient = false;  // not before the daemon answered once
  for (Place place{*first, {}};;) {
    const std::optional<Json> answer = next_changes(session, place, is_patient);
    if (!answer) {
      return session.exit();
    }
    const Json changes = at(*answer, "changes");
    for (const Json& change : changes) {
      print_change(session, change);
    }
    if (!options.is_endless && changes.empty()) {
      return Exit::kFine;
    }
    const Json next = at(*answer, "next");
    place.from = next.is_number() ? next.get<std::uint64_t>() : place.from;
    place.stream = text_at(*answer, "stream");
    is_patient = options.is_endless;
  }
}

}  // namespace quotemill::cli
