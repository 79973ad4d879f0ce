// The commands about images of ESXi. Archives and their XML are read here, by the operator's own
// tool; the daemon gets a plain file of what is in them.
#include <array>
#include <ostream>

#include "deploy/quotemill/commands/baseline_listing.h"
#include "deploy/quotemill/commands/baseline_name.h"
#include "deploy/quotemill/commands/blast_report.h"
#include "deploy/quotemill/commands/commands.h"
#include "deploy/quotemill/commands/upload.h"
#include "deploy/quotemill/packages/esxi_files.h"
#include "deploy/references/esxi/image_file.h"

namespace quotemill::cli {

namespace {

std::string title_of(const Json& baseline) {
  return text_at(baseline, "name") + "@" + text_at(baseline, "version");
}

std::string release_of(const Json& image) {
  const std::string version = text_at(image, "version");
  const std::string build = text_at(image, "build");
  return version == "-" ? "no release" : build == "-" ? version : version + " build " + build;
}

std::string state_of(const Json& baseline) {
  if (!at(baseline, "retired").is_null()) {
    return "retired";
  }
  return at(at(baseline, "image"), "approved").is_null() ? "known" : "approved";
}

// "ESXi-8.0U3-24280767-standard, 8.0.3 build 24280767, 120 VIBs".
std::string words_of(const Json& baseline) {
  const Json image = at(baseline, "image");
  return text_at(image, "name") + ", " + release_of(image) + ", " + text_at(image, "vibs") +
         " VIBs";
}

// Before this was kept nobody noted it: hosts that boot it say that it is not "never".
std::string attested_words(const Json& baseline) {
  const Json attested = at(baseline, "last_attested");
  if (!attested.is_null()) {
    return time_of(attested);
  }
  return at(baseline, "hosts") == 0 ? "never" : "unknown";
}

std::string file_words(const std::vector<std::string>& files) {
  return files.size() == 1 ? files.front() : std::to_string(files.size()) + " VIBs";
}

Exit print_import(const Session& session, const Json& answer,
                  const std::vector<std::string>& left_out) {
  if (!session.is_for_people()) {
    session.print(answer);
    return Exit::kFine;
  }
  const bool is_dry_run = session.settings().is_dry_run;
  session.out() << (is_dry_run ? "would import " : "imported ") << title_of(answer) << ": "
                << words_of(answer) << ", " << text_at(answer, "values") << " payloads\n";
  for (const std::string& what : left_out) {
    session.note("left out: " + what);
  }
  if (!is_dry_run) {
    session.note(
        "hosts that boot it are told from others, and not trusted before 'quotemill "
        "images approve " +
        title_of(answer) + "'");
    session.note(
        "acceptance levels and vendors are as the files say of themselves; signatures were not "
        "checked");
  }
  return Exit::kFine;
}

void print_head(const Session& session, const Json& baseline) {
  const Json image = at(baseline, "image");
  std::ostream& out = session.out();
  out << title_of(baseline) << " (" << state_of(baseline) << "): " << words_of(baseline) << '\n'
      << "vendor " << text_at(image, "vendor") << ", acceptance level "
      << text_at(image, "acceptance") << '\n'
      << "imported " << time_of(at(baseline, "captured")) << " by "
      << text_at(at(baseline, "file"), "by") << " from " << text_at(at(baseline, "file"), "name")
      << '\n';
  if (!at(image, "database").is_null()) {
    out << "image database " << text_at(image, "database") << '\n';
  }
  if (!at(image, "approved").is_null()) {
    out << "approved " << time_of(at(image, "approved")) << " by " << text_at(image, "approved_by")
        << '\n';
  }
  if (!at(baseline, "retired").is_null()) {
    out << "retired " << time_of(at(baseline, "retired")) << " by "
        << text_at(baseline, "retired_by") << '\n';
  }
}

bool is_image(Session& session, const Json& baseline) {
  if (!at(baseline, "image").is_null()) {
    return true;
  }
  session.fail(text_at(baseline, "name") + " is no image of ESXi",
               "'quotemill baseline show' shows all baselines");
  return false;
}

}  // namespace

Exit run_images_import(Session& session, const ImageImportOptions& options) {
  const std::optional<std::uint32_t> version = version_wanted(session, options.as);
  if (!version) {
    return session.exit();
  }
  const Result<EsxiReading> reading = read_esxi_files(options.files, options.profile);
  if (!reading) {
    const bool must_choose = reading.error().code == ErrorCode::kConfig;
    session.fail(reading.error().detail,
                 must_choose ? "nothing was changed; --profile NAME tells which one is meant"
                             : "nothing was changed; files are taken as a whole or not at all",
                 must_choose ? Exit::kUsage : Exit::kError);
    return session.exit();
  }
  const std::optional<std::string> uploaded =
      upload(session, references::write_image_file(reading->image));
  if (!uploaded) {
    return session.exit();
  }
  const std::optional<Json> answer =
      change_with_blast(session, "baseline.import",
                        {{"upload", *uploaded},
                         {"name", options.as.front()},
                         {"version", *version},
                         {"format", "esxi-image"},
                         {"file", printable(file_words(options.files))}});
  return answer ? print_import(session, *answer, reading->left_out) : session.exit();
}

Exit run_images_list(Session& session) {
  const std::optional<Json> answer = session.ask("image.list");
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"NAME", "STATE", "IMAGE", "RELEASE", "VIBS", "HOSTS", "LAST ATTESTED"});
  for (const Json& baseline : at(*answer, "images")) {
    const Json image = at(baseline, "image");
    table.add({{title_of(baseline)},
               {state_of(baseline)},
               {text_at(image, "name")},
               {release_of(image)},
               {text_at(image, "vibs")},
               {text_at(baseline, "hosts")},
               {attested_words(baseline)}});
  }
  table.print(session.out(), session.style());
  if (at(*answer, "images").empty()) {
    session.note("no images; take one with 'quotemill images import FILE --as NAME'");
  }
  return Exit::kFine;
}

Exit run_images_show(Session& session, const std::string& image) {
  static constexpr std::array kColumns = {
      ValueColumn{"BOOT FILE", "name"}, ValueColumn{"VIB", "source"},
      ValueColumn{"VERSION", "version"}, ValueColumn{"VENDOR", "vendor"},
      ValueColumn{"DIGEST", "digest"}};
  return list_baseline(session, image, {kColumns, print_head, is_image});
}

Exit run_images_approve(Session& session, const std::string& image) {
  const std::optional<BaselineName> named = parse_baseline_name(session, image);
  if (!named) {
    return session.exit();
  }
  const std::optional<Json> answer = change_with_blast(session, "image.approve", name_args(*named));
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  const bool is_dry_run = session.settings().is_dry_run;
  session.out() << (is_dry_run ? "would approve " : "approved ") << title_of(*answer) << ": "
                << words_of(*answer) << '\n';
  if (!is_dry_run && at(*answer, "in_force") != true) {
    session.note("no policy judges by it: [esxi] image = \"fail\"");
  }
  return Exit::kFine;
}

}  // namespace quotemill::cli
