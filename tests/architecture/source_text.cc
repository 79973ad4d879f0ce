#include "tests/architecture/source_text.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace quotemill::testing {
namespace {

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

// Walks over C++ text, and blanks what it is told to.
class Scanner {
 public:
  Scanner(std::string_view text, bool keep_literals)
      : text_(text), out_(text), keep_literals_(keep_literals) {}

  std::string run() && {
    while (at_ < text_.size()) {
      step();
    }
    return std::move(out_);
  }

 private:
  void step() {
    if (starts("//")) {
      blank_to(text_.find('\n', at_), true);
    } else if (starts("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      blank_to(end == std::string_view::npos ? end : end + 2, true);
    } else if (starts("R\"") && (at_ == 0 || !is_word(text_[at_ - 1]))) {
      raw_string();
    } else if (text_[at_] == '"') {
      quoted('"');
    } else if (text_[at_] == '\'' && (at_ == 0 || !is_word(text_[at_ - 1]))) {
      quoted('\'');  // not the separator of 1'000
    } else {
      ++at_;
    }
  }

  bool starts(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  void blank_to(std::size_t end, bool blank) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (blank && text_[at_] != '\n') {
        out_[at_] = ' ';
      }
    }
  }

  void quoted(char quote) {
    ++at_;
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2U : 1U;
    }
    blank_to(end, !keep_literals_);
    ++at_;
  }

  void raw_string() {
    at_ += 2;
    const std::size_t open = text_.find('(', at_);
    const std::string close = ")" + std::string(text_.substr(at_, open - at_)) + "\"";
    const std::size_t end = text_.find(close, at_);
    blank_to(end == std::string_view::npos ? end : end + close.size(), !keep_literals_);
  }

  std::string_view text_;
  std::string out_;
  bool keep_literals_;
  std::size_t at_ = 0;
};

}  // namespace

std::string without_comments(std::string_view text) {
  return Scanner(text, true).run();
}

std::string without_comments_and_literals(std::string_view text) {
  return Scanner(text, false).run();
}

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> out;
  std::istringstream in(without_comments(text));
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const std::size_t begin = line.find_first_of("<\"");
    if (line.rfind("#include", 0) != 0 || begin == std::string::npos) {
      continue;
    }
    const std::size_t end = line.find(line[begin] == '<' ? '>' : '"', begin + 1);
    out.push_back({line.substr(begin + 1, end - begin - 1), line[begin] == '"', number});
  }
  return out;
}

bool uses(std::string_view code, std::string_view word) {
  for (std::size_t at = code.find(word); at != std::string_view::npos;
       at = code.find(word, at + 1)) {
    const char before = at == 0 ? ' ' : code[at - 1];
    const std::size_t end = at + word.size();
    const char after = end >= code.size() ? ' ' : code[end];
    const bool is_member = before == '.' || (before == '>' && at > 1 && code[at - 2] == '-');
    if (!is_word(before) && !is_member && (!is_word(word.back()) || !is_word(after))) {
      return true;
    }
  }
  return false;
}

std::size_t line_of(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

}  // namespace quotemill::testing
