#include <iostream>

#include "deploy/quotemill-verify/bundle_check.h"
#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/json_parts.h"

namespace quotemill::offline {
namespace {

const char* word_for(BundleOutcome outcome) {
  switch (outcome) {
    case BundleOutcome::kProven:
      return "proven";
    case BundleOutcome::kNotProven:
      return "not proven";
    case BundleOutcome::kUnknown:
      break;
  }
  return "unknown";
}

const char* verdict_on(BundleOutcome outcome) {
  switch (outcome) {
    case BundleOutcome::kProven:
      return "proven";
    case BundleOutcome::kNotProven:
      return "NOT PROVEN";
    case BundleOutcome::kUnknown:
      break;
  }
  return "NOT PROVEN: what could tell is not in the bundle";
}

void print_json(const BundleReport& report) {
  Json steps = Json::array();
  for (const BundleStep& step : report.steps) {
    steps.push_back(
        {{"what", step.what}, {"outcome", word_for(step.outcome)}, {"detail", step.detail}});
  }
  const Json out = {{"host", report.host},
                    {"state", report.state},
                    {"time", report.time},
                    {"proven", report.is_proven()},
                    {"outcome", word_for(report.outcome())},
                    {"steps", std::move(steps)},
                    {"on_trust", report.on_trust}};
  std::cout << out.dump(2, ' ', true, Json::error_handler_t::replace) << '\n';
}

void print_text(const BundleReport& report) {
  std::cout << (report.is_proven() ? "" : "the bundle says: ") << report.host << " was "
            << report.state << " at " << report.time << '\n';
  for (const BundleStep& step : report.steps) {
    std::cout << "  " << step.what << ": " << word_for(step.outcome) << ": " << step.detail << '\n';
  }
  std::cout << "on the word of the engine that made it:\n";
  for (const std::string& claim : report.on_trust) {
    std::cout << "  " << claim << '\n';
  }
  std::cout << verdict_on(report.outcome()) << '\n';
}

int exit_for(BundleOutcome outcome) {
  switch (outcome) {
    case BundleOutcome::kProven:
      return kExitProven;
    case BundleOutcome::kNotProven:
      return kExitNotProven;
    case BundleOutcome::kUnknown:
      break;
  }
  return kExitUnknown;
}

}  // namespace

int run_bundle(const BundleOptions& options) {
  const Result<Bytes> file = read_file(options.file, kBundleSizeMax);
  if (!file) {
    std::cerr << "quotemill-verify: " << file.error().to_string() << '\n';
    return kExitNotJudged;
  }
  const Result<BundleReport> report = check_bundle(as_text(*file));
  if (!report) {
    std::cerr << "quotemill-verify: " << options.file << ": " << report.error().detail << '\n';
    return kExitNotJudged;
  }
  options.json ? print_json(*report) : print_text(*report);
  return exit_for(report->outcome());
}

}  // namespace quotemill::offline
