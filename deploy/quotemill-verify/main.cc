// quotemill-verify: judges one quote, reads boot logs and IMA lists, compares two logs or hashes
// EFI images, offline, with the engine's own checks.
#include <csignal>
#include <iostream>

#include <CLI/CLI.hpp>

#include "deploy/quotemill-verify/commands.h"

using namespace quotemill::offline;  // NOLINT(google-build-using-namespace): one program

namespace {

// An unset shell variable must not turn a check off.
std::string refuse_empty(const std::string& path) {
  return path.empty() ? "the file name is empty: is a variable unset?" : "";
}

CLI::Option* add_file(CLI::App& app, const char* name, std::string& path, const char* what) {
  return app.add_option(name, path, what)->type_name("FILE")->check(refuse_empty);
}

void add_quote(CLI::App& app, QuoteOptions& options) {
  CLI::App* quote = app.add_subcommand("quote", "Verify a TPM 2.0 quote and what came with it");
  add_file(*quote, "--ak", options.key, "key: PEM, DER, X.509, TPM2B or TPMT_PUBLIC")->required();
  add_file(*quote, "--attest", options.attest, "quote (tpm2_quote -m)")->required();
  add_file(*quote, "--signature", options.signature, "signature (tpm2_quote -s)")->required();
  add_file(*quote, "--pcrs", options.pcrs,
           "PCR values (tpm2_quote -o, tpm2_pcrread); else the logs must give the quoted digest");
  quote->add_option("--nonce", options.nonce_hex, "qualifying data, hexadecimal")
      ->each([&options](const std::string&) { options.nonce_given = true; });
  add_file(*quote, "--eventlog", options.event_log, "boot log (binary_bios_measurements)");
  add_file(*quote, "--ima", options.ima_log, "IMA list, binary or ascii: explains PCR 10");
  quote->add_flag("--allow-weak", options.allow_weak, "accept SHA-1 and RSA below 2048 bits");
  quote->add_flag("--json", options.json, "print JSON");
}

void add_eventlog(CLI::App& app, EventLogOptions& options) {
  CLI::App* eventlog = app.add_subcommand("eventlog", "Read a TCG boot log and replay it");
  eventlog->add_option("FILE", options.log, "boot log (binary_bios_measurements)")
      ->required()
      ->check(refuse_empty);
  add_file(*eventlog, "--dbx-list", options.dbx_list,
           "published revocations to compare dbx with: DBXUpdate.bin or lines of text");
  add_file(*eventlog, "--final-events", options.final_events,
           "EFI_TCG2_FINAL_EVENTS_TABLE: what FILE lacks of it is read behind FILE");
  add_file(*eventlog, "--userspace", options.userspace_log,
           "systemd's log of what it measured (tpm2-measure.log): goes on where FILE ends");
  eventlog->add_flag("--json", options.json, "print JSON");
}

void add_ima(CLI::App& app, ImaOptions& options) {
  CLI::App* ima = app.add_subcommand("ima", "Read an IMA list, replay and appraise it");
  ima->add_option("FILE", options.list, "IMA list, binary or ascii (runtime_measurements)")
      ->required()
      ->check(refuse_empty);
  ima->add_option("--keyring", options.keyring, "folder of certificates that may sign files")
      ->type_name("DIR")
      ->check(refuse_empty);
  ima->add_option("--references", options.references,
                  "reference sets: lines of sha256sum, or a runtime policy of Keylime")
      ->type_name("FILE")
      ->check(refuse_empty);
  ima->add_option("--exclude", options.exclusions, "paths that are not judged (RE2, whole path)")
      ->type_name("PATTERN");
  add_file(*ima, "--pcrs", options.pcrs, "PCR values: PCR 10 proves entries, 0 to 9 the boot");
  add_file(*ima, "--eventlog", options.event_log, "boot log: gives PCR 0 to 9 for boot_aggregate");
  ima->add_flag("--json", options.json, "print JSON");
}

void add_esxi(CLI::App& app, EsxiOptions& options) {
  CLI::App* esxi = app.add_subcommand(
      "esxi", "Read vCenter's report of an ESXi host and replay it; it is signed by nobody");
  add_file(*esxi, "--report", options.report,
           "QueryTpmAttestationReport as SOAP or VI-JSON, or a host manifest of Intel SecL")
      ->required();
  esxi->add_flag("--json", options.json, "print JSON");
}

void add_diff(CLI::App& app, DiffOptions& options) {
  CLI::App* diff = app.add_subcommand("diff", "Compare two boot logs, event by event");
  add_file(*diff, "BEFORE", options.before, "boot log")->required();
  add_file(*diff, "AFTER", options.after, "boot log")->required();
  diff->add_flag("--json", options.json, "print JSON");
}

void add_authenticode(CLI::App& app, AuthenticodeOptions& options) {
  CLI::App* hash = app.add_subcommand("authenticode", "Hash EFI images as firmware measures them");
  hash->add_option("FILE", options.images, "boot loader, kernel, driver or unified kernel image")
      ->required()
      ->check(refuse_empty);
  hash->add_option("--bank", options.bank, "hash algorithm")->capture_default_str();
  hash->add_flag("--json", options.json, "print JSON");
}

void add_bundle(CLI::App& app, BundleOptions& options) {
  CLI::App* bundle =
      app.add_subcommand("bundle",
                         "Check a proof bundle ('quotemill bundle'): quote, log, policy, "
                         "verdict, audit");
  add_file(*bundle, "FILE", options.file, "the bundle")->required();
  bundle->add_flag("--json", options.json, "print JSON");
}

int run(int argc, char** argv) {
  CLI::App app(
      "Offline verifier of TPM 2.0 evidence: exit 0 proven, 1 not proven, 2 not judged, 3 a bundle "
      "that lacks what could tell.");
  app.set_version_flag("--version", QUOTEMILL_VERSION);
  app.require_subcommand(1);
  QuoteOptions quote;
  add_quote(app, quote);
  EventLogOptions eventlog;
  add_eventlog(app, eventlog);
  ImaOptions ima;
  add_ima(app, ima);
  EsxiOptions esxi;
  add_esxi(app, esxi);
  DiffOptions diff;
  add_diff(app, diff);
  AuthenticodeOptions images;
  add_authenticode(app, images);
  BundleOptions bundle;
  add_bundle(app, bundle);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitProven : kExitNotJudged;  // 0: --help, --version
  }
  const int exit = app.got_subcommand("quote")          ? run_quote(quote)
                   : app.got_subcommand("ima")          ? run_ima(ima)
                   : app.got_subcommand("esxi")         ? run_esxi(esxi)
                   : app.got_subcommand("diff")         ? run_diff(diff)
                   : app.got_subcommand("authenticode") ? run_authenticode(images)
                   : app.got_subcommand("bundle")       ? run_bundle(bundle)
                                                        : run_eventlog(eventlog);
  return std::cout.flush() ? exit : kExitNotJudged;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::signal(SIGPIPE, SIG_IGN);  // a reader that leaves is a failed write, no end by a signal
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quotemill-verify: %s\n", error.what());
  }
  return kExitNotJudged;
}
