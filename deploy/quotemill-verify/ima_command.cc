#include <iostream>

#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/ima_files.h"
#include "deploy/quotemill-verify/ima_report.h"
#include "deploy/quotemill-verify/input_files.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/replay.h"

namespace quotemill::offline {
namespace {

// All that a list is held against. Moved, never copied, while rules borrow it.
struct Held {
  std::optional<ImaReferences> references;
  std::optional<ImaKeyring> keyring;
  PathPatterns exclusions;
  std::vector<PcrBank> pcrs;
  std::vector<PcrBank> boot_pcrs;
};

Error about(const std::string& path, Error error) {
  error.detail = escaped(path) + ": " + error.detail;
  return error;
}

Result<void> read_references(const ImaOptions& options, Held& held) {
  ImaReferencesBuilder builder;
  ReferenceExtras extras{.exclusions = options.exclusions};
  for (const std::string& path : options.references) {
    const Result<Bytes> file = read_file(path, limits::kImaReferenceFileSizeMax);
    if (!file) {
      return file.error();
    }
    const Result<void> added = add_reference_file(as_text(*file), builder, extras);
    if (!added) {
      return about(path, added.error());
    }
  }
  if (!options.references.empty()) {
    held.references = builder.build();
  }
  Result<PathPatterns> exclusions = PathPatterns::compile(extras.exclusions);
  if (!exclusions) {
    return exclusions.error();
  }
  held.exclusions = std::move(*exclusions);
  return {};
}

// PCRs 0 to 9 that the boot log never extends hold zeros.
void add_boot_bank(const BootLog& log, HashAlgorithm bank, Held& held) {
  constexpr std::uint32_t kBootPcrs = 10;
  PcrBank values = replay(log, bank);
  for (std::uint32_t pcr = 0; pcr < kBootPcrs; ++pcr) {
    if (!values.has(pcr)) {
      values.set(pcr, Digest(bank));
    }
  }
  held.boot_pcrs.push_back(std::move(values));
}

Result<void> read_pcrs(const ImaOptions& options, Held& held) {
  if (!options.pcrs.empty()) {
    const Result<Bytes> file = read_file(options.pcrs, limits::kPolicySizeMax);
    if (!file) {
      return file.error();
    }
    Result<std::vector<PcrBank>> banks = decode_pcr_file(*file);
    if (!banks) {
      return about(options.pcrs, banks.error());
    }
    held.pcrs = std::move(*banks);
  }
  if (!options.event_log.empty()) {
    const Result<Bytes> file = read_file(options.event_log, limits::kBootLogSizeMax);
    if (!file) {
      return file.error();
    }
    const BootLogReading reading = read_boot_log(*file);
    if (reading.broken.has_value()) {
      return about(options.event_log, *reading.broken);
    }
    for (const HashAlgorithm bank : reading.log.banks) {
      if (can_hash(bank)) {
        add_boot_bank(reading.log, bank, held);
      }
    }
  }
  return {};
}

Result<void> read_all(const ImaOptions& options, Held& held) {
  if (Result<void> read = read_references(options, held); !read) {
    return read;
  }
  if (!options.keyring.empty()) {
    if (Result<void> read = read_keyring(options.keyring, held.keyring.emplace()); !read) {
      return read;
    }
  }
  return read_pcrs(options, held);
}

int fail(const Error& error) {
  std::cerr << "quotemill-verify: " << error.to_string() << '\n';
  return kExitNotJudged;
}

}  // namespace

int run_ima(const ImaOptions& options) {
  const Result<Bytes> list = read_file(options.list, limits::kRuntimeLogSizeMax);
  if (!list) {
    return fail(list.error());
  }
  Held held;
  if (const Result<void> read = read_all(options, held); !read) {
    return fail(read.error());
  }
  const ImaListReport report =
      check_ima_list({.list = *list,
                      .rules = {.references = held.references ? &*held.references : nullptr,
                                .exclusions = &held.exclusions,
                                .keyring = held.keyring ? &*held.keyring : nullptr,
                                .signatures = ImaSignatures::kAll},
                      .pcrs = held.pcrs,
                      .boot_pcrs = held.boot_pcrs});
  options.json ? print_json(std::cout, report, *list) : print_text(std::cout, report, *list);
  return report.worst == Severity::kFail ? kExitNotProven : kExitProven;
}

}  // namespace quotemill::offline
