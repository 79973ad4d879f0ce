#include "engine/appraise/appraise_esxi.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "engine/appraise/appraise_esxi_start.h"
#include "engine/appraise/broken_rule.h"
#include "engine/base/text.h"
#include "engine/esxi/log/tagged_data.h"
#include "engine/eventlog/decode/secrets.h"

namespace quotemill {
namespace {

constexpr std::size_t kProblemsTold = 16;  // bound: of one kind; a wrong image has hundreds

// The modules that the boot loader writes a version record of (esx-boot, tpm.c), and since which
// release. Whether `k` has one in each is in no public source.
struct RecordedModule {
  std::string_view stem;
  std::string_view since;
  bool is_always_there = false;
};

constexpr std::array kRecordedModules = {RecordedModule{"b", "8.0", true},
                                         RecordedModule{"k", "8.0", false}};

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// A bound without a build is one for all of its builds.
int compare_with_bound(const EsxiVersion& version, const EsxiVersion& bound) {
  EsxiVersion seen = version;
  if (bound.build.empty()) {
    seen.build.clear();
  }
  return compare(seen, bound);
}

// The options of the boot loader's line: what stands behind the module's path.
std::vector<std::string_view> options_of(std::string_view line) {
  std::vector<std::string_view> options;
  bool is_path = true;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (!is_path && !word.empty()) {
      options.push_back(word);
    }
    is_path = is_path && word.empty();
  }
  return options;
}

class EsxiAppraisal {
 public:
  EsxiAppraisal(const EsxiBoot& boot, const Snapshot& snapshot)
      : boot_(boot), snapshot_(snapshot), rules_(snapshot.policy().esxi) {}

  Findings run(const SecureBootClaim& secure_boot, std::uint32_t proven_pcrs,
               SoftwareMemo* memo) && {
    if (const std::string why = disbelief(proven_pcrs); !why.empty()) {
      add(FindingCode::kEsxiImageUnknown, strictest(), why);
      return std::move(findings_);
    }
    report_ = esxi_software(boot_, snapshot_, memo);
    judge_image();
    judge_problems();
    judge_version();
    judge_records();
    judge_vibs();
    append(appraise_esxi_start(boot_, secure_boot, proven_pcrs, snapshot_), findings_);
    judge_command_line();
    judge_settings();
    return std::move(findings_);
  }

 private:
  // --- What is believed

  [[nodiscard]] std::string disbelief(std::uint32_t proven_pcrs) const {
    if (boot_.layout == EsxiLayout::kNone) {
      return "the log is none of ESXi";
    }
    if (!is_in_order(boot_)) {
      return "the log is not what ESXi measures, so nothing of it is believed";
    }
    if (boot_.pcrs == 0 || (boot_.pcrs & ~proven_pcrs) != 0) {
      return "no quote proves the PCRs that ESXi measured into";
    }
    return {};
  }

  [[nodiscard]] RuleAction strictest() const {
    return std::max({rules_.image, rules_.modules, rules_.extra, rules_.database, rules_.version,
                     rules_.vibs, rules_.exec_installed_only, rules_.secure_boot, rules_.authority,
                     rules_.loader, rules_.signer, rules_.cmdline, rules_.asset_tag});
  }

  // --- Modules

  void judge_image() {
    const StaticSoftware& software = *report_.fixed;
    const auto& known = snapshot_.images()->images();
    if (std::none_of(known.begin(), known.end(),
                     [](const KnownImage& image) { return image.is_approved; })) {
      add(FindingCode::kEsxiImagesAbsent, rules_.image, {});
    }
    if (software.match == ImageMatch::kNone) {
      add(FindingCode::kEsxiImageUnknown, rules_.image, {});
      return;
    }
    if (!software.is_approved) {
      add(FindingCode::kEsxiImageNotApproved, rules_.image, describe(software));
    }
    if (software.match == ImageMatch::kExact || software.match == ImageMatch::kSuperset) {
      if (Finding* const finding =
              add(FindingCode::kEsxiImage, RuleAction::kInfo, describe(software))) {
        finding->expected = software.image_id;
      }
    }
  }

  void judge_problems() {
    std::array<std::size_t, 8> told{};
    for (const std::vector<ModuleProblem>* const problems :
         std::array<const std::vector<ModuleProblem>*, 2>{&report_.fixed->problems,
                                                          &report_.problems}) {
      for (const ModuleProblem& problem : *problems) {
        if (problem.kind == ModuleProblemKind::kExtra && problem.is_approved) {
          continue;
        }
        std::size_t& count = told.at(static_cast<std::size_t>(problem.kind));
        ++count;
        if (count <= kProblemsTold) {
          add(problem);
        }
      }
    }
    for (std::size_t kind = 0; kind < told.size(); ++kind) {
      if (told.at(kind) > kProblemsTold) {
        const auto [code, action] = rule_of(static_cast<ModuleProblemKind>(kind));
        add(code, action,
            "and " + std::to_string(told.at(kind) - kProblemsTold) + " more such modules");
      }
    }
  }

  void add(const ModuleProblem& problem) {
    const auto [code, action] = rule_of(problem.kind);
    Finding* const finding = add(code, action, describe(problem, report_.fixed->image.get()));
    if (finding == nullptr) {
      return;
    }
    finding->digest = problem.digest;
    finding->expected = problem.expected;
    if (problem.module) {
      finding->event = boot_.modules[*problem.module].event;
      finding->pcr = boot_.modules[*problem.module].pcr;
    }
  }

  [[nodiscard]] std::pair<FindingCode, RuleAction> rule_of(ModuleProblemKind kind) const {
    switch (kind) {
      case ModuleProblemKind::kUnknown:
        return {FindingCode::kEsxiModuleUnknown, rules_.modules};
      case ModuleProblemKind::kChanged:
        return {FindingCode::kEsxiModuleChanged, rules_.modules};
      case ModuleProblemKind::kOtherVersion:
        return {FindingCode::kEsxiImageMixed, rules_.modules};
      case ModuleProblemKind::kExtra:
        return {FindingCode::kEsxiModuleExtra, rules_.extra};
      case ModuleProblemKind::kRenamed:
        return {FindingCode::kEsxiModuleRenamed, rules_.renamed};
      case ModuleProblemKind::kMissing:
        return {FindingCode::kEsxiModuleMissing, rules_.modules};
      case ModuleProblemKind::kOptions:
        return {FindingCode::kEsxiOptions, rules_.modules};
      case ModuleProblemKind::kDatabase:
        return {FindingCode::kEsxiDatabase, rules_.database};
    }
    return {FindingCode::kEsxiModuleUnknown, RuleAction::kFail};
  }

  // --- Version and VIBs

  void judge_version() {
    const EsxiVersion& version = report_.fixed->version;
    if (!report_.version_conflict.empty()) {
      add(FindingCode::kEsxiVersionConflict, rules_.version, report_.version_conflict);
    }
    for (const EsxiVersionRecord& record : boot_.versions) {
      if (record.version != boot_.versions.front().version) {
        add(FindingCode::kEsxiVersionConflict, rules_.version,
            "the boot loader's records tell '" + escaped(boot_.versions.front().version, 64) +
                "' and '" + escaped(record.version, 64) + "'");
      }
    }
    if (!version.is_known()) {
      // Which records the boot loader must have written is not known then, either.
      if (report_.fixed->match != ImageMatch::kNone || rules_.min_version.is_known() ||
          rules_.max_version.is_known()) {
        add(FindingCode::kEsxiVersionUnknown, rules_.version, {});
      }
      return;
    }
    if (rules_.min_version.is_known() && compare_with_bound(version, rules_.min_version) < 0) {
      add(FindingCode::kEsxiVersionNotApproved, rules_.version,
          title_of(version) + "; the policy asks for at least " + title_of(rules_.min_version));
    }
    if (rules_.max_version.is_known() && compare_with_bound(version, rules_.max_version) > 0) {
      add(FindingCode::kEsxiVersionNotApproved, rules_.version,
          title_of(version) + "; the policy asks for at most " + title_of(rules_.max_version));
    }
  }

  // A record that the release of the modules does not have may be a module that is shown as one,
  // and one that is missing leaves its place to such a module: an older boot loader, signed by the
  // same vendor, writes none.
  void judge_records() {
    const EsxiVersion& version = report_.fixed->version;
    if (!version.is_known()) {
      return;
    }
    for (const RecordedModule& recorded : kRecordedModules) {
      const EsxiVersionRecord* const record = record_of(recorded.stem);
      const bool may_be = boot_.layout == EsxiLayout::kLoader &&
                          compare_with_bound(version, esxi_version_of(recorded.since)) >= 0;
      const std::string what = "record of " + std::string(recorded.stem) + " by the boot loader, ";
      if (record != nullptr && !may_be) {
        if (Finding* const finding =
                add(FindingCode::kEsxiVersionConflict, rules_.version,
                    "there is a " + what + "and ESXi " + title_of(version) + " has none")) {
          finding->event = record->event;
        }
      } else if (record == nullptr && may_be && recorded.is_always_there) {
        add(FindingCode::kEsxiVersionConflict, rules_.version,
            "there is no " + what + "and ESXi " + title_of(version) + " has one");
      }
    }
  }

  [[nodiscard]] const EsxiVersionRecord* record_of(std::string_view stem) const {
    const auto found = std::find_if(boot_.versions.begin(), boot_.versions.end(),
                                    [stem](const EsxiVersionRecord& record) {
                                      return stem_of(file_of_path(record.file)) == stem;
                                    });
    return found == boot_.versions.end() ? nullptr : &*found;
  }

  // What was booted; and what else is installed, as the host's own database tells: not every VIB
  // brings something that is booted.
  void judge_vibs() {
    const std::vector<InferredVib>& booted = report_.fixed->vibs;
    for (const InferredVib& vib : booted) {
      judge_vib(vib.name, vib.version, vib.acceptance);
    }
    if (report_.database == nullptr) {
      return;
    }
    const auto key = [](const auto& each) { return std::tie(each.name, each.version); };
    for (const Vib& vib : report_.database->vibs) {
      // They are in the order of their names and versions.
      const auto found = std::lower_bound(
          booted.begin(), booted.end(), vib,
          [&key](const auto& each, const auto& sought) { return key(each) < key(sought); });
      if (found == booted.end() || key(*found) != key(vib)) {
        judge_vib(vib.name, vib.version, vib.acceptance);
      }
    }
  }

  void judge_vib(const std::string& name, const std::string& version, AcceptanceLevel acceptance) {
    // Hundreds of VIBs, of which none is told as a rule.
    const auto title = [&] { return escaped(name, 64) + " " + escaped(version, 64); };
    if (is_denied(name, version)) {
      add(FindingCode::kEsxiVibDenied, rules_.vibs, title());
    }
    if (acceptance < rules_.min_acceptance) {
      add(FindingCode::kEsxiVibAcceptance, rules_.vibs,
          title() + " is " + std::string(name_of(acceptance)) + "; the policy asks for " +
              std::string(name_of(rules_.min_acceptance)));
    }
  }

  [[nodiscard]] bool is_denied(const std::string& name, const std::string& version) const {
    return std::any_of(
        rules_.deny_vibs.begin(), rules_.deny_vibs.end(), [&](const DeniedVib& denied) {
          return denied.name == name && (denied.version.empty() || denied.version == version);
        });
  }

  // --- Settings

  // What stands behind '=' may be a recovery key: it is never told. Rules see secrets overwritten,
  // as a kept log has them, so that a verdict is the same by either.
  void judge_command_line() {
    if (rules_.cmdline_allow.empty() && rules_.cmdline_deny.empty()) {
      return;
    }
    if (!boot_.command_line) {
      add(FindingCode::kEsxiCommandLine, rules_.cmdline, "not been measured");
      return;
    }
    const Bytes shown = without_secrets(as_bytes(*boot_.command_line));
    for (const std::string_view option : options_of(as_text(shown))) {
      const bool is_denied = rules_.cmdline_denied.may_match(option);
      const bool is_allowed = rules_.cmdline_allow.empty() || rules_.cmdline_allowed.match(option);
      if (is_denied || !is_allowed) {
        Finding* const finding =
            add(FindingCode::kEsxiCommandLine, rules_.cmdline,
                "option '" + escaped(option.substr(0, option.find('=')), 64) + "', which the " +
                    (is_denied ? "policy denies" : "policy does not allow"));
        if (finding != nullptr) {
          finding->event = boot_.command_line_event;
          finding->pcr = variable_pcr();
        }
      }
    }
  }

  [[nodiscard]] std::optional<std::uint32_t> variable_pcr() const {
    const EsxiPcrs* const pcrs = known_esxi_format().pcrs(boot_.layout);
    return pcrs == nullptr ? std::nullopt : std::optional(pcrs->variable);
  }

  void judge_settings() {
    if (boot_.exec_installed_only != true) {
      add(FindingCode::kEsxiExecInstalledOnly, rules_.exec_installed_only,
          boot_.exec_installed_only ? "off" : "not told by the kernel");
    }
    if (rules_.asset_tags.empty()) {
      return;
    }
    if (!boot_.asset_tag) {
      add(FindingCode::kEsxiAssetTag, rules_.asset_tag, "not set");
    } else if (!holds(rules_.asset_tags, std::string(as_text(*boot_.asset_tag)))) {
      add(FindingCode::kEsxiAssetTag, rules_.asset_tag,
          "'" + escaped(as_text(*boot_.asset_tag), 64) + "'");
    }
  }

  Finding* add(FindingCode code, RuleAction action, std::string subject) {
    return add_broken_rule(code, action, std::move(subject), findings_);
  }

  const EsxiBoot& boot_;
  const Snapshot& snapshot_;
  const EsxiRules& rules_;
  SoftwareReport report_;
  Findings findings_;
};

}  // namespace

std::vector<MeasuredModule> measured_modules(const EsxiBoot& boot) {
  std::vector<MeasuredModule> modules;
  modules.reserve(boot.modules.size());
  for (const EsxiModule& module : boot.modules) {
    modules.push_back({module.name, module.digest, module.is_options, module.event});
  }
  return modules;
}

SoftwareReport esxi_software(const EsxiBoot& boot, const Snapshot& snapshot, SoftwareMemo* memo) {
  const std::vector<MeasuredModule> modules = measured_modules(boot);
  SoftwareEvidence evidence{modules, {}, boot.system_version.value_or(std::string_view())};
  if (!boot.versions.empty()) {
    evidence.version_record = boot.versions.front().version;
  }
  HostModules own;
  own.excused = snapshot.policy().esxi.host_modules;
  const std::shared_ptr<const ImageIndex>& images = snapshot.images();
  return memo == nullptr ? infer_software(*images, evidence, own)
                         : memo->infer(images, evidence, own);
}

Findings appraise_esxi(const EsxiBoot& boot, const SecureBootClaim& secure_boot,
                       std::uint32_t proven_pcrs, const Snapshot& snapshot, SoftwareMemo* memo) {
  if (!snapshot.policy().esxi.is_on || snapshot.images() == nullptr) {
    return {};
  }
  return EsxiAppraisal(boot, snapshot).run(secure_boot, proven_pcrs, memo);
}

}  // namespace quotemill
