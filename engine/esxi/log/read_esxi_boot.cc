#include "engine/crypto/hash.h"
#include "engine/esxi/log/classify_event.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/esxi/log/esxi_grammar.h"
#include "engine/esxi/log/limits.h"
#include "engine/esxi/log/secure_boot_events.h"
#include "engine/esxi/log/tagged_data.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/proof/loads_nothing.h"

namespace quotemill {
namespace {

constexpr std::string_view kExecInstalledOnly = "execInstalledOnly";
constexpr std::string_view kUefiSecureBoot = "uefiSecureBootEnabled";

// One DER SEQUENCE (X.690, 8.1) from the first byte to the last: what mboot has measured there. A
// certificate that is to count is known by its digest, whatever is in it.
bool may_be_certificate(ByteView data) {
  constexpr std::uint8_t kSequence = 0x30;
  constexpr std::uint8_t kTwoBytesOfLength = 0x82;
  constexpr std::size_t kHeadSize = 4;
  return data.size() > kHeadSize && data.size() <= limits::esxi::kCertificateSizeMax &&
         data[0] == kSequence && data[1] == kTwoBytesOfLength &&
         static_cast<std::size_t>(data[2] << 8U | data[3]) + kHeadSize == data.size();
}

EsxiLayout layout_of(const BootLog& log, const EsxiFormat& format) {
  for (const BootEvent& event : log.events) {
    if (event.type != event_type::kEventTag || event.pcr >= limits::kPcrCount ||
        format.tag(tag_of(event.data)) == nullptr) {
      continue;
    }
    for (const EsxiPcrs& pcrs : format.layouts) {
      if (((pcrs.mask() & ~pcrs.launch) >> event.pcr & 1U) != 0) {
        return pcrs.layout;
      }
    }
  }
  return EsxiLayout::kNone;
}

class EsxiReader {
 public:
  EsxiReader(const ProvenLog& log, const EsxiFormat& format, const EsxiPcrs& pcrs, EsxiBoot& out)
      : log_(log), format_(format), pcrs_(pcrs), grammar_(pcrs), out_(out) {}

  void run() {
    if (log_.bank() == HashAlgorithm::kSha1) {
      add(EsxiProblemKind::kBankWeak, "only SHA-1 is left").bank = log_.bank();
    }
    std::uint32_t measured = 0;
    for (const BootEvent& event : log_.log().events) {
      if (event.is_measured() && event.pcr < limits::kPcrCount) {
        ++measured;
        take(event);
      }
    }
    if (measured > limits::esxi::kEventsMax) {
      add(EsxiProblemKind::kTooLong, "the kernel keeps no more than").number =
          limits::esxi::kEventsMax;
    }
    if (const std::optional<std::string_view> wrong = grammar_.finish()) {
      add(EsxiProblemKind::kGrammar, *wrong);
    }
    compare_secure_boot();
  }

 private:
  EsxiProblem& add(EsxiProblemKind kind, std::string_view what) {
    ++out_.problem_count;
    if (out_.problems.size() < limits::esxi::kProblemsMax) {
      return out_.problems.emplace_back(EsxiProblem{.kind = kind, .what = what});
    }
    spare_ = {};
    return spare_;
  }

  EsxiProblem& add(EsxiProblemKind kind, std::string_view what, const BootEvent& event) {
    EsxiProblem& problem = add(kind, what);
    problem.event = event.number;
    problem.pcr = event.pcr;
    return problem;
  }

  void add_broken(const Error& error, const BootEvent& event, std::size_t offset) {
    add(EsxiProblemKind::kMalformed, error.context, event).offset = offset + error.offset;
  }

  void take(const BootEvent& event) {
    if ((pcrs_.mask() >> event.pcr & 1U) == 0) {
      take_firmware(event);
      return;
    }
    out_.pcrs |= 1U << event.pcr;
    std::optional<Error> broken;
    const EsxiEvent seen = classify(event, log_.bank(), pcrs_, format_, out_.form, broken);
    if (broken) {
      add_broken(*broken, event, 0);
      return;
    }
    if (seen.why == ProofProblem::kDigestAbsent) {
      add(EsxiProblemKind::kBankWeak, "an event without a digest", event).bank = log_.bank();
      return;
    }
    take_kind(event, seen);
  }

  void take_kind(const BootEvent& event, const EsxiEvent& seen) {
    switch (seen.kind) {
      case EsxiEventKind::kModule:
      case EsxiEventKind::kBootOptions:
        take_module(event, seen);
        return;
      case EsxiEventKind::kVersion:
        take_version(event, seen);
        return;
      case EsxiEventKind::kCommandLine:
        take_command_line(event, seen);
        return;
      case EsxiEventKind::kAssetTag:
        take_asset_tag(event, seen);
        return;
      case EsxiEventKind::kSigner:
        take_signer(event, seen);
        return;
      case EsxiEventKind::kLaunch:
        out_.has_launch = true;
        step(event, seen.kind, {});
        take_loader(event);
        return;
      case EsxiEventKind::kUnknown:
      case EsxiEventKind::kSecurityOption:
      case EsxiEventKind::kBootComplete:
      case EsxiEventKind::kSystemVersion:
        take_kernel(event, seen);
        return;
    }
  }

  void step(const BootEvent& event, EsxiEventKind kind, std::string_view name) {
    if (const auto wrong = grammar_.next({kind, event.pcr, name})) {
      add(EsxiProblemKind::kGrammar, *wrong, event);
    }
  }

  // Data that must have been measured must have been in every bank: a verifier may be asked for
  // any. False: it is told, and the data is nobody's word. What a kept log lacks was held against
  // all of them when it came.
  bool holds(const BootEvent& event, const EsxiEvent& seen) {
    if (seen.proof != ProofClass::kDataProven) {
      add_differing(event, seen, log_.bank());
      return false;
    }
    const bool was_held =
        out_.form == LogForm::kAsKept && kept_secret(seen.data) == KeptSecret::kHeld;
    for (const HashAlgorithm bank : log_.log().banks) {
      const ByteView digest = event.digest(bank);
      if (!was_held && bank != log_.bank() && can_hash(bank) && !digest.empty() &&
          !is_digest_of(format_.tag(*seen.tag), digest, bank, seen.data)) {
        add_differing(event, seen, bank);
        return false;
      }
    }
    return true;
  }

  void add_differing(const BootEvent& event, const EsxiEvent& seen, HashAlgorithm bank) {
    EsxiProblem& problem = add(EsxiProblemKind::kDataDiffers, name_of(seen.kind), event);
    problem.bank = bank;
    problem.measured = Digest::from(bank, event.digest(bank));
    if (kept_secret(seen.data) == KeptSecret::kNone) {
      problem.shown = hash(bank, seen.data);
    }
  }

  void take_module(const BootEvent& event, const EsxiEvent& seen) {
    const Result<std::string_view> name = read_module_name(seen.data);
    if (!name) {
      add_broken(name.error(), event, kTagHeadSize);
    }
    EsxiModule& module = out_.modules.emplace_back();
    module.name = name ? *name : std::string_view();
    module.digest = *Digest::from(log_.bank(), event.digest(log_.bank()));
    module.event = event.number;
    module.pcr = event.pcr;
    module.is_options = seen.kind == EsxiEventKind::kBootOptions;
    if (name) {
      step(event, seen.kind, *name);
    }
  }

  void take_version(const BootEvent& event, const EsxiEvent& seen) {
    Result<EsxiVersionRecord> record = read_version_record(seen.data);
    if (!record) {
      add_broken(record.error(), event, kTagHeadSize);
      return;
    }
    step(event, seen.kind, file_of_path(record->file));
    if (holds(event, seen) && out_.versions.size() < limits::esxi::kVersionsMax) {
      record->event = event.number;
      out_.versions.push_back(*record);
    }
  }

  void take_command_line(const BootEvent& event, const EsxiEvent& seen) {
    const std::string_view text = as_text(seen.data);
    step(event, seen.kind, file_of_path(text.substr(0, text.find(' '))));
    if (!holds(event, seen)) {
      return;
    }
    if (!out_.command_line) {
      out_.command_line = text;
      out_.command_line_event = event.number;
    }
    out_.has_secret = out_.has_secret || has_secret(seen.data);
  }

  void take_asset_tag(const BootEvent& event, const EsxiEvent& seen) {
    step(event, seen.kind, {});
    if (seen.data.size() > limits::esxi::kAssetTagMax) {
      add(EsxiProblemKind::kMalformed, "asset tag: too long", event).offset = kTagHeadSize;
    } else if (holds(event, seen) && !out_.asset_tag) {
      out_.asset_tag = seen.data;
    }
  }

  void take_signer(const BootEvent& event, const EsxiEvent& seen) {
    step(event, seen.kind, {});
    if (!holds(event, seen)) {
      return;
    }
    if (!may_be_certificate(seen.data)) {
      add(EsxiProblemKind::kMalformed, "signer: no certificate", event).offset = kTagHeadSize;
    } else if (out_.signers.size() < limits::esxi::kSignersMax) {
      EsxiSigner& signer = out_.signers.emplace_back();
      signer.certificate = seen.data;
      signer.digest = hash(HashAlgorithm::kSha256, seen.data);
      const KnownSigner known = format_.signer(signer.digest);
      signer.role = known.role;
      signer.key_id = known.key_id;
      signer.event = event.number;
    }
  }

  void take_kernel(const BootEvent& event, const EsxiEvent& seen) {
    step(event, seen.kind, {});
    if (!seen.tag) {
      add(EsxiProblemKind::kGrammar, "an event that is no tagged one", event);
      return;
    }
    if (format_.tag(*seen.tag) == nullptr) {
      ++out_.unknown_tags;
      add(EsxiProblemKind::kTagUnknown, name_of(seen.kind), event).number = *seen.tag;
    }
    if (seen.kind == EsxiEventKind::kUnknown ||
        (format_.tag(*seen.tag) != nullptr && !is_kernel_text_held(event, seen))) {
      return;
    }
    take_kernel_text(seen.kind, without_nul(as_text(seen.data)));
  }

  bool is_kernel_text_held(const BootEvent& event, const EsxiEvent& seen) {
    if (seen.proof == ProofClass::kDataProven) {
      return true;
    }
    add_differing(event, seen, log_.bank());
    return false;
  }

  void take_kernel_text(EsxiEventKind kind, std::string_view text) {
    if (kind == EsxiEventKind::kBootComplete) {
      out_.is_boot_complete = true;
    } else if (kind == EsxiEventKind::kSystemVersion) {
      out_.system_version = text;
    } else {
      take_security_option(text, out_);
    }
  }

  // What is not ESXi's: who let it run, and what loaded it.
  void take_firmware(const BootEvent& event) {
    take_authority(event);
    if (out_.layout != EsxiLayout::kLoader) {
      return;
    }
    if (event.pcr == kLoaderPcr && !loads_nothing(event, log_.bank())) {
      take_loader(event);
    } else if (event.pcr >= kUnusedBegin && event.pcr < kUnusedEnd) {
      add(EsxiProblemKind::kGrammar, "an event in a PCR that ESXi leaves as it is", event);
    }
  }

  void take_authority(const BootEvent& event) {
    if (const std::optional<EsxiAuthority> authority = authority_of(log_, event)) {
      if (out_.authorities.size() == limits::esxi::kAuthoritiesMax) {
        add(EsxiProblemKind::kGrammar, "more authorities than a boot of ESXi has", event);
        return;
      }
      out_.authorities.push_back(*authority);
    } else if (!out_.odd_authority && may_hide_authority(log_, event)) {
      out_.odd_authority = event.number;
    }
  }

  void take_loader(const BootEvent& event) {
    const std::optional<Digest> digest = Digest::from(log_.bank(), event.digest(log_.bank()));
    if (!digest) {
      add(EsxiProblemKind::kBankWeak, "an event without a digest", event).bank = log_.bank();
    } else if (out_.loaders.size() == limits::esxi::kLoadersMax) {
      add(EsxiProblemKind::kGrammar, "more boot loaders than a boot of ESXi has", event);
    } else {
      out_.loaders.push_back({*digest, event.number, event.pcr});
    }
  }

  void compare_secure_boot() {
    if (!out_.kernel_secure_boot) {
      return;
    }
    for (const BootEvent& event : log_.log().events) {
      const std::optional<bool> is_on = firmware_secure_boot(log_, event);
      if (is_on && *is_on != *out_.kernel_secure_boot) {
        add(EsxiProblemKind::kSecureBoot,
            *is_on ? "the firmware has it on, the kernel says off"
                   : "the firmware has it off, the kernel says on",
            event);
      }
    }
  }

  static constexpr std::size_t kTagHeadSize = 8;
  static constexpr std::uint32_t kLoaderPcr = 4;
  static constexpr std::uint32_t kUnusedBegin = 8;  // PCR 8 to 10 are zero on an ESXi host
  static constexpr std::uint32_t kUnusedEnd = 11;

  const ProvenLog& log_;
  const EsxiFormat& format_;
  const EsxiPcrs& pcrs_;
  EsxiGrammar grammar_;
  EsxiBoot& out_;
  EsxiProblem spare_;
};

}  // namespace

void take_security_option(std::string_view text, EsxiBoot& out) {
  const std::size_t sign = text.find(kSecurityOptionSign);
  if (sign == std::string_view::npos) {
    return;
  }
  const std::string_view key = text.substr(0, sign);
  const std::string_view value = text.substr(sign + kSecurityOptionSign.size());
  if (value != "TRUE" && value != "FALSE") {
    return;
  }
  if (key == kExecInstalledOnly) {
    out.exec_installed_only = value == "TRUE";
  } else if (key == kUefiSecureBoot) {
    out.kernel_secure_boot = value == "TRUE";
  }
}

void read_esxi_boot(const ProvenLog& log, const EsxiFormat& format, EsxiBoot& out, LogForm form) {
  out.clear();
  out.bank = log.bank();
  out.form = form;
  out.layout = layout_of(log.log(), format);
  const EsxiPcrs* const pcrs = format.pcrs(out.layout);
  if (pcrs != nullptr) {
    EsxiReader(log, format, *pcrs, out).run();
  }
}

}  // namespace quotemill
