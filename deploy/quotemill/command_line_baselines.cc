// The commands about reference values.
#include "deploy/quotemill/command_options.h"
#include "deploy/references/reference_file.h"

namespace quotemill::cli {

void CommandLine::add_baselines() {
  Options& options = *options_;
  CLI::App* baseline = add(app_, "baseline", "Reference values that hosts are compared with",
                           "  quotemill baseline capture web-01 --name golden\n"
                           "  quotemill baseline import shim.list --as shim");
  baseline->require_subcommand(1);
  CLI::App* capture = add(*baseline, "capture", "Take what a golden host booted as reference",
                          "  quotemill baseline capture web-01 --name golden");
  capture->add_option("HOST", options.capture.host, "name or uid")->required();
  capture->add_option("--name", options.capture.name, "of the baseline, as policies name it")
      ->type_name("NAME")
      ->required();
  may_be_dry(capture);
  runs(capture,
       [](Session& session, const Options& o) { return run_baseline_capture(session, o.capture); });
  CLI::App* list = add(*baseline, "list", "List baselines", "  quotemill baseline list");
  runs(list, [](Session& session, const Options&) { return run_baseline_list(session); });
  add_reference_files(*baseline);
  add_baseline_questions(*baseline);
}

void CommandLine::add_reference_files(CLI::App& baseline) {
  Options& options = *options_;
  CLI::App* import = add(baseline, "import", "Take the digests of a file as reference values",
                         "  quotemill baseline import shim.list --as shim\n"
                         "  quotemill baseline import refstate.json --as deb12-boot 41 --dry-run\n"
                         "  quotemill baseline import *.deb --as deb12-files");
  is_file(import
              ->add_option("FILE", options.references.files,
                           "a list, JSON of a known format, or packages (.deb, .rpm) whose files "
                           "are hashed")
              ->required());
  import
      ->add_option("--as", options.references.as,
                   "name of the baseline, and its version if it is not to be the next one")
      ->type_name("NAME [VERSION]")
      ->expected(1, 2)
      ->required();
  one_of(import
             ->add_option("--format", options.references.format,
                          "of the file, if it cannot be told from its content")
             ->type_name("FORMAT"),
         references::reference_formats());
  may_be_dry(import);
  runs(import, [](Session& session, const Options& o) {
    return run_baseline_import(session, o.references);
  });
  CLI::App* exported = add(baseline, "export", "Print a baseline as it was imported",
                           "  quotemill baseline export shim > shim.list\n"
                           "  quotemill baseline export golden@3 > golden.json");
  exported->add_option("BASELINE", options.baseline, "NAME, or NAME@VERSION")->required();
  runs(exported,
       [](Session& session, const Options& o) { return run_baseline_export(session, o.baseline); });
  CLI::App* retire = add(baseline, "retire", "Take a baseline out of use; it stays readable",
                         "  quotemill baseline retire shim@2 --dry-run");
  retire->add_option("BASELINE", options.baseline, "NAME, or NAME@VERSION")->required();
  may_be_dry(retire);
  runs(retire,
       [](Session& session, const Options& o) { return run_baseline_retire(session, o.baseline); });
}

void CommandLine::add_baseline_questions(CLI::App& baseline) {
  Options& options = *options_;
  CLI::App* show = add(baseline, "show", "Show what a baseline holds",
                       "  quotemill baseline show shim\n  quotemill baseline show shim@2");
  show->add_option("BASELINE", options.baseline, "NAME, or NAME@VERSION")->required();
  runs(show,
       [](Session& session, const Options& o) { return run_baseline_show(session, o.baseline); });
  CLI::App* diff = add(baseline, "diff", "Say what differs between two baselines",
                       "  quotemill baseline diff shim@2 shim@3");
  diff->add_option("FROM", options.baseline, "NAME, or NAME@VERSION")->required();
  diff->add_option("TO", options.other_baseline, "NAME, or NAME@VERSION")->required();
  runs(diff, [](Session& session, const Options& o) {
    return run_baseline_diff(session, o.baseline, o.other_baseline);
  });
}

}  // namespace quotemill::cli
