// The commands about images of ESXi.
#include "deploy/quotemill/command_options.h"

namespace quotemill::cli {

void CommandLine::add_images() {
  Options& options = *options_;
  CLI::App* images = add(app_, "images", "Images of ESXi that hosts may boot",
                         "  quotemill images import imgdb.tgz --as esxi-8u3\n"
                         "  quotemill images approve esxi-8u3");
  images->require_subcommand(1);
  CLI::App* import =
      add(*images, "import", "Take an image from what VMware ships; nobody may boot it yet",
          "  quotemill images import imgdb.tgz --as esxi-8u3\n"
          "  quotemill images import VMware-ESXi-8.0U3-depot.zip --as esxi-8u3 --profile "
          "ESXi-8.0U3-24280767-standard\n"
          "  quotemill images import *.vib --as oem-drivers --dry-run");
  is_file(import
              ->add_option("FILE", options.images.files,
                           "an image database (imgdb.tgz), an offline bundle (.zip), or VIBs")
              ->required());
  import
      ->add_option("--as", options.images.as,
                   "name of the image, and its version if it is not to be the next one")
      ->type_name("NAME [VERSION]")
      ->expected(1, 2)
      ->required();
  import->add_option("--profile", options.images.profile, "which one, of a bundle with several")
      ->type_name("NAME");
  may_be_dry(import);
  runs(import,
       [](Session& session, const Options& o) { return run_images_import(session, o.images); });
  CLI::App* list = add(*images, "list", "List images, and when a host last attested to each",
                       "  quotemill images list");
  runs(list, [](Session& session, const Options&) { return run_images_list(session); });
  CLI::App* approve = add(*images, "approve", "Let hosts boot an image",
                          "  quotemill images approve esxi-8u3\n"
                          "  quotemill images approve esxi-8u3@2 --dry-run");
  approve->add_option("IMAGE", options.baseline, "NAME, or NAME@VERSION")->required();
  may_be_dry(approve);
  runs(approve,
       [](Session& session, const Options& o) { return run_images_approve(session, o.baseline); });
  CLI::App* retire = add(*images, "retire", "Let hosts boot an image no longer",
                         "  quotemill images retire esxi-8u2 --dry-run");
  retire->add_option("IMAGE", options.baseline, "NAME, or NAME@VERSION")->required();
  may_be_dry(retire);
  runs(retire,
       [](Session& session, const Options& o) { return run_baseline_retire(session, o.baseline); });
  CLI::App* show = add(*images, "show", "Show an image with its VIBs and their digests",
                       "  quotemill images show esxi-8u3");
  show->add_option("IMAGE", options.baseline, "NAME, or NAME@VERSION")->required();
  runs(show,
       [](Session& session, const Options& o) { return run_images_show(session, o.baseline); });
}

}  // namespace quotemill::cli
