#include "deploy/quotemill/command_line.h"

#include <chrono>
#include <limits>
#include <ostream>
#include <utility>

#include "deploy/quotemill/command_options.h"
#include "deploy/quotemill/completion.h"
#include "deploy/quotemill/man_page.h"
#include "deploy/quotemill/time_argument.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::cli {

namespace {

constexpr std::int64_t kTokenTtlMsMax = 366LL * 24 * 3600 * 1000;  // the daemon's bound

// "Exit codes: 0 fine, 1 error, ...", in lines of a help text's width.
std::string exit_codes() {
  constexpr std::size_t kWidth = 80;
  std::string text;
  std::string line = "Exit codes:";
  for (const ExitMeaning& meaning : exit_meanings()) {
    const std::string part =
        " " + std::to_string(static_cast<int>(meaning.exit)) + " " + meaning.what + ",";
    if (line.size() + part.size() > kWidth) {
      text += line + "\n";
      line.clear();
    }
    line += line.empty() ? part.substr(1) : part;
  }
  line.pop_back();
  return text + line + "\n";
}

// Examples come first: they are kept in the footer, which CLI11 would print last.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(28); }

  std::string make_description(const CLI::App* app) const override {
    std::string text = app->get_description() + "\n\n";
    if (!app->get_footer().empty()) {
      text += "Examples:\n" + app->get_footer() + "\n\n";
    }
    return app->get_parent() == nullptr ? text + exit_codes() + "\n" : text;
  }

  std::string make_footer(const CLI::App* /*app*/) const override { return {}; }
};

Exit print_text(const Session& session, const std::string& text) {
  session.out() << text;
  return Exit::kFine;
}

}  // namespace

CommandLine::CommandLine(Settings& settings)
    : settings_(settings), options_(std::make_shared<Options>()) {
  app_.name("quotemill");
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.footer(
      "  quotemill hosts --state failed      which hosts failed, and why\n"
      "  quotemill host web-01               everything about one host\n"
      "  quotemill watch --json              changes of trust, as they happen");
  app_.set_version_flag("--version", QUOTEMILL_VERSION);
  app_.fallthrough();
  app_.require_subcommand(1);
  add_global();
  add_questions();
  add_actions();
  add_baselines();
  add_images();
  add_rollouts();
  add_mining();
  add_admission();
  add_inventory();
  add_texts();
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

// Of every command that changes something.
void CommandLine::may_be_dry(CLI::App* command) {
  command->add_flag("-n,--dry-run", settings_.is_dry_run,
                    "change nothing: say what would be done, or why not");
}

void CommandLine::one_of(CLI::Option* option, const std::vector<std::string>& choices) {
  option->check(CLI::IsMember(choices));
  hints_[option].choices = choices;
}

void CommandLine::is_moment(CLI::App& command, const std::string& name, const std::string& what,
                            std::optional<WallTime>& moment) {
  const auto read = [name, &moment](const std::string& text) {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const WallTime now{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
    moment = parse_moment(text, now);
    if (!moment) {
      throw CLI::ValidationError(name, "'" + text + "' is no moment");
    }
  };
  command.add_option_function<std::string>(name, read, what)->type_name("TIME");
}

void CommandLine::is_file(CLI::Option* option) {
  hints_[option].is_file = true;
}

void CommandLine::add_global() {
  Settings& settings = settings_;
  is_file(app_.add_option("--socket", settings.socket, "the daemon's control socket")
              ->type_name("SOCKET")
              ->envname("QUOTEMILL_SOCKET")
              ->capture_default_str());
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
  one_of(hosts->add_option("--state", options.hosts.state, "only hosts in this state")
             ->type_name("STATE"),
         {"trusted", "warning", "failed", "stale", "unknown"});
  hosts->add_flag("--retired", options.hosts.is_retired, "retired and denied ones instead");
  runs(hosts, [](Session& session, const Options& o) { return run_hosts(session, o.hosts); });

  CLI::App* host = add(app_, "host", "Show one host: state, findings with remedies, identity",
                       "  quotemill host web-01\n  quotemill host web-01 --json");
  host->add_option("HOST", options.shown.host, "name or uid")->required();
  is_moment(*host, "--at", "what it was then: 2026-11-24T03:31Z, 2026-11-24, or 90m ago",
            options.shown.at);
  runs(host, [](Session& session, const Options& o) { return run_host(session, o.shown); });

  CLI::App* history = add(app_, "history", "Show a host's appraisals, newest first",
                          "  quotemill history web-01 --limit 50");
  history->add_option("HOST", options.history.host, "name or uid")->required();
  history
      ->add_option("--limit", options.history.limit,
                   "how many; those in a row that say the same are one")
      ->type_name("N")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  history
      ->add_option("--before", options.history.before, "only those that begin before this sequence")
      ->type_name("SEQ");
  is_moment(*history, "--since", "not older than: 2026-11-24T03:31Z, 2026-11-24, or 2d ago",
            options.history.since);
  is_moment(*history, "--until", "not newer than", options.history.until);
  one_of(history->add_option("--state", options.history.state, "only those that came to this state")
             ->type_name("STATE"),
         {"trusted", "warning", "failed"});
  runs(history, [](Session& session, const Options& o) { return run_history(session, o.history); });

  CLI::App* watch = add(app_, "watch", "Follow changes of trust (JSON lines unless on a terminal)",
                        "  quotemill watch\n  quotemill watch --from 1 --json > changes.jsonl");
  watch->add_option("--from", options.watch_from, "begin with this sequence")
      ->type_name("SEQ")
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
                           "  quotemill reattest web-01 web-02\n  quotemill reattest --all\n"
                           "  quotemill reattest env=prod,role=db-* --rate 50/s --deadline 10m");
  reattest->add_option("HOST", options.reattest.hosts, "names or uids, or a selector");
  reattest->add_flag("--all", options.reattest.is_all, "all hosts");
  add_wave(reattest);
  may_be_dry(reattest);

  CLI::App* retire = add(app_, "retire", "End a host's life: it may not attest, its name is free",
                         "  quotemill retire web-01\n  quotemill retire web-01 --dry-run");
  retire->add_option("HOST", options.host, "name or uid")->required();
  may_be_dry(retire);
  runs(retire, [](Session& session, const Options& o) { return run_retire(session, o.host); });

  CLI::App* restore = add(app_, "restore", "Bring a retired or denied host back",
                          "  quotemill restore web-01\n  quotemill hosts --retired");
  restore->add_option("HOST", options.named.host, "uid, or the name if only one had it")
      ->required();
  restore->add_option("--name", options.named.name, "call it so, if its name is taken")
      ->type_name("NAME");
  may_be_dry(restore);
  runs(restore, [](Session& session, const Options& o) { return run_restore(session, o.named); });

  add_care();
  add_reappraise();
  CLI::App* policy = add(app_, "policy", "Policies", "  quotemill policy check policy.toml");
  policy->require_subcommand(1);
  CLI::App* check = add(*policy, "check", "Say what is wrong with a policy file",
                        "  quotemill policy check /etc/quotemill/policy.toml");
  is_file(check->add_option("FILE", options.policy.files, "TOML")->required());
  runs(check, [](Session& session, const Options& o) {
    return run_policy_check(session, o.policy.files);
  });
  add_policy_changes(*policy);
  add_policy_questions(*policy);
}

void CommandLine::add_admission() {
  Options& options = *options_;
  CLI::App* token = add(app_, "token", "Tokens that let hosts enrol by themselves",
                        "  quotemill token create --count 20 --ttl 1h");
  token->require_subcommand(1);
  CLI::App* create = add(*token, "create", "Make a token, and print it this once",
                         "  quotemill token create --count 20 --ttl 1h > token");
  create->add_option("--count", options.token.count, "how many hosts it may enrol")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  create->add_option("--ttl", options.ttl, "how long it is good: 30m, 12h, 7d")
      ->type_name("TTL")
      ->capture_default_str()
      ->check([](const std::string& text) {
        const std::optional<std::int64_t> ms = parse_duration_ms(text);
        return ms && *ms > 0 && *ms <= kTokenTtlMsMax
                   ? std::string()
                   : "'" + text + "' is no duration such as 30m, 12h, 7d, of at most 366d";
      });
  may_be_dry(create);
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
  is_file(import->add_option("FILE", options.import.file, "JSON lines, one host each")->required());
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
  approve->add_option("--name", options.named.name, "call it so, and not as it asks")
      ->type_name("NAME");
  may_be_dry(approve);
  runs(approve,
       [](Session& session, const Options& o) { return run_pending_approve(session, o.named); });
  CLI::App* deny =
      add(*pending, "deny", "Refuse one, for good", "  quotemill pending deny 3f0c1d2e...");
  deny->add_option("HOST", options.host, "uid, or the name if only one has it")->required();
  may_be_dry(deny);
  runs(deny, [](Session& session, const Options& o) { return run_pending_deny(session, o.host); });
}

// Made from the tree of commands, so of all that was added before.
void CommandLine::add_texts() {
  Options& options = *options_;
  CLI::App* completion = add(app_, "completion", "Print a shell's completion script",
                             "  source <(quotemill completion bash)");
  one_of(completion->add_option("SHELL", options.shell, "which shell's")->required(), shells());
  CLI::App* man = add(app_, "man", "Print the manual page, as roff", "  quotemill man | man -l -");
  man->group("");  // hidden: packagers and 'man quotemill' are served by the build
  const auto tree = std::make_shared<const CommandNode>(tree_of(app_, hints_));
  runs(completion, [tree](Session& session, const Options& o) {
    return print_text(session, completion_of(o.shell, *tree).value_or(""));
  });
  runs(man, [tree](Session& session, const Options&) {
    return print_text(session, man_page_of(*tree, QUOTEMILL_VERSION));
  });
}

}  // namespace quotemill::cli
