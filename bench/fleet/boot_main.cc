// quotemill-boot: boots a simulated machine. Writes the log of its measured boot, extends its TPM
// with it, and gives the boot an id.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/fleet/esxi_boot_model.h"
#include "bench/fleet/measure.h"
#include "bench/fleet/measured_boot_model.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"

namespace quotemill::bench {
namespace {

struct Options {
  MeasuredBootModel model;
  std::string tcti;
  std::string log_file;
  std::string boot_id_file;
  bool no_secure_boot = false;
  bool no_tpm = false;
  std::vector<std::string> banks{"sha1", "sha256"};
  std::optional<std::uint32_t> esxi_image;
  std::string esxi_fault = "none";
  std::string database_file;
  std::string rules_file;
};

Result<void> write_whole(const std::string& path, std::string_view contents) {
  // Replaced at once, so that an agent that reads meanwhile sees the old boot or the new one.
  const std::string temporary = path + ".new";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  out.close();
  if (!out || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return Error{ErrorCode::kIo, "write", 0, path};
  }
  return {};
}

// A random uuid as /proc/sys/kernel/random/boot_id shows it.
Result<std::string> new_boot_id() {
  Result<Bytes> random = random_bytes(16);
  if (!random) {
    return random.error();
  }
  Bytes& bytes = *random;
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) {
    text.insert(at, "-");
  }
  return text + "\n";
}

Result<void> set_banks(Options& options) {
  options.model.banks.clear();
  for (const std::string& name : options.banks) {
    const std::optional<HashAlgorithm> bank = hash_algorithm_named(name);
    if (!bank || !can_hash(*bank)) {
      return Error{ErrorCode::kConfig, "--banks", 0,
                   "unknown bank \"" + name + "\"; known are sha1, sha256, sha384, sha512"};
    }
    options.model.banks.push_back(*bank);
  }
  return {};
}

Result<void> play(const Options& options, ByteView log) {
  Result<agent::TpmDevice> tpm = agent::TpmDevice::open(options.tcti);
  if (!tpm) {
    return tpm.error();
  }
  const Result<void> reset = check_reset(*tpm, options.model.banks.back());
  return reset ? measure(*tpm, log) : reset;
}

// What an ESXi host of that image logs, and what its TPM measures.
Result<EsxiBootLog> boot_esxi(const Options& options) {
  const std::optional<EsxiFault> fault = esxi_fault_named(options.esxi_fault);
  if (!fault) {
    return Error{ErrorCode::kConfig, "--fault", 0, "unknown fault \"" + options.esxi_fault + "\""};
  }
  EsxiBootModel model;
  model.image = std::make_shared<const EsxiImageModel>(esxi_image(*options.esxi_image));
  model.other_image = std::make_shared<const EsxiImageModel>(esxi_image(*options.esxi_image + 1));
  model.host_seed = options.model.host_seed;
  model.banks = options.model.banks;
  model.fault = *fault;
  if (!options.database_file.empty()) {
    if (const auto written = write_whole(options.database_file, as_text(model.image->database));
        !written) {
      return written.error();
    }
  }
  if (!options.rules_file.empty()) {
    if (const auto written = write_whole(options.rules_file, esxi_rules_of(model)); !written) {
      return written.error();
    }
  }
  return write_esxi_boot_log(model);
}

Result<EsxiBootLog> boot_any(const Options& options) {
  if (options.esxi_image) {
    return boot_esxi(options);
  }
  const Bytes log = write_boot_log(options.model);
  return EsxiBootLog{log, log};
}

Result<void> boot(Options& options) {
  if (const Result<void> banks = set_banks(options); !banks) {
    return banks;
  }
  options.model.secure_boot = !options.no_secure_boot;
  const Result<EsxiBootLog> booted = boot_any(options);
  if (!booted) {
    return booted.error();
  }
  if (!options.no_tpm) {
    if (const Result<void> played = play(options, booted->measured); !played) {
      return played;
    }
  }
  if (const Result<void> written = write_whole(options.log_file, as_text(booted->log)); !written) {
    return written;
  }
  if (options.boot_id_file.empty()) {
    return {};
  }
  const Result<std::string> id = new_boot_id();
  return id ? write_whole(options.boot_id_file, *id) : id.error();
}

void describe(CLI::App& app, Options& options) {
  MeasuredBootModel& model = options.model;
  auto* tcti = app.add_option("--tcti", options.tcti, "The TPM, as tpm2-tools name it");
  app.add_option("--log", options.log_file, "File to write the boot log to")->required();
  app.add_option("--boot-id", options.boot_id_file, "File to write a fresh boot id to");
  app.add_option("--host-seed", model.host_seed, "Which machine (PCR 1 and 5)");
  app.add_option("--platform", model.platform, "Vendor and model of the machine");
  app.add_option("--firmware", model.firmware, "Version of its firmware");
  app.add_option("--boot-loader", model.boot_loader, "Version of shim");
  app.add_option("--grub", model.grub, "Version of GRUB");
  app.add_option("--kernel", model.kernel, "Version of the kernel");
  app.add_flag("--no-secure-boot", options.no_secure_boot, "Boot without Secure Boot");
  auto* esxi = app.add_option("--esxi", options.esxi_image,
                              "Boot ESXi, of the simulated image of this number");
  app.add_option("--fault", options.esxi_fault,
                 "What is wrong with that host: changed_module, secret_typed, ...")
      ->needs(esxi);
  app.add_option("--image-database", options.database_file,
                 "File to write what gunzip makes of that image's imgdb.tgz to")
      ->needs(esxi);
  app.add_option("--esxi-rules", options.rules_file,
                 "File to write what a policy's [esxi] lists for that image to: what starts it, "
                 "who signed it")
      ->needs(esxi);
  app.add_option("--banks", options.banks, "Banks to measure into")->delimiter(',');
  app.add_flag("--no-tpm", options.no_tpm, "Write the log only")->excludes(tcti);
}

int run(int argc, char** argv) {
  // Our errors say it; the library's own lines beside them only confuse.
  setenv("TSS2_LOG", "all+none", 0);
  Options options;
  CLI::App app("Boots a simulated machine: writes its boot log and extends its TPM with it.");
  describe(app, options);
  CLI11_PARSE(app, argc, argv);
  if (options.tcti.empty() && !options.no_tpm) {
    std::fprintf(stderr, "quotemill-boot: give the TPM with --tcti, or --no-tpm\n");
    return 2;
  }
  const Result<void> booted = boot(options);
  if (!booted) {
    std::fprintf(stderr, "quotemill-boot: %s\n", booted.error().to_string().c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace quotemill::bench

int main(int argc, char** argv) {
  return quotemill::bench::run(argc, argv);
}
