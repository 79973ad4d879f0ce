// What was inferred, in words for an operator.
#include <array>

#include "engine/base/text.h"
#include "engine/esxi/image/software.h"

namespace quotemill {
namespace {

std::string text_of(const std::optional<Digest>& digest) {
  return digest ? std::string(name_of(digest->algorithm())) + ":" + digest->hex() : "none";
}

std::string image_words(const BaseImage* image) {
  return image == nullptr ? "no known image has it" : "image " + escaped(image->name, 100);
}

std::string with_vib(const std::string& vib) {
  return vib.empty() ? std::string() : " of VIB " + vib;
}

}  // namespace

std::string_view name_of(ImageMatch match) {
  static constexpr std::array<std::string_view, 5> kNames = {"none", "exact", "superset", "mixed",
                                                             "different"};
  return kNames.at(static_cast<std::size_t>(match));
}

std::string_view name_of(ModuleProblemKind kind) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "unknown", "changed", "other_version", "extra", "renamed", "missing", "options", "database"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string describe(const ModuleProblem& problem, const BaseImage* image) {
  const std::string name = escaped(problem.name, 64);
  const std::string has = " has digest " + text_of(problem.digest);
  switch (problem.kind) {
    case ModuleProblemKind::kUnknown:
      return "module " + name + has + ", which no known VIB has";
    case ModuleProblemKind::kChanged:
    case ModuleProblemKind::kOtherVersion:
      return "module " + name + with_vib(problem.vib) + has + "; " + image_words(image) + " has " +
             problem.expected_vib +
             (problem.expected ? " with " + text_of(problem.expected) : std::string());
    case ModuleProblemKind::kExtra:
      return "module " + name + with_vib(problem.vib) + has + "; " + image_words(image) +
             " does not have that VIB";
    case ModuleProblemKind::kRenamed:
      return "module " + name + " is " + escaped(problem.expected_name, 64) +
             with_vib(problem.vib) + " (" + text_of(problem.digest) + ") under another name";
    case ModuleProblemKind::kMissing:
      return image_words(image) + " boots " + name + with_vib(problem.expected_vib) + " (" +
             text_of(problem.expected) + "); the host did not";
    case ModuleProblemKind::kOptions:
      return "options file " + name + has + ", which no known VIB has: somebody changed it";
    case ModuleProblemKind::kDatabase:
      if (!problem.digest) {
        return "no image database (" + name + ") was booted: nothing tells what is installed";
      }
      return "image database " + name + has + ", which is none of those that were imported";
  }
  return {};
}

std::string describe(const StaticSoftware& software) {
  if (software.image == nullptr) {
    return "no known image";
  }
  std::string out = "image " + escaped(software.image->name, 100);
  if (software.version.is_known()) {
    out += ", " + title_of(software.version);
  }
  std::size_t others = 0;
  for (const InferredVib& vib : software.vibs) {
    others += vib.is_in_image ? 0U : 1U;
  }
  if (others != 0) {
    out += ", and " + std::to_string(others) + (others == 1 ? " other VIB" : " other VIBs");
  }
  return out;
}

}  // namespace quotemill
