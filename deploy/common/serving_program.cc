#include "deploy/common/serving_program.h"

#include <CLI/CLI.hpp>

namespace quotemill::program {

std::variant<ServingCommand, int> read_serving_command(const ServingProgram& program, int argc,
                                                       const char* const* argv) {
  CLI::App app(program.purpose);
  ServingCommand command{program.settings_file};
  app.add_option("--config", command.settings_file, "Settings (TOML)")->capture_default_str();
  app.add_flag("--check-config", command.is_check, "Check the settings and end");
  app.set_version_flag("--version", program.version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageExit;
  }
  return command;
}

}  // namespace quotemill::program
