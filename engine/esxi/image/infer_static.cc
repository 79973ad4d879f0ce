// The modules that all hosts of an image share: which image they are of, and what of them is not.
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "engine/esxi/image/software.h"

namespace quotemill {
namespace {

using Place = ImageIndex::Place;

// How well an image explains the modules.
struct Score {
  std::uint32_t image = 0;
  std::size_t matches = 0;  // modules with a content of the image
  std::size_t missing = 0;  // boot files of the image that no module has the content of
};

class Matcher {
 public:
  Matcher(const ImageIndex& index, std::span<const MeasuredModule> modules,
          std::span<const ModuleRole> roles)
      : index_(index), modules_(modules), roles_(roles) {}

  StaticSoftware infer() {
    if (const std::optional<std::uint32_t> image = nearest_image()) {
      image_ = *image;
      has_image_ = true;
      out_.image = index_.images()[image_].image;
      out_.is_approved = index_.images()[image_].is_approved;
      out_.image_id = index_.images()[image_].id;
      is_there_.resize(index_.boot_files(image_).size());
    }
    for (std::uint32_t i = 0; i < modules_.size(); ++i) {
      if (roles_[i] == ModuleRole::kStatic) {
        judge(i);
      }
    }
    add_missing();
    conclude();
    return std::move(out_);
  }

 private:
  // --- The image

  [[nodiscard]] std::vector<Score> scores(bool& are_all_known) const {
    std::vector<Score> scores(index_.images().size());
    std::vector<std::vector<bool>> there(scores.size());
    for (std::uint32_t image = 0; image < scores.size(); ++image) {
      scores[image] = {image, 0, index_.boot_files(image).size()};
      there[image].resize(index_.boot_files(image).size());
    }
    are_all_known = true;
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      if (roles_[i] != ModuleRole::kStatic) {
        continue;
      }
      const std::span<const Place> places = index_.find(modules_[i].digest);
      are_all_known = are_all_known && (!places.empty() || is_harmless(modules_[i]));
      count(places, scores, there);
    }
    return scores;
  }

  // Places come in the order of the images.
  void count(std::span<const Place> places, std::vector<Score>& scores,
             std::vector<std::vector<bool>>& there) const {
    std::optional<std::uint32_t> last;
    for (const Place& place : places) {
      scores[place.image].matches += last == place.image ? 0U : 1U;
      last = place.image;
      const std::optional<std::size_t> file = boot_file(place);
      if (file && !there[place.image][*file]) {
        there[place.image][*file] = true;
        --scores[place.image].missing;
      }
    }
  }

  [[nodiscard]] std::optional<std::uint32_t> nearest_image() const {
    bool are_all_known = false;
    const std::vector<Score> all = scores(are_all_known);
    const auto rank = [&](const Score& score) {
      const bool is_approved = index_.images()[score.image].is_approved;
      const bool is_whole = are_all_known && score.missing == 0;
      return std::tuple(is_whole, is_whole && is_approved, score.matches, is_approved,
                        -static_cast<std::ptrdiff_t>(score.missing));
    };
    const Score* best = nullptr;
    for (const Score& score : all) {
      if (index_.is_bootable(score.image) && score.matches != 0 &&
          (best == nullptr || rank(*best) < rank(score))) {
        best = &score;
      }
    }
    return best == nullptr ? std::nullopt : std::optional(best->image);
  }

  // --- One module

  // Options that say nothing.
  static bool is_harmless(const MeasuredModule& module) {
    return module.is_options && (is_empty_content(module.digest) || is_newline(module.digest));
  }

  void judge(std::uint32_t number) {
    const MeasuredModule& module = modules_[number];
    const std::span<const Place> places = index_.find(module.digest);
    const auto own = std::find_if(places.begin(), places.end(), [this](const Place& place) {
      return has_image_ && place.image == image_;
    });
    if (own != places.end()) {
      take(number, own, places);
    } else if (!places.empty()) {
      take_foreign(number, places);
    } else if (is_harmless(module)) {
      account_for(file_name_of(module.name));
    } else {
      take_unknown(number);
    }
  }

  // `own`: the first of the image's places.
  void take(std::uint32_t number, std::span<const Place>::iterator own,
            std::span<const Place> places) {
    const std::string_view name = file_name_of(modules_[number].name);
    const Place* named = &*own;
    bool is_named = false;
    for (auto place = own; place != places.end() && place->image == image_; ++place) {
      mark(*place);
      if (is_listed_as(index_.payload(*place), name)) {
        named = &*place;
        is_named = true;
      }
    }
    count_vib(*named, true);
    if (!is_named) {
      ModuleProblem& problem = add(ModuleProblemKind::kRenamed, number);
      problem.vib = title_of(index_.vib(*named));
      problem.expected_name = index_.payload(*named).boot_file;
    }
  }

  // Nothing can be said of a name where the image says none. The launch of the older layout lists
  // the kernel's first part without its extension.
  static bool is_listed_as(const VibPayload& payload, std::string_view name) {
    const std::string_view file = payload.boot_file;
    return file.empty() || name == file ||
           (name.find('.') == std::string_view::npos && name == file.substr(0, file.rfind('.')));
  }

  void take_foreign(std::uint32_t number, std::span<const Place> places) {
    const Place* best = &places.front();
    bool is_approved = false;
    for (const Place& place : places) {
      is_approved = is_approved || index_.images()[place.image].is_approved;
      if (rank(place) > rank(*best)) {
        best = &place;
      }
    }
    if (has_several_vibs(places)) {
      out_.ambiguous.push_back(number);
    }
    count_vib(*best, false, is_approved);
    if (modules_[number].is_options && is_harmless(modules_[number])) {
      account_for(file_name_of(modules_[number].name));
      return;
    }
    const Vib* const expected = vib_of_image(index_.vib(*best).name);
    ModuleProblem& problem = add(
        expected == nullptr ? ModuleProblemKind::kExtra : ModuleProblemKind::kOtherVersion, number);
    problem.vib = title_of(index_.vib(*best));
    problem.is_approved = is_approved;
    if (expected != nullptr) {
      problem.expected_vib = title_of(*expected);
      expect(problem, *expected, index_.payload(*best).name);
    }
  }

  [[nodiscard]] std::pair<bool, bool> rank(const Place& place) const {
    return {vib_of_image(index_.vib(place).name) != nullptr,
            index_.images()[place.image].is_approved};
  }

  [[nodiscard]] bool has_several_vibs(std::span<const Place> places) const {
    const Vib& first = index_.vib(places.front());
    return std::any_of(places.begin(), places.end(), [&](const Place& place) {
      const Vib& vib = index_.vib(place);
      return vib.name != first.name || vib.version != first.version;
    });
  }

  void take_unknown(std::uint32_t number) {
    const MeasuredModule& module = modules_[number];
    const std::optional<std::size_t> file =
        has_image_ ? index_.find_boot_file(image_, file_name_of(module.name)) : std::nullopt;
    if (!file) {
      add(module.is_options ? ModuleProblemKind::kOptions : ModuleProblemKind::kUnknown, number);
      return;
    }
    const Place& place = index_.boot_files(image_)[*file];
    is_there_[*file] = true;
    ModuleProblem& problem =
        add(module.is_options ? ModuleProblemKind::kOptions : ModuleProblemKind::kChanged, number);
    problem.expected = index_.payload(place).digest;
    problem.expected_vib = title_of(index_.vib(place));
  }

  // The image's payload of that name stands for the one that was measured.
  void expect(ModuleProblem& problem, const Vib& vib, std::string_view payload) {
    for (const VibPayload& each : vib.payloads) {
      if (each.name == payload) {
        problem.expected = each.digest;
        account_for(each.boot_file);
      }
    }
  }

  // --- Bookkeeping

  ModuleProblem& add(ModuleProblemKind kind, std::uint32_t number) {
    ModuleProblem problem;
    problem.kind = kind;
    problem.module = number;
    problem.name = modules_[number].name;
    problem.digest = modules_[number].digest;
    out_.problems.push_back(std::move(problem));
    return out_.problems.back();
  }

  [[nodiscard]] std::optional<std::size_t> boot_file(const Place& place) const {
    const std::string& name = index_.payload(place).boot_file;
    return name.empty() ? std::nullopt : index_.find_boot_file(place.image, name);
  }

  void mark(const Place& place) {
    if (const std::optional<std::size_t> file = boot_file(place)) {
      is_there_[*file] = true;
    }
  }

  void account_for(std::string_view name) {
    const std::optional<std::size_t> file =
        has_image_ && !name.empty() ? index_.find_boot_file(image_, name) : std::nullopt;
    if (file) {
      is_there_[*file] = true;
    }
  }

  [[nodiscard]] const Vib* vib_of_image(std::string_view name) const {
    if (!has_image_) {
      return nullptr;
    }
    const std::vector<Vib>& vibs = index_.images()[image_].image->vibs;
    const auto found =
        std::find_if(vibs.begin(), vibs.end(), [name](const Vib& vib) { return vib.name == name; });
    return found == vibs.end() ? nullptr : &*found;
  }

  void count_vib(const Place& place, bool is_in_image, bool is_approved = false) {
    const Vib& vib = index_.vib(place);
    InferredVib& counted = vibs_[std::tuple(vib.name, vib.version, vib.vendor)];
    counted.name = vib.name;
    counted.version = vib.version;
    counted.vendor = vib.vendor;
    counted.acceptance = vib.acceptance;
    counted.is_in_image = is_in_image;
    counted.is_approved = is_in_image ? out_.is_approved : is_approved;
    ++counted.modules;
  }

  void add_missing() {
    for (std::size_t i = 0; i < is_there_.size(); ++i) {
      if (!is_there_[i]) {
        const Place& place = index_.boot_files(image_)[i];
        ModuleProblem problem;
        problem.kind = ModuleProblemKind::kMissing;
        problem.name = index_.payload(place).boot_file;
        problem.expected = index_.payload(place).digest;
        problem.expected_vib = title_of(index_.vib(place));
        out_.problems.push_back(std::move(problem));
      }
    }
  }

  [[nodiscard]] bool has(ModuleProblemKind kind) const {
    return std::any_of(out_.problems.begin(), out_.problems.end(),
                       [kind](const ModuleProblem& problem) { return problem.kind == kind; });
  }

  [[nodiscard]] ImageMatch match() const {
    if (!has_image_) {
      return ImageMatch::kNone;
    }
    if (has(ModuleProblemKind::kOtherVersion)) {
      return ImageMatch::kMixed;
    }
    for (const ModuleProblemKind kind :
         {ModuleProblemKind::kUnknown, ModuleProblemKind::kChanged, ModuleProblemKind::kMissing,
          ModuleProblemKind::kOptions}) {
      if (has(kind)) {
        return ImageMatch::kDifferent;
      }
    }
    return has(ModuleProblemKind::kExtra) ? ImageMatch::kSuperset : ImageMatch::kExact;
  }

  void conclude() {
    out_.match = match();
    out_.acceptance = vibs_.empty() ? AcceptanceLevel::kUnknown : AcceptanceLevel::kCertified;
    // Of several versions of esx-base, the one that most modules are of.
    std::uint32_t most = 0;
    for (auto& [key, vib] : vibs_) {
      out_.acceptance = std::min(out_.acceptance, vib.acceptance);
      if (vib.name == kEsxBase && vib.modules > most) {
        most = vib.modules;
        out_.version = esxi_version_of(vib.version);
      }
      out_.vibs.push_back(std::move(vib));
    }
  }

  const ImageIndex& index_;
  const std::span<const MeasuredModule> modules_;
  const std::span<const ModuleRole> roles_;
  std::uint32_t image_ = 0;
  bool has_image_ = false;
  std::vector<bool> is_there_;  // of the image's boot files
  std::map<std::tuple<std::string, std::string, std::string>, InferredVib> vibs_;
  StaticSoftware out_;
};

}  // namespace

StaticSoftware infer_static(const ImageIndex& index, std::span<const MeasuredModule> modules,
                            std::span<const ModuleRole> roles) {
  return Matcher(index, modules, roles).infer();
}

}  // namespace quotemill
