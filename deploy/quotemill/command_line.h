// The parser of the command line: every command with its options, as CLI11 has them. What is parsed
// goes to Settings and to the command to run.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "deploy/quotemill/cli.h"
#include "deploy/quotemill/command_tree.h"
#include "engine/base/time.h"

namespace quotemill::cli {

class CommandLine {
 public:
  // The settings are borrowed: parsing writes them.
  explicit CommandLine(Settings& settings);

  CLI::App& app() { return app_; }

  // What was asked for, once it is parsed.
  [[nodiscard]] Command command() const { return command_; }

 private:
  struct Options;

  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& what,
                const std::string& examples);
  void runs(CLI::App* command, std::function<Exit(Session&, const Options&)> run);
  void may_be_dry(CLI::App* command);
  // What CLI11 tells nobody but its help, kept for completions.
  void one_of(CLI::Option* option, const std::vector<std::string>& choices);
  void is_file(CLI::Option* option);
  // An option of a moment, as parse_moment() takes them.
  void is_moment(CLI::App& command, const std::string& name, const std::string& what,
                 std::optional<WallTime>& moment);
  void add_global();
  void add_questions();
  void add_actions();
  void add_care();
  void add_wave(CLI::App* reattest);
  void add_reappraise();
  void add_policy_changes(CLI::App& policy);
  void add_policy_questions(CLI::App& policy);
  void add_inventory();
  void add_baselines();
  void add_reference_files(CLI::App& baseline);
  void add_baseline_questions(CLI::App& baseline);
  void add_images();
  void add_rollouts();
  void add_deadline(CLI::App& command);
  void add_rollout_ends(CLI::App& rollout);
  void add_mining();
  void add_admission();
  void add_texts();

  CLI::App app_{"Operate Quotemill: ask which hosts are trusted, and why."};
  Settings& settings_;
  std::shared_ptr<Options> options_;
  ValueHints hints_;
  Command command_;
};

}  // namespace quotemill::cli
