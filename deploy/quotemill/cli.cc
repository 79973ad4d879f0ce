#include "deploy/quotemill/cli.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "deploy/quotemill/commands/commands.h"
#include "engine/base/text.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::cli {

namespace {

constexpr std::int64_t kTokenTtlMsMax = 366LL * 24 * 3600 * 1000;  // the daemon's bound

// Examples come first: they are kept in the footer, which CLI11 would print last.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(28); }

  std::string make_description(const CLI::App* app) const override {
    std::string text = app->get_description() + "\n\n";
    if (!app->get_footer().empty()) {
      text += "Examples:\n" + app->get_footer() + "\n";
    }
    return text;
  }

  std::string make_footer(const CLI::App* /*app*/) const override { return {}; }
};

// Values that options are parsed into. Shared by the command, which runs after the parser is gone.
struct Options {
  HostsOptions hosts;
  HistoryOptions history;
  WatchOptions watch;
  std::uint64_t watch_from = 0;
  ReattestOptions reattest;
  CaptureOptions capture;
  TokenOptions token;
  ImportOptions import;
  std::string ttl = "1h";
  NamedOptions named;
  std::string host;
  std::string file;
};

using Command = std::function<Exit(Session&)>;

class CommandLine {
 public:
  explicit CommandLine(Settings& settings);

  CLI::App& app() { return app_; }

  [[nodiscard]] Command command() const { return command_; }

 private:
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& what,
                const std::string& examples);
  void runs(CLI::App* command, std::function<Exit(Session&, const Options&)> run);
  void add_global(Settings& settings);
  void add_questions();
  void add_actions();
  void add_baselines();
  void add_admission();

  CLI::App app_{"Operate Quotemill: ask which hosts are trusted, and why."};
  std::shared_ptr<Options> options_ = std::make_shared<Options>();
  Command command_;
};

CommandLine::CommandLine(Settings& settings) {
  app_.name("quotemill");
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.footer(
      "  quotemill hosts --state failed      which hosts failed, and why\n"
      "  quotemill host web-01               everything about one host\n"
      "  quotemill watch --json              changes of trust, as they happen\n"
      "\nExit codes: 0 fine, 1 error, 2 usage, 3 failed hosts, 4 stale or unknown hosts,\n"
      "5 daemon unreachable, 6 denied, 130 interrupted");
  app_.set_version_flag("--version", QUOTEMILL_VERSION);
  app_.fallthrough();
  app_.require_subcommand(1);
  add_global(settings);
  add_questions();
  add_actions();
  add_baselines();
  add_admission();
}

CLI::App* CommandLine::add(CLI::App& parent, const std::string& name, const std::string& what,
                           const std::string& examples) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->footer(examples);
  return command;
}

void CommandLine::runs(CLI::App* command, std::function<Exit(Session&, const Options&)> run) {
  command->callback([this, run = std::move(run)] {
    command_ = [options = options_, run](Session& session) { return run(session, *options); };
  });
}

void CommandLine::add_global(Settings& settings) {
  app_.add_option("--socket", settings.socket, "the daemon's control socket")
      ->envname("QUOTEMILL_SOCKET")
      ->capture_default_str();
  CLI::Option* json = app_.add_flag("--json", settings.json, "print JSON");
  app_.add_flag("--plain", settings.is_plain, "for scripts: fields between tabs, no headers")
      ->excludes(json);
  app_.add_flag("--no-color,--no-colour", settings.no_colour, "no colours (also: NO_COLOR)");
  CLI::Option* quiet =
      app_.add_flag("-q,--quiet", settings.is_quiet, "data only: no headers, no remarks");
  app_.add_flag("-y,--yes", settings.is_confirmed, "answer yes instead of being asked");
  app_.add_flag("-v,--verbose", settings.is_verbose, "say what the daemon is asked, and how long")
      ->excludes(quiet);
}

void CommandLine::add_questions() {
  Options& options = *options_;
  CLI::App* status = add(app_, "status", "Count hosts by state; show policy and store",
                         "  quotemill status\n  quotemill status --json");
  runs(status, [](Session& session, const Options&) { return run_status(session); });

  CLI::App* hosts = add(app_, "hosts", "List hosts with their state and why",
                        "  quotemill hosts\n  quotemill hosts --state failed");
  hosts->add_option("--state", options.hosts.state, "only hosts in this state")
      ->check(CLI::IsMember({"trusted", "warning", "failed", "stale", "unknown"}));
  hosts->add_flag("--retired", options.hosts.is_retired, "retired and denied ones instead");
  runs(hosts, [](Session& session, const Options& o) { return run_hosts(session, o.hosts); });

  CLI::App* host = add(app_, "host", "Show one host: state, findings with remedies, identity",
                       "  quotemill host web-01\n  quotemill host web-01 --json");
  host->add_option("HOST", options.host, "name or uid")->required();
  runs(host, [](Session& session, const Options& o) { return run_host(session, o.host); });

  CLI::App* history = add(app_, "history", "Show a host's appraisals, newest first",
                          "  quotemill history web-01 --limit 50");
  history->add_option("HOST", options.history.host, "name or uid")->required();
  history
      ->add_option("--limit", options.history.limit,
                   "how many; those in a row that say the same are one")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  history->add_option("--before", options.history.before,
                      "only those that begin before this sequence");
  runs(history, [](Session& session, const Options& o) { return run_history(session, o.history); });

  CLI::App* watch = add(app_, "watch", "Follow changes of trust (JSON lines unless on a terminal)",
                        "  quotemill watch\n  quotemill watch --from 1 --json > changes.jsonl");
  watch->add_option("--from", options.watch_from, "begin with this sequence")
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  runs(watch, [](Session& session, const Options& o) {
    WatchOptions wanted = o.watch;
    if (o.watch_from != 0) {
      wanted.from = o.watch_from;
    }
    return run_watch(session, wanted);
  });
}

void CommandLine::add_actions() {
  Options& options = *options_;
  CLI::App* reattest = add(app_, "reattest", "Challenge hosts now",
                           "  quotemill reattest web-01 web-02\n  quotemill reattest --all");
  reattest->add_option("HOST", options.reattest.hosts, "names or uids");
  reattest->add_flag("--all", options.reattest.is_all, "all hosts");
  runs(reattest,
       [](Session& session, const Options& o) { return run_reattest(session, o.reattest); });

  CLI::App* retire = add(app_, "retire", "End a host's life: it may not attest, its name is free",
                         "  quotemill retire web-01");
  retire->add_option("HOST", options.host, "name or uid")->required();
  runs(retire, [](Session& session, const Options& o) { return run_retire(session, o.host); });

  CLI::App* restore = add(app_, "restore", "Bring a retired or denied host back",
                          "  quotemill restore web-01\n  quotemill hosts --retired");
  restore->add_option("HOST", options.named.host, "uid, or the name if only one had it")
      ->required();
  restore->add_option("--name", options.named.name, "call it so, if its name is taken");
  runs(restore, [](Session& session, const Options& o) { return run_restore(session, o.named); });

  CLI::App* policy = add(app_, "policy", "Policies", "  quotemill policy check policy.toml");
  policy->require_subcommand(1);
  CLI::App* check = add(*policy, "check", "Say what is wrong with a policy file",
                        "  quotemill policy check /etc/quotemill/policy.toml");
  check->add_option("FILE", options.file, "TOML")->required();
  runs(check, [](Session& session, const Options& o) { return run_policy_check(session, o.file); });
}

void CommandLine::add_baselines() {
  Options& options = *options_;
  CLI::App* baseline = add(app_, "baseline", "Reference values that hosts are compared with",
                           "  quotemill baseline capture web-01 --name golden");
  baseline->require_subcommand(1);
  CLI::App* capture = add(*baseline, "capture", "Take what a golden host booted as reference",
                          "  quotemill baseline capture web-01 --name golden");
  capture->add_option("HOST", options.capture.host, "name or uid")->required();
  capture->add_option("--name", options.capture.name, "of the baseline, as policies name it")
      ->required();
  runs(capture,
       [](Session& session, const Options& o) { return run_baseline_capture(session, o.capture); });
  CLI::App* list = add(*baseline, "list", "List baselines", "  quotemill baseline list");
  runs(list, [](Session& session, const Options&) { return run_baseline_list(session); });
}

void CommandLine::add_admission() {
  Options& options = *options_;
  CLI::App* token = add(app_, "token", "Tokens that let hosts enrol by themselves",
                        "  quotemill token create --count 20 --ttl 1h");
  token->require_subcommand(1);
  CLI::App* create = add(*token, "create", "Make a token, and print it this once",
                         "  quotemill token create --count 20 --ttl 1h > token");
  create->add_option("--count", options.token.count, "how many hosts it may enrol")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  create->add_option("--ttl", options.ttl, "how long it is good: 30m, 12h, 7d")
      ->capture_default_str()
      ->check([](const std::string& text) {
        const std::optional<std::int64_t> ms = parse_duration_ms(text);
        return ms && *ms > 0 && *ms <= kTokenTtlMsMax
                   ? std::string()
                   : "'" + text + "' is no duration such as 30m, 12h, 7d, of at most 366d";
      });
  runs(create, [](Session& session, const Options& o) {
    TokenOptions wanted = o.token;
    wanted.ttl_ms = parse_duration_ms(o.ttl).value_or(wanted.ttl_ms);
    return run_token_create(session, wanted);
  });
  CLI::App* list = add(*token, "list", "List tokens, not their texts", "  quotemill token list");
  runs(list, [](Session& session, const Options&) { return run_token_list(session); });

  CLI::App* import =
      add(app_, "import", "Add hosts whose identity no TPM proved, from a file",
          "  quotemill import --dry-run hosts.jsonl\n  quotemill import hosts.jsonl");
  import->add_option("FILE", options.import.file, "JSON lines, one host each")->required();
  import->add_flag("--dry-run", options.import.is_dry_run, "only say what is wrong with it");
  runs(import, [](Session& session, const Options& o) { return run_import(session, o.import); });

  CLI::App* pending = add(app_, "pending", "Hosts with a genuine TPM that wait to be admitted",
                          "  quotemill pending list\n  quotemill pending approve UID");
  pending->require_subcommand(1);
  CLI::App* waiting = add(*pending, "list", "List them", "  quotemill pending list");
  runs(waiting, [](Session& session, const Options&) { return run_pending_list(session); });
  CLI::App* approve = add(*pending, "approve", "Admit one",
                          "  quotemill pending approve 3f0c1d2e... --name web-04");
  approve->add_option("HOST", options.named.host, "uid, or the name if only one has it")
      ->required();
  approve->add_option("--name", options.named.name, "call it so, and not as it asks");
  runs(approve,
       [](Session& session, const Options& o) { return run_pending_approve(session, o.named); });
  CLI::App* deny =
      add(*pending, "deny", "Refuse one, for good", "  quotemill pending deny 3f0c1d2e...");
  deny->add_option("HOST", options.host, "uid, or the name if only one has it")->required();
  runs(deny, [](Session& session, const Options& o) { return run_pending_deny(session, o.host); });
}

bool is_global_flag(std::string_view argument) {
  constexpr std::array kFlags = {"--json",      "--plain", "--quiet",  "--no-color",
                                 "--no-colour", "--yes",   "--verbose"};
  return std::find(kFlags.begin(), kFlags.end(), argument) != kFlags.end();
}

// The words that should be commands, before the first option that is not global.
std::vector<std::string> leading_words(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--socket") {
      ++i;
    } else if (!arguments[i].starts_with('-')) {
      words.push_back(arguments[i]);
    } else if (words.empty() && arguments[i].starts_with("--") && !is_global_flag(arguments[i])) {
      return {};  // no option of ours: what follows may be its value
    }
  }
  return words;
}

// What is wrong, and what would be right. Goes down as far as the words are commands.
std::pair<std::string, std::string> explain(const CLI::App& app, const CLI::ParseError& error,
                                            const std::vector<std::string>& arguments) {
  const CLI::App* level = &app;
  std::string path = "quotemill";
  for (const std::string& word : leading_words(arguments)) {
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* command : level->get_subcommands({})) {
      names.push_back(command->get_name());
      next = command->get_name() == word ? command : next;
    }
    if (names.empty()) {
      break;
    }
    if (next == nullptr) {
      const std::string_view near = nearest(word, names);
      return {"there is no command '" + word + "' of '" + path + "'",
              near.empty() ? "see: " + path + " --help"
                           : "did you mean: " + path + " " + std::string(near)};
    }
    level = next;
    path += " " + word;
  }
  return {error.what(), "see: " + path + " --help"};
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments, std::ostream& out,
                              std::ostream& err) {
  Invocation invocation;
  CommandLine line(invocation.settings);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {
    line.app().parse(reversed);
    invocation.command = line.command();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      line.app().exit(error, out, err);
      return invocation;
    }
    const auto [what, hint] = explain(line.app(), error, arguments);
    err << "quotemill: " << printable(what) << "\n  " << hint << '\n';
    invocation.exit = Exit::kUsage;
  }
  return invocation;
}

}  // namespace quotemill::cli
