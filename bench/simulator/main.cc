// quotemill-fleet: a fleet of simulated hosts, without TPMs, that attest to a real daemon.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

#include "bench/simulator/esxi_hosts.h"
#include "bench/simulator/options.h"
#include "bench/simulator/workers.h"
#include "transport/control/import_line.h"

namespace quotemill::bench {
namespace {

int fail(const std::string& what) {
  std::cerr << "quotemill-fleet: " << what << '\n';
  return 2;
}

int export_hosts(const Options& options) {
  const Result<KeyMix> keys = KeyMix::parse(options.seed, options.keys);
  if (!keys) {
    return fail("--keys: " + keys.error().to_string());
  }
  std::ofstream file(options.file);
  FleetSettings settings;
  settings.seed = options.seed;
  settings.keys = *keys;
  SeededKeys seeded(options.seed);
  for (std::uint32_t number = 0; number < options.hosts; ++number) {
    const FleetHost host(settings, number, seeded);
    file << transport::to_line(transport::render_import(host.identity())) << '\n';
  }
  file.close();
  return file ? 0 : fail(options.file + ": cannot be written");
}

int write_images(const Options& options) {
  const Result<void> written = write_esxi_files(*esxi_fleet_of(options), options.file);
  return written ? 0 : fail(written.error().to_string());
}

// The hosts of one process; a worker waits for the others before it measures.
Result<Tally> run_here(const RunSettings& settings, const Plan& plan, bool is_worker) {
  const Result<std::unique_ptr<Driver>> driver = Driver::create(settings, plan);
  if (!driver) {
    return driver.error();
  }
  for (Result<void> (Driver::*step)() : {&Driver::connect, &Driver::sign_ahead, &Driver::warm_up}) {
    if (const Result<void> done = ((**driver).*step)(); !done) {
      return done.error();
    }
  }
  if (is_worker && !wait_for_start()) {
    return Error{ErrorCode::kIo, "", 0, "nobody said go"};
  }
  return (*driver)->measure();
}

int run_fleet(Options options, const std::vector<std::string>& arguments) {
  const Result<Plan> plan = Plan::parse(options.seed, options.mix, options.faults);
  if (!plan) {
    return fail("--mix, --faults: " + plan.error().to_string());
  }
  if (options.booted == 0) {
    options.booted = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  }
  const Result<RunSettings> settings = settings_of(options);
  if (!settings) {
    return fail(settings.error().to_string());
  }
  const bool is_worker = options.part != 0;
  const std::uint32_t room = hosts_per_process();
  const std::uint32_t processes =
      std::min(options.hosts, std::max(options.processes, (options.hosts + room - 1) / room));
  const Result<Tally> tally = is_worker || processes == 1
                                  ? run_here(*settings, *plan, is_worker)
                                  : run_workers(worker_arguments(arguments, options, processes));
  if (!tally) {
    return fail(tally.error().to_string());
  }
  if (is_worker) {
    tell_tally(*tally);
    return 0;
  }
  transport::Json report = {{"loop", options.rate > 0 ? "open" : "closed"},
                            {"processes", processes},
                            {"seed", options.seed}};
  report.update(render_tally(*tally));
  std::cout << transport::to_line(report) << '\n';
  return tally->wrong_verdicts == 0 && tally->attestations != 0 ? 0 : 1;
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Simulated hosts that attest to a real quotemilld. bench/README.md tells how.");
  app.require_subcommand(1);
  CLI::App* write = app.add_subcommand("export", "Write the hosts for 'quotemill import'");
  add_fleet(*write, options);
  write->add_option("FILE", options.file, "JSON lines")->required();
  CLI::App* images = app.add_subcommand(
      "images", "Write the image databases of ESXi hosts, and the policy that judges them");
  add_esxi(*images, options);
  images->get_option("--esxi")->required();
  images->add_option("FOLDER", options.file)->required()->check(CLI::ExistingDirectory);
  CLI::App* run = app.add_subcommand("run", "Attest, measure, and check every verdict");
  add_run(*run, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  if (images->parsed()) {
    return write_images(options);
  }
  return write->parsed() ? export_hosts(options)
                         : run_fleet(options, std::vector<std::string>(argv + 1, argv + argc));
}

}  // namespace
}  // namespace quotemill::bench

int main(int argc, char** argv) {
  try {
    return quotemill::bench::main_of(argc, argv);
  } catch (const std::exception& failure) {  // of CLI11 or the file system; nothing of ours throws
    std::cerr << "quotemill-fleet: " << failure.what() << '\n';
    return 1;
  }
}
