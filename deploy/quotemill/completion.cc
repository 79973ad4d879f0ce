#include "deploy/quotemill/completion.h"

#include <set>

namespace quotemill::cli {

namespace {

using Strings = std::vector<std::string>;

std::string joined(const Strings& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    out += (out.empty() ? "" : std::string(separator)) + part;
  }
  return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t i = text.find(from); i != std::string::npos;
       i = text.find(from, i + to.size())) {
    text.replace(i, from.size(), to);
  }
  return text;
}

// A command with the way to it: "/token/create"; the root's is empty.
struct Place {
  std::string path;
  const CommandNode* node;
};

void add_places(std::vector<Place>& places, const std::string& path, const CommandNode& node) {
  places.push_back({path, &node});
  for (const CommandNode& command : node.commands) {
    add_places(places, path + "/" + command.name, command);
  }
}

std::vector<Place> places_of(const CommandNode& root) {
  std::vector<Place> places;
  add_places(places, "", root);
  return places;
}

Strings names_of(const std::vector<Parameter>& options) {
  Strings names;
  for (const Parameter& option : options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

Strings command_names(const CommandNode& node) {
  Strings names;
  for (const CommandNode& command : node.commands) {
    names.push_back(command.name);
  }
  return names;
}

Strings command_paths(const std::vector<Place>& places) {
  Strings paths;
  for (const Place& place : places) {
    if (!place.path.empty()) {
      paths.push_back(place.path);
    }
  }
  return paths;
}

// Options after which a word is their value, in whatever command.
Strings names_with_value(const std::vector<Place>& places) {
  std::set<std::string> names;
  for (const Place& place : places) {
    for (const Parameter& option : place.node->options) {
      if (!option.value.empty()) {
        names.insert(option.names.begin(), option.names.end());
      }
    }
  }
  return {names.begin(), names.end()};
}

// --- bash

std::string bash_words(const Strings& words) {
  return "mapfile -t COMPREPLY < <(compgen -W '" + joined(words, " ") + "' -- \"$cur\")";
}

constexpr std::string_view kBashFiles =
    "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";

// The value of an option, by the command and the word before.
std::string bash_values(const std::vector<Place>& places) {
  std::string out = "  case \"$path $prev\" in\n";
  for (const Place& place : places) {
    const std::string before = place.path.empty() ? "*' " : "'" + place.path + " ";
    for (const Parameter& option : place.node->options) {
      if (option.value.empty()) {
        continue;
      }
      Strings patterns;
      for (const std::string& name : option.names) {
        patterns.push_back(before + name + "'");
      }
      out += "    " + joined(patterns, "|") + ")\n      ";
      if (option.hint.is_file) {
        out += std::string(kBashFiles) + "\n      ";
      } else if (!option.hint.choices.empty()) {
        out += bash_words(option.hint.choices) + "\n      ";
      }
      out += "return ;;\n";
    }
  }
  return out + "  esac\n";
}

// What may stand where no option's value does.
std::string bash_arguments(const std::vector<Place>& places) {
  std::string out = "  case $path in\n";
  for (const Place& place : places) {
    Strings words = command_names(*place.node);
    bool is_file = false;
    for (const Parameter& argument : place.node->arguments) {
      words.insert(words.end(), argument.hint.choices.begin(), argument.hint.choices.end());
      is_file = is_file || argument.hint.is_file;
    }
    if (is_file || !words.empty()) {
      out += "    '" + place.path + "') " +
             (is_file ? std::string(kBashFiles) : bash_words(words)) + " ;;\n";
    }
  }
  return out + "  esac\n";
}

std::string bash_options(const std::vector<Place>& places) {
  std::string out = "    local options='" + joined(names_of(places.front().node->options), " ") +
                    "'\n    case $path in\n";
  for (const Place& place : places) {
    if (!place.path.empty() && !place.node->options.empty()) {
      out += "      " + place.path + ") options+=' " + joined(names_of(place.node->options), " ") +
             "' ;;\n";
    }
  }
  return out + "    esac\n    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n";
}

std::string bash(const CommandNode& root) {
  const std::vector<Place> places = places_of(root);
  return "# bash completion of " + root.name + R"(.
_quotemill() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} path='' word i
  # bash splits --option=value at the =.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    case $word in
      )" +
         joined(names_with_value(places), "|") +
         R"()
        ((++i))
        if [[ ${COMP_WORDS[i]} == = ]]; then ((++i)); fi
        continue ;;
    esac
    case $path/$word in
      )" +
         joined(command_paths(places), "|") +
         R"() path+=/$word ;;
    esac
  done
  COMPREPLY=()
)" + bash_values(places) +
         "  if [[ $cur == -* ]]; then\n" + bash_options(places) + "    return\n  fi\n" +
         bash_arguments(places) + "}\ncomplete -F _quotemill " + root.name + "\n";
}

// --- zsh

std::string zsh_quoted(const std::string& text) {
  return "'" + replaced(text, "'", "'\\''") + "'";
}

// In a specification of _arguments or _describe: colons and brackets are its own.
std::string zsh_text(std::string text) {
  for (const char* special : {"\\", ":", "[", "]"}) {
    text = replaced(std::move(text), special, std::string("\\") + special);
  }
  return text;
}

std::string zsh_value(const Parameter& parameter) {
  std::string action = parameter.hint.is_file ? "_files" : "";
  if (!parameter.hint.choices.empty()) {
    action = "(" + joined(parameter.hint.choices, " ") + ")";
  }
  return ":" + zsh_text(parameter.value) + ":" + action;
}

std::string zsh_options(const std::vector<Parameter>& options) {
  std::string out;
  for (const Parameter& option : options) {
    for (const std::string& name : option.names) {
      const bool has_value = !option.value.empty();
      out += "    " +
             zsh_quoted("(" + joined(option.names, " ") + ")" + name + (has_value ? "=" : "") +
                        "[" + zsh_text(option.what) + "]" + (has_value ? zsh_value(option) : "")) +
             " \\\n";
    }
  }
  return out;
}

std::string zsh_function(const std::string& name, const CommandNode& node,
                         const CommandNode& root) {
  const bool is_root = &node == &root;
  std::string out = name + "() {\n  local curcontext=$curcontext state line\n" +
                    "  typeset -A opt_args\n  _arguments -C -s \\\n" + zsh_options(root.options) +
                    (is_root ? "" : zsh_options(node.options));
  for (const Parameter& argument : node.arguments) {
    out += "    " + zsh_quoted((argument.is_repeated ? "*" : "1") + zsh_value(argument)) + " \\\n";
  }
  if (node.commands.empty()) {
    return out + "    && return 0\n  return 1\n}\n";
  }
  out +=
      "    '1:command:->command' '*::argument:->argument' && return 0\n  case $state in\n"
      "    command)\n      local -a commands=(\n";
  std::string branches;
  std::string functions;
  for (const CommandNode& command : node.commands) {
    const std::string below = name + "_" + command.name;
    out += "        " + zsh_quoted(command.name + ":" + zsh_text(command.what)) + "\n";
    branches += "        " + command.name + ") " + below + " ;;\n";
    functions += zsh_function(below, command, root);
  }
  return functions + out +
         "      )\n      _describe -t commands command commands ;;\n    argument)\n"
         "      case $line[1] in\n" +
         branches + "      esac ;;\n  esac\n}\n";
}

std::string zsh(const CommandNode& root) {
  return "#compdef " + root.name + "\n# zsh completion of " + root.name + ".\n" +
         zsh_function("_quotemill", root, root) +
         "if [[ $funcstack[1] == _quotemill ]]; then\n  _quotemill \"$@\"\nelse\n"
         "  compdef _quotemill " +
         root.name + "\nfi\n";
}

// --- fish

std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string fish_value(const Parameter& parameter) {
  if (parameter.hint.is_file) {
    return " -r -F";
  }
  return parameter.hint.choices.empty()
             ? " -x"
             : " -x -a " + fish_quoted(joined(parameter.hint.choices, " "));
}

std::string fish_lines(const Place& place, const std::string& begin) {
  const std::string here = begin + " -n " + fish_quoted("__quotemill_is_at '" + place.path + "'");
  std::string out;
  for (const Parameter& option : place.node->options) {
    out += place.path.empty() ? begin : here;
    for (const std::string& name : option.names) {
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    out +=
        (option.value.empty() ? "" : fish_value(option)) + " -d " + fish_quoted(option.what) + "\n";
  }
  for (const Parameter& argument : place.node->arguments) {
    if (argument.hint.is_file || !argument.hint.choices.empty()) {
      out += here +
             (argument.hint.is_file ? " -F"
                                    : " -a " + fish_quoted(joined(argument.hint.choices, " "))) +
             "\n";
    }
  }
  for (const CommandNode& command : place.node->commands) {
    out += here + " -a " + command.name + " -d " + fish_quoted(command.what) + "\n";
  }
  return out;
}

std::string fish(const CommandNode& root) {
  const std::vector<Place> places = places_of(root);
  std::string out = "# fish completion of " + root.name + R"(.
# Whether the words before the cursor lead to this command.
function __quotemill_is_at --argument-names wanted
    set -l words (commandline -opc)
    set -e words[1]
    set -l path ''
    set -l is_value 0
    for word in $words
        if test $is_value -eq 1
            set is_value 0
            continue
        end
        switch $word
            case )" +
                    joined(names_with_value(places), " ") +
                    R"(
                set is_value 1
                continue
        end
        switch "$path/$word"
            case )" +
                    joined(command_paths(places), " ") +
                    R"(
                set path "$path/$word"
        end
    end
    test "$path" = "$wanted"
end
)";
  const std::string begin = "complete -c " + root.name;
  out += begin + " -f\n";
  for (const Place& place : places) {
    out += fish_lines(place, begin);
  }
  return out;
}

}  // namespace

std::vector<std::string> shells() {
  return {"bash", "zsh", "fish"};
}

std::optional<std::string> completion_of(std::string_view shell, const CommandNode& root) {
  if (shell == "bash") {
    return bash(root);
  }
  if (shell == "zsh") {
    return zsh(root);
  }
  return shell == "fish" ? std::optional(fish(root)) : std::nullopt;
}

}  // namespace quotemill::cli
