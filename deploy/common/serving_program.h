// A program that serves by one file of settings, from its command line on: --config,
// --check-config, --version.
#pragma once

#include <iostream>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/result.h"

namespace quotemill::program {

// Of a wrong command line, and of wrong settings.
inline constexpr int kUsageExit = 2;

struct ServingProgram {
  std::string purpose;  // a line of --help
  std::string settings_file;
  std::string version;
};

struct ServingCommand {
  std::string settings_file;
  bool is_check = false;  // the settings are only to be looked at
};

// What is asked for; or the exit code, if the answer was help, the version or a mistake, and is
// told.
std::variant<ServingCommand, int> read_serving_command(const ServingProgram& program, int argc,
                                                       const char* const* argv);

// The whole of a main: what is wrong with the settings goes to standard error; `serve` runs by
// them, and gives the exit code.
template <class Config>
int run_by_settings(const ServingProgram& program, int argc, const char* const* argv,
                    Result<Config> (*load)(const std::string&), int (*serve)(Config)) {
  const std::variant<ServingCommand, int> read = read_serving_command(program, argc, argv);
  const auto* command = std::get_if<ServingCommand>(&read);
  if (command == nullptr) {
    return std::get<int>(read);
  }
  Result<Config> config = load(command->settings_file);
  if (!config) {
    std::cerr << config.error().to_string() << "\n";
    return kUsageExit;
  }
  return command->is_check ? 0 : serve(*std::move(config));
}

}  // namespace quotemill::program
