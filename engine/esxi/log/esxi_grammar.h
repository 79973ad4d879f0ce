// EsxiGrammar: the order in which ESXi measures. A replay proves digests and their order; what each
// digest is *of* follows from this order alone, because tags and names are not measured.
//
// The boot loader's layout (esx-boot, mboot.c, load.c, secure.c):
//
//   for each module in boot order:  [VERSION, of b and k only] MOD, or BOOT_OPT
//   SIGNER, once a certificate
//   CMD_OPT, exactly one
//   [TAG]
//   events of the kernel
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/esxi/log/esxi_format.h"

namespace quotemill {

struct EsxiStep {
  EsxiEventKind kind = EsxiEventKind::kUnknown;
  std::uint32_t pcr = 0;
  // Of a module or options: its name; of a version record or command line: the file that its path
  // names.
  std::string_view name;
};

class EsxiGrammar {
 public:
  explicit EsxiGrammar(const EsxiPcrs& pcrs) : pcrs_(pcrs) {}

  // What is wrong with the next event of ESXi's PCRs, as a literal; nullopt if nothing.
  std::optional<std::string_view> next(const EsxiStep& step);

  // What is wrong with the log as a whole, after its last event.
  std::optional<std::string_view> finish();

  // Into which PCR a module or options file of that name is measured.
  [[nodiscard]] std::uint32_t pcr_of(std::string_view name) const;

 private:
  enum class Phase : std::uint8_t { kModules, kSigners, kCommandLine, kAssetTag, kKernel };

  using Problem = std::optional<std::string_view>;

  Problem version(const EsxiStep& step);
  Problem module(const EsxiStep& step);
  Problem place(const EsxiStep& step) const;
  Problem repeated(std::string_view name);
  Problem signer(const EsxiStep& step);
  Problem command_line(const EsxiStep& step);
  Problem asset_tag(const EsxiStep& step);
  Problem kernel(const EsxiStep& step);

  [[nodiscard]] bool is_loader() const { return pcrs_.layout == EsxiLayout::kLoader; }

  const EsxiPcrs pcrs_;
  Phase phase_ = Phase::kModules;
  std::optional<std::string_view> announced_;  // by a version record: the module that must follow
  std::string_view first_module_;
  std::uint32_t versioned_ = 0;  // bits of kVersionedNames
  std::uint32_t once_seen_ = 0;  // bits of kOnceNames
  std::uint32_t modules_ = 0;
  std::uint32_t versions_ = 0;
  std::uint32_t signers_ = 0;
};

}  // namespace quotemill
