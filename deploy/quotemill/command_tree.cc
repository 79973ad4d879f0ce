#include "deploy/quotemill/command_tree.h"

#include <CLI/CLI.hpp>

namespace quotemill::cli {

namespace {

constexpr const char* kHelp = "help";

Parameter parameter_of(const CLI::Option& option, const ValueHints& hints) {
  Parameter parameter;
  for (const std::string& name : option.get_snames()) {
    parameter.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    parameter.names.push_back("--" + name);
  }
  const std::string type = option.get_type_name();  // "STATE:{trusted,failed}"
  const bool is_flag = option.get_items_expected_max() == 0;
  if (option.get_positional()) {
    parameter.value = option.get_name(true);
  } else if (!is_flag) {
    parameter.value = type.substr(0, type.find(':'));
  }
  parameter.what = option.get_description();
  parameter.preset = is_flag ? std::string() : option.get_default_str();
  parameter.environment = option.get_envname();
  parameter.is_required = option.get_required();
  parameter.is_repeated = option.get_items_expected_max() > 1;
  if (const auto hint = hints.find(&option); hint != hints.end()) {
    parameter.hint = hint->second;
  }
  return parameter;
}

}  // namespace

CommandNode tree_of(const CLI::App& app, const ValueHints& hints) {
  CommandNode node{
      .name = app.get_name(), .what = app.get_description(), .examples = app.get_footer()};
  for (const CLI::Option* option : app.get_options()) {
    const bool is_help = option->check_lname(kHelp);
    if (option->get_positional()) {
      node.arguments.push_back(parameter_of(*option, hints));
    } else if (!is_help || app.get_parent() == nullptr) {
      node.options.push_back(parameter_of(*option, hints));
    }
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty()) {
      node.commands.push_back(tree_of(*command, hints));
    }
  }
  return node;
}

}  // namespace quotemill::cli
