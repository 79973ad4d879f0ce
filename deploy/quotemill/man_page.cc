#include "deploy/quotemill/man_page.h"

#include <algorithm>
#include <cctype>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

namespace {

// Text as it is: roff's own characters lose their meaning, hyphens can be copied into a shell.
std::string roff(const std::string& text) {
  std::string out;
  bool is_line_begin = true;
  for (const char c : text) {
    if (is_line_begin && (c == '.' || c == '\'')) {
      out += "\\&";
    }
    is_line_begin = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + roff(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + roff(text) + "\\fR";
}

// "Operate it." as NAME wants it: "operate it".
std::string sentence_part(std::string sentence) {
  if (sentence.ends_with('.')) {
    sentence.pop_back();
  }
  if (!sentence.empty()) {
    sentence[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(sentence[0])));
  }
  return sentence;
}

std::string section(const std::string& title) {
  return ".SH " + title + "\n";
}

std::string entry(const std::string& tag, const std::string& text) {
  return ".TP\n" + tag + "\n" + text + "\n";
}

std::string examples_of(const CommandNode& node) {
  return node.examples.empty() ? "" : ".PP\n.nf\n" + roff(node.examples) + "\n.fi\n";
}

// "[--state STATE]", "HOST..."
std::string usage_of(const Parameter& parameter) {
  std::string text = parameter.names.empty() ? "" : bold(parameter.names.back());
  if (!parameter.value.empty()) {
    text += (text.empty() ? "" : " ") + italic(parameter.value);
  }
  text += parameter.is_repeated ? "..." : "";
  return parameter.is_required ? text : "[" + text + "]";
}

std::string parameter_entry(const Parameter& parameter) {
  std::string tag;
  for (const std::string& name : parameter.names) {
    tag += (tag.empty() ? "" : ", ") + bold(name);
  }
  if (!parameter.value.empty()) {
    tag += (tag.empty() ? "" : " ") + italic(parameter.value);
  }
  std::string text = roff(parameter.what);
  std::string choices;
  for (const std::string& choice : parameter.hint.choices) {
    choices += (choices.empty() ? "" : ", ") + choice;
  }
  text += choices.empty() ? "" : ": " + roff(choices);
  text += parameter.preset.empty() ? "" : " (default: " + roff(parameter.preset) + ")";
  return entry(tag, text);
}

std::string entries_of(const std::vector<Parameter>& parameters) {
  std::string out;
  for (const Parameter& parameter : parameters) {
    out += parameter_entry(parameter);
  }
  return out;
}

// A command that does something; those that only hold others are told by them.
std::string commands_below(const CommandNode& node, const std::string& path) {
  std::string out;
  for (const CommandNode& command : node.commands) {
    const std::string name = path.empty() ? command.name : path + " " + command.name;
    if (command.commands.empty()) {
      out += ".SS " + roff(name);
      for (const auto* parameters : {&command.options, &command.arguments}) {
        for (const Parameter& parameter : *parameters) {
          out += " " + usage_of(parameter);
        }
      }
      out += "\n" + roff(command.what) + ".\n" + entries_of(command.arguments) +
             entries_of(command.options) + examples_of(command);
    }
    out += commands_below(command, name);
  }
  return out;
}

std::string environment_of(const CommandNode& root) {
  std::string out;
  for (const Parameter& option : root.options) {
    if (!option.environment.empty()) {
      out += entry(bold(option.environment),
                   "The same as " + bold(option.names.back()) + ", which goes before it.");
    }
  }
  return out + entry(bold("NO_COLOR"), "No colours, if it is set to anything.");
}

std::string exits() {
  std::string out;
  for (const ExitMeaning& meaning : exit_meanings()) {
    out += entry(bold(std::to_string(static_cast<int>(meaning.exit))), meaning.what);
  }
  return out;
}

}  // namespace

std::string man_page_of(const CommandNode& root, const std::string& version) {
  std::string title = root.name;
  std::transform(title.begin(), title.end(), title.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  // No date: the same sources make the same page.
  return ".TH " + title + " 1 \"\" \"Quotemill " + roff(version) + "\" \"Quotemill manual\"\n" +
         section("NAME") + root.name + " \\- " + roff(sentence_part(root.what)) + "\n" +
         section("SYNOPSIS") + bold(root.name) + " [" + italic("option") + "...] " +
         italic("command") + " [" + italic("argument") + "...]\n" + section("EXAMPLES") +
         examples_of(root) + section("COMMANDS") + commands_below(root, "") + section("OPTIONS") +
         "These may stand before or after the command.\n" + entries_of(root.options) +
         section("ENVIRONMENT") + environment_of(root) + section("EXIT STATUS") + exits();
}

}  // namespace quotemill::cli
