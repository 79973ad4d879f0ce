// The import of reference files. The file goes to the daemon as it is, in parts; the daemon alone
// reads what is believed.
#include <algorithm>
#include <ostream>

#include "deploy/common/text_file.h"
#include "deploy/quotemill/commands/baseline_name.h"
#include "deploy/quotemill/commands/blast_report.h"
#include "deploy/quotemill/commands/commands.h"
#include "deploy/quotemill/commands/upload.h"
#include "deploy/quotemill/packages/package_files.h"
#include "deploy/references/reference_file.h"
#include "engine/base/limits.h"

namespace quotemill::cli {

namespace {

// What is to be imported: a file's content, or what was made of packages.
struct Source {
  std::string name;
  std::string content;
};

// A list of all files of the packages.
std::optional<Source> read_packages(Session& session, const std::vector<std::string>& files) {
  Source source{files.size() == 1 ? files.front() : std::to_string(files.size()) + " packages", {}};
  if (files.size() > limits::kPackagesMax) {
    session.fail("more packages than can be taken at once", "import them in several baselines");
    return std::nullopt;
  }
  for (const std::string& file : files) {
    if (const Result<void> appended = append_package(file, source.content); !appended) {
      session.fail(appended.error().detail, "nothing was changed");
      return std::nullopt;
    }
  }
  return source;
}

std::optional<Source> read_source(Session& session, const BaselineImportOptions& options) {
  if (std::all_of(options.files.begin(), options.files.end(), is_package)) {
    return read_packages(session, options.files);
  }
  if (options.files.size() != 1) {
    session.fail("one file is one baseline, unless all are packages",
                 "import them one by one, each with its own --as", Exit::kUsage);
    return std::nullopt;
  }
  Result<std::string> text =
      program::read_text_file(options.files.front(), limits::kReferenceFileSizeMax);
  if (!text) {
    session.fail(text.error().detail, "give the name of a file of reference values");
    return std::nullopt;
  }
  return Source{options.files.front(), *std::move(text)};
}

// Said here with the file's name, before anything is sent.
bool is_readable(Session& session, const Source& source, const std::string& format) {
  const auto reading = references::read_reference_file(source.content, format);
  if (!reading) {
    session.fail(printable(source.name) + ": " + reading.error().detail,
                 "nothing was changed; the file is taken as a whole or not at all");
  }
  return static_cast<bool>(reading);
}

Exit print_import(const Session& session, const Json& answer) {
  if (!session.is_for_people()) {
    session.print(answer);
    return Exit::kFine;
  }
  const bool is_dry_run = session.settings().is_dry_run;
  session.out() << (is_dry_run ? "would import " : "imported ") << text_at(answer, "name")
                << " version " << text_at(answer, "version") << ": " << text_at(answer, "values")
                << " values of " << text_at(at(answer, "file"), "name") << " ("
                << text_at(at(answer, "file"), "format") << ")\n";
  for (const Json& left_out : at(answer, "left_out")) {
    session.note("left out: " + text_of(left_out));
  }
  if (!is_dry_run) {
    session.note(at(answer, "in_force") == true
                     ? "hosts are judged by it from their next attestation on; 'quotemill reattest "
                       "--all' asks them now"
                     : "no policy names it: [boot] references = [\"" + text_at(answer, "name") +
                           "\"]");
  }
  return Exit::kFine;
}

}  // namespace

Exit run_baseline_import(Session& session, const BaselineImportOptions& options) {
  const std::optional<std::uint32_t> version = version_wanted(session, options.as);
  const std::optional<Source> source = version ? read_source(session, options) : std::nullopt;
  if (!source || !is_readable(session, *source, options.format)) {
    return session.exit();
  }
  const std::optional<std::string> uploaded = upload(session, source->content);
  if (!uploaded) {
    return session.exit();
  }
  const std::optional<Json> answer = change_with_blast(session, "baseline.import",
                                                       {{"upload", *uploaded},
                                                        {"name", options.as.front()},
                                                        {"version", *version},
                                                        {"format", options.format},
                                                        {"file", printable(source->name)}});
  return answer ? print_import(session, *answer) : session.exit();
}

}  // namespace quotemill::cli
