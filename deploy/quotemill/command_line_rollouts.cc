// The commands about rollouts and mining.
#include "deploy/quotemill/command_options.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::cli {

namespace {

CLI::Option* duration(CLI::App& command, const std::string& name, const std::string& what,
                      std::int64_t& ms) {
  return command
      .add_option_function<std::string>(
          name,
          [name, &ms](const std::string& text) {
            const std::optional<std::int64_t> read = parse_duration_ms(text);
            if (!read || *read <= 0) {
              throw CLI::ValidationError(name,
                                         "'" + text + "' is no duration such as 30m, 12h, 7d");
            }
            ms = *read;
          },
          what)
      ->type_name("DURATION");
}

}  // namespace

void CommandLine::add_rollouts() {
  Options& options = *options_;
  CLI::App* rollout =
      add(app_, "rollout", "Take hosts from one baseline to another, in waves",
          "  quotemill rollout start kernel-6.12 --from golden --to golden-6.12 \\\n"
          "      --label env=prod --wave 10% --for 2d\n"
          "  quotemill rollout status kernel-6.12");
  rollout->require_subcommand(1);
  CLI::App* start = add(*rollout, "start", "Accept the old and the new set for a while, for some",
                        "  quotemill rollout start kernel-6.12 --from golden --to golden-6.12 \\\n"
                        "      --all --wave 5 --wave 10% --wave-every 1h --for 2d");
  start->add_option("NAME", options.rollout.name, "of the rollout")->required();
  start->add_option("--from", options.rollout.from, "the set in force")
      ->type_name("BASELINE")
      ->required();
  start->add_option("--to", options.rollout.to, "the new one, under a name of its own")
      ->type_name("BASELINE")
      ->required();
  CLI::Option* hosts =
      start->add_option("--host", options.rollout.hosts, "by name or uid, in order")
          ->type_name("HOST");
  start->add_option("--label", options.rollout.labels, "all with it: KEY=PATTERN, or KEY")
      ->type_name("LABEL")
      ->excludes(hosts);
  start->add_option("--name", options.rollout.names, "all of such a name")
      ->type_name("PATTERN")
      ->excludes(hosts);
  start->add_flag("--all", options.rollout.is_all, "all hosts")->excludes(hosts);
  start->add_option("--wave", options.rollout.waves, "hosts of the next wave: 5, or 10% of all")
      ->type_name("SIZE");
  duration(*start, "--wave-every", "open a wave at this interval, and not by hand",
           options.rollout.wave_every_ms);
  add_deadline(*start);
  may_be_dry(start);
  runs(start,
       [](Session& session, const Options& o) { return run_rollout_start(session, o.rollout); });
  CLI::App* extend = add(*rollout, "extend", "Give it more time, or open its next wave",
                         "  quotemill rollout extend kernel-6.12 --wave\n"
                         "  quotemill rollout extend kernel-6.12 --for 12h");
  extend->add_option("NAME", options.rollout.name, "of the rollout")->required();
  extend->add_flag("--wave", options.rollout.opens_wave, "open the next wave");
  add_deadline(*extend);
  may_be_dry(extend);
  runs(extend,
       [](Session& session, const Options& o) { return run_rollout_extend(session, o.rollout); });
  add_rollout_ends(*rollout);
}

// --for and --deadline.
void CommandLine::add_deadline(CLI::App& command) {
  duration(command, "--for", "how long from now", options_->rollout.for_ms);
  is_moment(command, "--deadline", "until: 2026-12-01T03:00Z, or 2026-12-01",
            options_->rollout.deadline);
}

void CommandLine::add_rollout_ends(CLI::App& rollout) {
  Options& options = *options_;
  CLI::App* promote =
      add(rollout, "promote", "End it: the new set takes the place of the old one, for all",
          "  quotemill rollout promote kernel-6.12 --dry-run");
  promote->add_option("NAME", options.rollout.name, "of the rollout")->required();
  may_be_dry(promote);
  runs(promote,
       [](Session& session, const Options& o) { return run_rollout_promote(session, o.rollout); });
  CLI::App* abort = add(rollout, "abort", "End it: the old set alone counts again",
                        "  quotemill rollout abort kernel-6.12");
  abort->add_option("NAME", options.rollout.name, "of the rollout")->required();
  may_be_dry(abort);
  runs(abort,
       [](Session& session, const Options& o) { return run_rollout_abort(session, o.rollout); });
  CLI::App* status = add(rollout, "status", "Show who has converged, who has not, and since when",
                         "  quotemill rollout status kernel-6.12");
  status->add_option("NAME", options.rollout.name, "of the rollout")->required();
  runs(status,
       [](Session& session, const Options& o) { return run_rollout_status(session, o.rollout); });
  CLI::App* list = add(rollout, "list", "List all that ever were", "  quotemill rollout list");
  runs(list, [](Session& session, const Options&) { return run_rollout_list(session); });
}

void CommandLine::add_mining() {
  Options& options = *options_;
  CLI::App* mine = add(app_, "mine", "Group what hosts booted and no baseline knows",
                       "  quotemill mine --pcr 4\n"
                       "  quotemill mine promote 3f0c1d2e9a7b --as r760-image 2");
  mine->add_option("--pcr", options.mine.pcrs, "only this one; may be given again")
      ->type_name("PCR");
  mine->require_subcommand(0, 1);
  CLI::App* promote = add(*mine, "promote", "Make a baseline of a group",
                          "  quotemill mine promote 3f0c1d2e9a7b --as r760-image 2");
  promote->add_option("GROUP", options.mine.group, "as 'quotemill mine' names it")->required();
  promote->add_option("--as", options.mine.as, "name, and version if one is wanted")
      ->type_name("BASELINE [VERSION]")
      ->expected(1, 2)
      ->required();
  may_be_dry(promote);
  runs(mine, [](Session& session, const Options& o) {
    return o.mine.group.empty() ? run_mine(session, o.mine) : run_mine_promote(session, o.mine);
  });
}

}  // namespace quotemill::cli
