// The commands over many hosts at once.
#include "deploy/quotemill/command_options.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::cli {

namespace {

constexpr std::uint64_t kRateMax = 1'000'000;

// "50/s", "50"; nullopt if it is neither.
std::optional<std::uint64_t> rate_of(std::string text) {
  if (text.ends_with("/s")) {
    text.resize(text.size() - 2);
  }
  std::uint64_t rate = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9' || rate > kRateMax) {
      return std::nullopt;
    }
    rate = rate * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return text.empty() || rate == 0 || rate > kRateMax ? std::nullopt : std::optional(rate);
}

}  // namespace

void CommandLine::add_wave(CLI::App* reattest) {
  Options& options = *options_;
  reattest->add_option("--rate", options.reattest_rate, "challenges a second; all at once without")
      ->type_name("N/s");
  reattest
      ->add_option(
          "--deadline", options.reattest_deadline,
          "who has not answered then is silent; a minute behind the last challenge without")
      ->type_name("DURATION");
  runs(reattest, [](Session& session, const Options& o) {
    ReattestOptions wanted = o.reattest;
    const std::optional<std::uint64_t> rate =
        o.reattest_rate.empty() ? std::optional<std::uint64_t>(0) : rate_of(o.reattest_rate);
    const std::optional<std::int64_t> deadline = o.reattest_deadline.empty()
                                                     ? std::optional<std::int64_t>(0)
                                                     : parse_duration_ms(o.reattest_deadline);
    if (!rate || !deadline || *deadline < 0) {
      session.fail(!rate ? "'" + o.reattest_rate + "' is no rate"
                         : "'" + o.reattest_deadline + "' is no duration",
                   "--rate 50/s --deadline 10m", Exit::kUsage);
      return session.exit();
    }
    wanted.rate = *rate;
    wanted.deadline_ms = *deadline;
    return run_reattest(session, wanted);
  });
}

void CommandLine::add_reappraise() {
  ReappraiseOptions& options = options_->reappraise;
  CLI::App* reappraise =
      add(app_, "reappraise", "Judge what is stored of hosts anew, without asking any",
          "  quotemill reappraise --policy prod-linux.toml --dry-run\n"
          "  quotemill reappraise --hosts env=prod,role=db-*\n"
          "  quotemill reappraise --resume");
  is_file(reappraise->add_option("--policy", options.files,
                                 "under this policy, too: with --dry-run as if it were applied, "
                                 "else it is applied first"));
  reappraise->add_option("--hosts", options.selector, "env=prod,role=db-*,os:debian,web-*")
      ->type_name("SELECTOR");
  reappraise->add_flag("--verify-signatures", options.checks_signatures,
                       "check the stored signatures again, each of them");
  CLI::Option* resume = reappraise->add_flag("--resume", options.is_resume,
                                             "go on with the one that was interrupted");
  CLI::Option* stop =
      reappraise->add_flag("--stop", options.is_stop, "interrupt the one that is running");
  CLI::Option* status =
      reappraise->add_flag("--status", options.is_status, "show how far it is")->excludes(stop);
  resume->excludes(stop)->excludes(status);
  may_be_dry(reappraise);
  runs(reappraise,
       [](Session& session, const Options& o) { return run_reappraise(session, o.reappraise); });
}

}  // namespace quotemill::cli
