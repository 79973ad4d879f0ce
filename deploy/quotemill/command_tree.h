// The command line as data: which commands there are, with which options, and what is said about
// them. Shell completions and the manual page are made from it, so that they cannot differ from
// what the parser takes.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace quotemill::cli {

// What a value is, beside text. CLI11 has it only in the words of its help.
struct ValueHint {
  std::vector<std::string> choices = {};  // a closed set; empty: not one
  bool is_file = false;
};

using ValueHints = std::map<const CLI::Option*, ValueHint>;

// An option ("--state STATE", "--json"), or an argument without a name ("HOST").
struct Parameter {
  std::vector<std::string> names = {};  // "-q", "--quiet"; none: an argument
  std::string value = {};               // "STATE"; empty: a flag
  std::string what = {};
  std::string preset = {};       // what it is if it is not given; empty: nothing is said
  std::string environment = {};  // the variable that may give it
  ValueHint hint = {};
  bool is_required = false;
  bool is_repeated = false;
};

struct CommandNode {
  std::string name = {};
  std::string what = {};
  std::string examples = {};  // lines, indented by two
  std::vector<Parameter> options = {};
  std::vector<Parameter> arguments = {};
  std::vector<CommandNode> commands = {};
};

// The root, whose options may stand anywhere, and all below. Without hidden commands, and with the
// option for help at the root alone.
CommandNode tree_of(const CLI::App& app, const ValueHints& hints);

}  // namespace quotemill::cli
