#include "engine/esxi/log/esxi_grammar.h"

#include <algorithm>
#include <array>

#include "engine/esxi/log/limits.h"
#include "engine/esxi/log/tagged_data.h"

namespace quotemill {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view kUpdateStem = "esxupdt";
constexpr std::array<std::string_view, 4> kCoreStems = {"b", "k", "s", "sb"};
constexpr std::array<std::string_view, 2> kVersionedStems = {"b", "k"};
// The loader refuses a second one of the first five; of the others each host has one, and tools
// excuse them by their names.
constexpr std::array<std::string_view, 8> kOnceStems = {"b",       "k",     "s",     "sb",
                                                        "esxupdt", "imgdb", "state", "onetime"};

std::optional<std::size_t> index_in(Names names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::nullopt
                              : std::optional(static_cast<std::size_t>(found - names.begin()));
}

bool is_core(std::string_view file) {
  return index_in(kCoreStems, stem_of(file)).has_value();
}

}  // namespace

std::uint32_t EsxiGrammar::pcr_of(std::string_view name) const {
  if (stem_of(name) == kUpdateStem) {
    return pcrs_.update;
  }
  if (is_core(name)) {
    return pcrs_.core;
  }
  return extension_of(name) == "gz" ? pcrs_.variable : pcrs_.fixed;
}

std::optional<std::string_view> EsxiGrammar::next(const EsxiStep& step) {
  if (announced_ && step.kind != EsxiEventKind::kModule) {
    announced_.reset();
    return "a version record without its module behind it";
  }
  switch (step.kind) {
    case EsxiEventKind::kVersion:
      return version(step);
    case EsxiEventKind::kModule:
    case EsxiEventKind::kBootOptions:
      return module(step);
    case EsxiEventKind::kSigner:
      return signer(step);
    case EsxiEventKind::kCommandLine:
      return command_line(step);
    case EsxiEventKind::kAssetTag:
      return asset_tag(step);
    case EsxiEventKind::kUnknown:
    case EsxiEventKind::kSecurityOption:
    case EsxiEventKind::kBootComplete:
    case EsxiEventKind::kSystemVersion:
      return kernel(step);
    case EsxiEventKind::kLaunch:
      return (pcrs_.launch >> step.pcr & 1U) != 0
                 ? Problem()
                 : Problem("an event of the launch in another PCR");
  }
  return std::nullopt;
}

EsxiGrammar::Problem EsxiGrammar::version(const EsxiStep& step) {
  announced_ = step.name;
  ++versions_;
  if (step.pcr != pcrs_.fixed) {
    return "a version record in another PCR than that of other modules";
  }
  if (phase_ != Phase::kModules) {
    return "a version record behind the modules";
  }
  if (versions_ == 1 && modules_ > 0) {
    return "the first version record is not that of the first module";
  }
  const std::optional<std::size_t> which = index_in(kVersionedStems, stem_of(step.name));
  if (!which || versions_ > limits::esxi::kVersionsMax) {
    return "a version record of a module that has none";
  }
  if ((versioned_ >> *which & 1U) != 0) {
    return "a second version record of the same module";
  }
  versioned_ |= 1U << *which;
  return std::nullopt;
}

EsxiGrammar::Problem EsxiGrammar::module(const EsxiStep& step) {
  const bool is_announced = !announced_ || *announced_ == step.name;
  announced_.reset();
  if (modules_++ == 0) {
    first_module_ = step.name;
    if (is_loader() && !is_core(step.name)) {
      return "the first module is not the kernel";
    }
  }
  if (!is_announced) {
    return "a version record in front of another module";
  }
  if (is_loader() && phase_ != Phase::kModules) {
    return "a module or options file behind the signers or the command line";
  }
  if (const Problem problem = place(step)) {
    return problem;
  }
  return repeated(step.name);
}

EsxiGrammar::Problem EsxiGrammar::place(const EsxiStep& step) const {
  const bool is_launched = (pcrs_.launch >> step.pcr & 1U) != 0 && is_core(step.name);
  if (step.pcr != pcr_of(step.name) && !is_launched) {
    return "a module in another PCR than its name belongs into";
  }
  if ((step.kind == EsxiEventKind::kBootOptions) != (step.pcr == pcrs_.variable)) {
    return step.kind == EsxiEventKind::kBootOptions ? "an options file in a PCR of modules"
                                                    : "a module in the PCR of options";
  }
  return std::nullopt;
}

EsxiGrammar::Problem EsxiGrammar::repeated(std::string_view name) {
  const std::optional<std::size_t> which = index_in(kOnceStems, stem_of(name));
  if (!which) {
    return std::nullopt;
  }
  if ((once_seen_ >> *which & 1U) != 0) {
    return "a second module of a name that is there once";
  }
  once_seen_ |= 1U << *which;
  return std::nullopt;
}

EsxiGrammar::Problem EsxiGrammar::signer(const EsxiStep& step) {
  if (step.pcr != pcrs_.variable) {
    return "a signer in a PCR of modules";
  }
  if (phase_ > Phase::kSigners || modules_ == 0) {
    return "a signer in front of the modules, or behind the command line";
  }
  phase_ = Phase::kSigners;
  return ++signers_ > limits::esxi::kSignersMax ? Problem("more signers than ESXi has") : Problem();
}

EsxiGrammar::Problem EsxiGrammar::command_line(const EsxiStep& step) {
  if (step.pcr != pcrs_.variable) {
    return "a command line in a PCR of modules";
  }
  if (phase_ >= Phase::kCommandLine) {
    return "a second command line";
  }
  phase_ = Phase::kCommandLine;
  if (is_loader() && step.name != first_module_) {
    return "a command line of another kernel than the first module";
  }
  return std::nullopt;
}

EsxiGrammar::Problem EsxiGrammar::asset_tag(const EsxiStep& step) {
  if (step.pcr != pcrs_.variable) {
    return "an asset tag in a PCR of modules";
  }
  if (phase_ != Phase::kCommandLine) {
    return "an asset tag that is not directly behind the command line";
  }
  phase_ = Phase::kAssetTag;
  return std::nullopt;
}

EsxiGrammar::Problem EsxiGrammar::kernel(const EsxiStep& step) {
  if (step.pcr != pcrs_.variable) {
    return "an event that is no module in a PCR of modules";
  }
  if (phase_ < Phase::kCommandLine) {
    return "an event of the kernel in front of the command line";
  }
  phase_ = Phase::kKernel;
  return std::nullopt;
}

std::optional<std::string_view> EsxiGrammar::finish() {
  if (announced_) {
    return "a version record without its module behind it";
  }
  if (modules_ == 0) {
    return "no module";
  }
  if (phase_ < Phase::kCommandLine) {
    return "no command line";
  }
  return std::nullopt;
}

}  // namespace quotemill
