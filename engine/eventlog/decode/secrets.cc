#include "engine/eventlog/decode/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace quotemill {
namespace {

// Names of options whose values are secrets, in lower case. ESXi: the key that opens the sealed
// configuration (and what it is called in other places); the rest are usual names.
constexpr std::array<std::string_view, 4> kNames = {"recoverykey", "password", "passwd",
                                                    "passphrase"};
constexpr std::string_view kMark = "[redacted]";

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_blank(char letter) {
  return static_cast<unsigned char>(letter) <= ' ';
}

// A name that ends in a secret's ("encryptionRecoveryKey") ends at `at`.
bool is_name_end(std::string_view text, std::size_t at) {
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
    return at >= name.size() &&
           std::equal(name.begin(), name.end(),
                      text.begin() + static_cast<std::ptrdiff_t>(at - name.size()),
                      [](char expected, char letter) { return expected == lower(letter); });
  });
}

// What stands directly behind a closing quote still belongs to the value.
std::size_t value_end(std::string_view text, std::size_t begin) {
  std::size_t from = begin;
  if (begin < text.size() && (text[begin] == '"' || text[begin] == '\'')) {
    const std::size_t quote = text.find(text[begin], begin + 1);
    if (quote == std::string_view::npos) {
      return text.size();
    }
    from = quote;
  }
  const auto* const end =
      std::find_if(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), is_blank);
  return static_cast<std::size_t>(end - text.begin());
}

// The next value of a secret at or behind `from`.
std::optional<Span> next_secret(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('=', from); at != std::string_view::npos;
       at = text.find('=', at + 1)) {
    std::size_t name_end = at;
    while (name_end > from && is_blank(text[name_end - 1])) {
      --name_end;
    }
    if (!is_name_end(text, name_end)) {
      continue;
    }
    std::size_t begin = at + 1;
    while (begin < text.size() && is_blank(text[begin])) {
      ++begin;
    }
    const std::size_t end = value_end(text, begin);
    if (end > begin) {
      return Span{begin, end};
    }
  }
  return std::nullopt;
}

}  // namespace

bool has_secret(ByteView bytes) {
  return next_secret(as_text(bytes), 0).has_value();
}

std::string without_secrets(std::string_view text) {
  std::string out;
  std::size_t shown = 0;
  for (auto secret = next_secret(text, 0); secret; secret = next_secret(text, secret->end)) {
    out += text.substr(shown, secret->begin - shown);
    out += kMark;
    shown = secret->end;
  }
  out += text.substr(shown);
  return out;
}

Bytes without_secrets(ByteView bytes) {
  Bytes out = to_bytes(bytes);
  overwrite_secrets(out, '*');
  return out;
}

SecretBytes count_secret_bytes(ByteView bytes, std::uint8_t value) {
  SecretBytes counted;
  const std::string_view text = as_text(bytes);
  for (auto secret = next_secret(text, 0); secret; secret = next_secret(text, secret->end)) {
    const ByteView found = bytes.subspan(secret->begin, secret->end - secret->begin);
    counted.size += found.size();
    counted.equal += static_cast<std::size_t>(std::count(found.begin(), found.end(), value));
  }
  return counted;
}

// What overwrites a value has neither '=' nor blanks, so that it is found again where it was.
void overwrite_secrets(std::span<std::uint8_t> bytes, std::uint8_t value) {
  const std::string_view text = as_text(bytes);
  for (auto secret = next_secret(text, 0); secret; secret = next_secret(text, secret->end)) {
    const auto found = bytes.subspan(secret->begin, secret->end - secret->begin);
    std::fill(found.begin(), found.end(), value);
  }
}

}  // namespace quotemill
