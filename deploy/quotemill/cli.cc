#include "deploy/quotemill/cli.h"

#include <ostream>

#include "deploy/quotemill/command_line.h"
#include "engine/base/text.h"

namespace quotemill::cli {

namespace {

// The words that should be commands, before the first option that is not global.
std::vector<std::string> leading_words(const CLI::App& app,
                                       const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with('-')) {
      words.push_back(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    const CLI::Option* option = app.get_option_no_throw(argument.substr(0, equals));
    if (option == nullptr && words.empty()) {
      return {};  // no option of ours: what follows may be its value
    }
    if (option != nullptr && option->get_items_expected_max() > 0 && equals == std::string::npos) {
      ++i;
    }
  }
  return words;
}

// What is wrong, and what would be right. Goes down as far as the words are commands.
std::pair<std::string, std::string> explain(const CLI::App& app, const CLI::ParseError& error,
                                            const std::vector<std::string>& arguments) {
  const CLI::App* level = &app;
  std::string path = "quotemill";
  for (const std::string& word : leading_words(app, arguments)) {
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* command : level->get_subcommands({})) {
      if (!command->get_group().empty()) {  // not hidden
        names.push_back(command->get_name());
      }
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
