#include "engine/esxi/image/base_image.h"

#include <algorithm>
#include <array>

#include "engine/base/text.h"

namespace quotemill {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"unknown", "community", "partner", "accepted",
                                                     "certified"};

constexpr std::size_t kTitlePartMax = 40;  // bound, so that a sentence stays one

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

bool is_release(std::string_view text) {
  return !text.empty() && is_digit(text.front()) && is_digit(text.back()) &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char letter) { return is_digit(letter) || letter == '.'; });
}

// The next number of a dotted text, without zeros in front, so that longer is larger.
std::string_view next_number(std::string_view& text) {
  const std::size_t end = std::min(text.find('.'), text.size());
  std::string_view number = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

int compare_numbers(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) {
    return left.size() < right.size() ? -1 : 1;
  }
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int compare_dotted(std::string_view left, std::string_view right) {
  while (!left.empty() || !right.empty()) {
    const std::string_view first = next_number(left);
    const std::string_view second = next_number(right);
    if (const int order = compare_numbers(first, second); order != 0) {
      return order;
    }
  }
  return 0;
}

}  // namespace

std::string_view name_of(AcceptanceLevel level) {
  const auto number = static_cast<std::size_t>(level);
  return kLevels.at(number < kLevels.size() ? number : 0);
}

std::optional<AcceptanceLevel> acceptance_level_named(std::string_view name) {
  const auto* const found = std::find(kLevels.begin(), kLevels.end(), name);
  return found == kLevels.end()
             ? std::nullopt
             : std::optional(static_cast<AcceptanceLevel>(found - kLevels.begin()));
}

std::string title_of(const Vib& vib) {
  return escaped(vib.name, kTitlePartMax) + " " + escaped(vib.version, kTitlePartMax);
}

EsxiVersion esxi_version_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::string_view release = text.substr(0, dash);
  if (!is_release(release)) {
    return {};
  }
  EsxiVersion out{std::string(release), {}};
  if (dash == std::string_view::npos) {
    return out;
  }
  const std::string_view rest = text.substr(dash + 1);
  const std::string_view build = rest.substr(rest.find_last_of("-.") + 1);  // npos + 1 is 0
  if (!build.empty() && std::all_of(build.begin(), build.end(), is_digit)) {
    out.build = build;
  }
  return out;
}

int compare(const EsxiVersion& left, const EsxiVersion& right) {
  const int order = compare_dotted(left.version, right.version);
  return order != 0 ? order : compare_dotted(left.build, right.build);
}

std::string title_of(const EsxiVersion& version) {
  return escaped(version.version) +
         (version.build.empty() ? std::string() : " build " + escaped(version.build));
}

void derive_from_vibs(BaseImage& image) {
  image.version = {};
  image.acceptance = image.vibs.empty() ? AcceptanceLevel::kUnknown : AcceptanceLevel::kCertified;
  for (const Vib& vib : image.vibs) {
    image.acceptance = std::min(image.acceptance, vib.acceptance);
    if (vib.name == kEsxBase) {
      image.version = esxi_version_of(vib.version);
    }
  }
}

}  // namespace quotemill
