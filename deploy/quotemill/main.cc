// quotemill: the operator's command line.
#include <csignal>
#include <exception>
#include <iostream>
#include <unistd.h>

#include "deploy/quotemill/cli.h"
#include "transport/control/control_client.h"

namespace {

using namespace quotemill::cli;  // NOLINT(google-build-using-namespace): one file, one program

extern "C" void end_interrupted(int /*signal*/) {
  _exit(static_cast<int>(Exit::kInterrupted));
}

Exit run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const Invocation invocation = parse_command_line(arguments, std::cout, std::cerr);
  if (!invocation.command) {
    return invocation.exit;
  }
  quotemill::transport::ControlClient client(invocation.settings.socket);
  const Settings& settings = invocation.settings;
  const Style style = settings.is_plain
                          ? kPlainStyle
                          : style_of(STDOUT_FILENO, settings.no_colour, settings.is_quiet);
  const bool has_person = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  Session session(settings, style,
                  [&client](const std::string& verb, const Json& args, int extra_ms) {
                    return client.call(verb, args, extra_ms);
                  },
                  {.out = std::cout, .err = std::cerr, .in = has_person ? &std::cin : nullptr});
  const Exit exit = invocation.command(session);
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "quotemill: standard output cannot be written\n";
    return Exit::kError;
  }
  return exit;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, end_interrupted);
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& failure) {  // nlohmann's and CLI11's; nothing of ours throws
    std::cerr << "quotemill: " << quotemill::printable(failure.what()) << '\n';
    return static_cast<int>(Exit::kError);
  }
}
