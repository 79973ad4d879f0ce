// Software inference: which VIBs and which image a host booted, by the digests of the modules that
// its boot loader measured. Pure; any thread.
//
// The modules of an image are the same on all its hosts, in the same order. What is found out of
// them is one value, StaticSoftware, made once for each distinct list (software_memo.h) and shared;
// what differs from host to host (its configuration, its image database, what else tells a version)
// is judged for each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/esxi/image/image_index.h"

namespace quotemill {

// A module or options file as the boot log has it. Borrows the log.
struct MeasuredModule {
  std::string_view name;    // a hint: nothing authenticates it
  Digest digest;            // SHA-256, proven by a quoted PCR
  bool is_options = false;  // *.gz: boot options
  std::uint32_t event = 0;  // number in the log
};

// Modules that every host has for itself. Data, not code: releases have had others.
struct HostModules {
  std::string_view database = "imgdb.tgz";  // must be an image database that is known
  // Anything may be in them: their names excuse them, once each, behind all other modules. Names
  // are nobody's word, so each of these is a hole of the size of one module.
  std::vector<std::string> excused = {"state.tgz"};
};

enum class ImageMatch : std::uint8_t {
  kNone,       // no known image has any of the modules
  kExact,      // the image's modules, all of them, and nothing else
  kSuperset,   // all of the image's, and modules of other known VIBs
  kMixed,      // modules of another version of the image's VIBs among them
  kDifferent,  // modules are missing, changed or unknown
};

// "none", "exact", "superset", "mixed", "different".
std::string_view name_of(ImageMatch match);

enum class ModuleProblemKind : std::uint8_t {
  kUnknown,       // its content is known from nowhere
  kChanged,       // likewise, under the name of one of the image's
  kOtherVersion,  // of another version of one of the image's VIBs
  kExtra,         // of a VIB that the image does not have
  kRenamed,       // known, and listed under a name that the image does not give it
  kMissing,       // the image boots it, and the host did not
  kOptions,       // an options file that somebody changed
  kDatabase,      // an image database that is not known
};

// "unknown", "changed", "other_version", "extra", "renamed", "missing", "options", "database".
std::string_view name_of(ModuleProblemKind kind);

struct ModuleProblem {
  ModuleProblemKind kind = ModuleProblemKind::kUnknown;
  std::optional<std::uint32_t> module = {};  // number in the list of modules; none if it is missing
  std::string name;                          // as the log has it; the image's if it is missing
  std::optional<Digest> digest = {};         // measured
  std::optional<Digest> expected = {};       // what the image has under that name
  std::string expected_name = {};            // of a renamed one
  std::string vib = {};                      // title of the one that it is of; escaped
  std::string expected_vib = {};             // title of the image's; escaped
  bool is_approved = false;                  // an extra one: an approved image has that VIB

  friend bool operator==(const ModuleProblem&, const ModuleProblem&) = default;
};

struct InferredVib {
  std::string name;
  std::string version;
  std::string vendor;
  AcceptanceLevel acceptance = AcceptanceLevel::kUnknown;
  bool is_in_image = false;
  bool is_approved = false;  // an approved image has it
  std::uint32_t modules = 0;

  friend bool operator==(const InferredVib&, const InferredVib&) = default;
};

struct StaticSoftware {
  ImageMatch match = ImageMatch::kNone;
  std::shared_ptr<const BaseImage> image;  // the nearest; null if `match` is kNone
  bool is_approved = false;                // of that image
  Digest image_id;                         // as the index has it
  EsxiVersion version;                     // of the esx-base whose modules were measured
  AcceptanceLevel acceptance = AcceptanceLevel::kUnknown;  // the least of `vibs`
  std::vector<InferredVib> vibs;
  std::vector<ModuleProblem> problems;
  // Modules whose content several VIBs have and none of the image's; `vibs` has the likeliest.
  std::vector<std::uint32_t> ambiguous;
};

struct SoftwareEvidence {
  std::span<const MeasuredModule> modules;  // in the log's order
  // The version that the boot loader's record tells (its productVersion), and that of the kernel's
  // event of ESXi 9.1; empty if there is none.
  std::string_view version_record;
  std::string_view system_version;
};

struct SoftwareReport {
  std::shared_ptr<const StaticSoftware> fixed;
  // The host's own image database, authentic by its measured digest; null if it is not known.
  std::shared_ptr<const BaseImage> database;
  std::vector<ModuleProblem> problems;  // of modules that only this host has
  // Of the ambiguous modules those that its image database does not settle.
  std::uint32_t ambiguous = 0;
  // What the sources say that tell the version, if they do not agree: "the modules are of 8.0.3
  // build 24280767, the boot loader's record tells 8.0.2 build 23305546". Escaped.
  std::string version_conflict;
};

// How the modules of a list are to be read.
enum class ModuleRole : std::uint8_t { kStatic, kExcused, kDatabase };

// The role of each module. Those of the host alone are at the end of the list, each name once, with
// options files between them at most: under another name, at another place or a second time it is a
// module like all others, and must be known.
std::vector<ModuleRole> roles_of(const ImageIndex& index, std::span<const MeasuredModule> modules,
                                 const HostModules& own);

// The nearest image is the approved one that is there as a whole; if there is none, another known
// one; else that with most of the modules. REQUIRES: roles are those of `modules`
StaticSoftware infer_static(const ImageIndex& index, std::span<const MeasuredModule> modules,
                            std::span<const ModuleRole> roles);

// All of it. `fixed`: of infer_static() for the same modules.
SoftwareReport complete_report(const ImageIndex& index, const SoftwareEvidence& evidence,
                               std::span<const ModuleRole> roles,
                               std::shared_ptr<const StaticSoftware> fixed, const HostModules& own);

// Without remembering anything.
SoftwareReport infer_software(const ImageIndex& index, const SoftwareEvidence& evidence,
                              const HostModules& own = {});

// "module vmx.v00 of VIB esx-base 8.0.2-0.0.22380479 has digest sha256:…; image ESXi-8.0U3 has
// esx-base 8.0.3-0.35.24280767 with sha256:…". One line, escaped.
std::string describe(const ModuleProblem& problem, const BaseImage* image);

// "image ESXi-8.0U3, 8.0.3 build 24280767, and 2 other VIBs". Escaped.
std::string describe(const StaticSoftware& software);

}  // namespace quotemill
