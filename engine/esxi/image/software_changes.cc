#include "engine/esxi/image/software_changes.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"

namespace quotemill {
namespace {

using Modules = std::vector<const MeasuredModule*>;

constexpr std::size_t kNameMax = 64;

// Those of `all` whose content is not, or not as often, among `others`.
Modules without(std::span<const MeasuredModule> all, std::span<const MeasuredModule> others,
                const HostModules& own) {
  std::multiset<Digest> contents;
  for (const MeasuredModule& other : others) {
    contents.insert(other.digest);
  }
  Modules out;
  for (const MeasuredModule& module : all) {
    const auto same = contents.find(module.digest);
    const bool is_excused = std::find(own.excused.begin(), own.excused.end(),
                                      file_name_of(module.name)) != own.excused.end();
    if (same != contents.end()) {
      contents.erase(same);
    } else if (!is_excused) {
      out.push_back(&module);
    }
  }
  return out;
}

// Of the first known image that has the content; null if none has.
const Vib* vib_of(const ImageIndex& index, const Digest& content) {
  const auto places = index.find(content);
  return places.empty() ? nullptr : &index.vib(places.front());
}

std::string title_of(const Vib* vib) {
  return vib == nullptr ? std::string() : title_of(*vib);
}

// Versions of each VIB that has a content of the boot; several, if modules are mixed.
std::map<std::string, std::set<std::string>> vibs_of(const ImageIndex& index,
                                                     std::span<const MeasuredModule> modules) {
  std::map<std::string, std::set<std::string>> vibs;
  for (const MeasuredModule& module : modules) {
    if (const Vib* const vib = vib_of(index, module.digest)) {
      vibs[escaped(vib->name, kNameMax)].insert(escaped(vib->version, kNameMax));
    }
  }
  return vibs;
}

std::string listed(const std::set<std::string>& versions) {
  std::string out;
  for (const std::string& version : versions) {
    out += (out.empty() ? "" : ", ") + version;
  }
  return out;
}

std::vector<VibChange> vib_changes(const ImageIndex& index, std::span<const MeasuredModule> before,
                                   std::span<const MeasuredModule> after) {
  std::map<std::string, VibChange> changes;
  for (const auto& [name, versions] : vibs_of(index, before)) {
    changes[name] = {name, listed(versions), {}};
  }
  for (const auto& [name, versions] : vibs_of(index, after)) {
    changes[name].name = name;
    changes[name].after = listed(versions);
  }
  std::vector<VibChange> out;
  for (auto& [name, change] : changes) {
    if (change.before != change.after) {
      out.push_back(std::move(change));
    }
  }
  return out;
}

}  // namespace

SoftwareChanges software_changes(const ImageIndex& index, std::span<const MeasuredModule> before,
                                 std::span<const MeasuredModule> after, const HostModules& own) {
  SoftwareChanges out;
  Modules gone = without(before, after, own);
  for (const MeasuredModule* const module : without(after, before, own)) {
    ModuleChange& change = out.modules.emplace_back();
    change.name = escaped(module->name, kNameMax);
    change.after = module->digest;
    change.vib_after = title_of(vib_of(index, module->digest));
    const auto same = std::find_if(gone.begin(), gone.end(), [module](const auto* each) {
      return file_name_of(each->name) == file_name_of(module->name);
    });
    if (same != gone.end()) {
      change.before = (*same)->digest;
      change.vib_before = title_of(vib_of(index, (*same)->digest));
      gone.erase(same);
    }
  }
  for (const MeasuredModule* const module : gone) {
    out.modules.push_back({escaped(module->name, kNameMax),
                           module->digest,
                           std::nullopt,
                           title_of(vib_of(index, module->digest)),
                           {}});
  }
  out.vibs = vib_changes(index, before, after);
  return out;
}

}  // namespace quotemill
