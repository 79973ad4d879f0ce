#include "engine/esxi/image/software.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/text.h"

namespace quotemill {
namespace {

void add_source(std::string& out, std::string_view source, const EsxiVersion& version) {
  out += (out.empty() ? "" : ", ") + std::string(source) + " " + title_of(version);
}

struct VersionSource {
  std::string_view words;
  EsxiVersion version;
};

// A build that one of them does not tell is no contradiction.
bool agree(const EsxiVersion& left, const EsxiVersion& right) {
  EsxiVersion other = right;
  if (left.build.empty() || right.build.empty()) {
    other.build = left.build;
  }
  return compare(left, other) == 0;
}

// What is there and tells no version is a contradiction of its own.
std::string conflict_of(const SoftwareEvidence& evidence, const SoftwareReport& report) {
  const std::array sources = {
      VersionSource{"the modules are of", report.fixed->version},
      VersionSource{"the boot loader's record tells", esxi_version_of(evidence.version_record)},
      VersionSource{"the host's image database tells",
                    report.database ? report.database->version : EsxiVersion()},
      VersionSource{"the kernel tells", esxi_version_of(evidence.system_version)}};
  if (!evidence.version_record.empty() && !sources[1].version.is_known()) {
    return "the boot loader's record tells '" + escaped(evidence.version_record, 64) + "'";
  }
  if (!evidence.system_version.empty() && !sources[3].version.is_known()) {
    return "the kernel tells '" + escaped(evidence.system_version, 64) + "'";
  }
  bool is_conflict = false;
  std::string words;
  const EsxiVersion* first = nullptr;
  for (const VersionSource& source : sources) {
    if (source.version.is_known()) {
      first = first == nullptr ? &source.version : first;
      is_conflict = is_conflict || !agree(*first, source.version);
      add_source(words, source.words, source.version);
    }
  }
  return is_conflict ? words : std::string();
}

// Whether exactly one of the VIBs that have the content is installed, as the database tells.
bool is_settled(const ImageIndex& index, const Digest& content, const BaseImage& database) {
  const Vib* only = nullptr;
  for (const ImageIndex::Place& place : index.find(content)) {
    const Vib& vib = index.vib(place);
    const bool is_installed = std::any_of(
        database.vibs.begin(), database.vibs.end(),
        [&vib](const Vib& each) { return each.name == vib.name && each.version == vib.version; });
    if (is_installed && only != nullptr &&
        (only->name != vib.name || only->version != vib.version)) {
      return false;
    }
    only = is_installed ? &vib : only;
  }
  return only != nullptr;
}

// Without it nothing tells what is installed beside what was booted.
ModuleProblem absent_database(const HostModules& own) {
  ModuleProblem problem;
  problem.kind = ModuleProblemKind::kDatabase;
  problem.name = own.database;
  return problem;
}

}  // namespace

std::vector<ModuleRole> roles_of(const ImageIndex& index, std::span<const MeasuredModule> modules,
                                 const HostModules& own) {
  std::vector<ModuleRole> roles(modules.size(), ModuleRole::kStatic);
  std::vector<std::string_view> seen;
  for (std::size_t i = modules.size(); i-- > 0;) {
    const std::string_view name = file_name_of(modules[i].name);
    const bool is_database = name == own.database;
    const bool is_own =
        is_database || std::find(own.excused.begin(), own.excused.end(), name) != own.excused.end();
    if (modules[i].is_options) {
      continue;
    }
    if (!is_own || std::find(seen.begin(), seen.end(), name) != seen.end()) {
      break;
    }
    seen.push_back(name);
    if (index.find(modules[i].digest).empty()) {
      roles[i] = is_database ? ModuleRole::kDatabase : ModuleRole::kExcused;
    }
  }
  return roles;
}

SoftwareReport complete_report(const ImageIndex& index, const SoftwareEvidence& evidence,
                               std::span<const ModuleRole> roles,
                               std::shared_ptr<const StaticSoftware> fixed,
                               const HostModules& own) {
  SoftwareReport report;
  report.fixed = std::move(fixed);
  if (std::find(roles.begin(), roles.end(), ModuleRole::kDatabase) == roles.end()) {
    report.problems.push_back(absent_database(own));
  }
  for (std::size_t i = 0; i < evidence.modules.size(); ++i) {
    if (roles[i] != ModuleRole::kDatabase) {
      continue;
    }
    const MeasuredModule& module = evidence.modules[i];
    if (const std::optional<std::uint32_t> image = index.find_database(module.digest)) {
      report.database = index.images()[*image].image;
    } else {
      ModuleProblem problem;
      problem.kind = ModuleProblemKind::kDatabase;
      problem.module = static_cast<std::uint32_t>(i);
      problem.name = module.name;
      problem.digest = module.digest;
      report.problems.push_back(std::move(problem));
    }
  }
  for (const std::uint32_t module : report.fixed->ambiguous) {
    const bool is_told =
        report.database && is_settled(index, evidence.modules[module].digest, *report.database);
    report.ambiguous += is_told ? 0U : 1U;
  }
  report.version_conflict = conflict_of(evidence, report);
  return report;
}

SoftwareReport infer_software(const ImageIndex& index, const SoftwareEvidence& evidence,
                              const HostModules& own) {
  const std::vector<ModuleRole> roles = roles_of(index, evidence.modules, own);
  return complete_report(
      index, evidence, roles,
      std::make_shared<const StaticSoftware>(infer_static(index, evidence.modules, roles)), own);
}

}  // namespace quotemill
