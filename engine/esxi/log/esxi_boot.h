// EsxiBoot: what a boot log tells of an ESXi host, in one pass over its events.
//
// A plain value for inference and policy. What is in it of a PCR holds if a quote shows that PCR:
// digests, their order, and all texts whose hash was measured (command line, asset tag, signers,
// version records). Names of modules are hints. If `problems` is not empty, the log does not obey
// the order in which ESXi measures, and *nothing* of the rest is to be believed: a replay alone
// cannot tell a relabelled event.
//
// Views borrow the log (or the report) that was read. Host-supplied texts are raw bytes: escape
// and redact them (engine/base/text.h, eventlog/decode/secrets.h) before anybody sees them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/esxi/log/esxi_format.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/eventlog/proof/event_proof.h"
#include "engine/eventlog/proof/proven_log.h"

namespace quotemill {

struct EsxiModule {
  std::string_view name;  // "vmx.v00": a hint
  Digest digest;          // of the content after gunzip, in the bank that was read
  std::uint32_t event = 0;
  std::uint32_t pcr = 0;
  bool is_options = false;  // a *.gz of boot options
};

// The first record of a module's ELF section .version, as the loader rewrote it: proven data.
struct EsxiVersionRecord {
  std::string_view component;  // "vmkboot"
  std::string_view product;    // "VMware ESXi"
  std::string_view version;    // "8.0.3-24280767"
  std::string_view file;       // "/b.b00"
  std::uint64_t flags = 0;
  std::uint32_t format = 0;
  std::uint32_t event = 0;
};

// Proves nothing unless Secure Boot was on: the loader measures it before it checks the signature.
struct EsxiSigner {
  ByteView certificate;  // DER; empty if only its digest is known (reports)
  Digest digest;         // SHA-256 of the certificate
  EsxiSignerRole role = EsxiSignerRole::kUnknown;
  std::string_view key_id;  // "vmware_esx67"; empty if the certificate is not known
  std::uint32_t event = 0;
};

// Who let a boot loader run: EV_EFI_VARIABLE_AUTHORITY of PCR 7, measured as shown.
struct EsxiAuthority {
  ByteView certificate;  // DER; empty if `digest` is an image's
  Digest digest;         // SHA-256 of the certificate, or what db lists
  std::uint32_t event = 0;
};

// What may have started ESXi, by its digest in the bank that was read: in the boot loader's layout
// every event of PCR 4 that can have loaded something, in that of a dynamic launch every event of
// the launch.
struct EsxiLoader {
  Digest digest;
  std::uint32_t event = 0;
  std::uint32_t pcr = 0;
};

enum class EsxiProblemKind : std::uint8_t {
  kGrammar,      // an order of events in which ESXi does not measure
  kMalformed,    // a tagged event, name or version record that breaks; `offset`
  kDataDiffers,  // the data is not what was measured, in `bank`
  kTagUnknown,   // a tag in ESXi's PCRs that nobody has explained
  kBankWeak,     // no digest of SHA-256 or better
  kTooLong,      // more events than the kernel keeps
  kSecureBoot,   // the kernel and PCR 7 tell different things
};

std::string_view name_of(EsxiProblemKind kind);  // "grammar", "malformed", ...

struct EsxiProblem {
  EsxiProblemKind kind = EsxiProblemKind::kGrammar;
  std::optional<std::uint32_t> event = {};
  std::optional<std::uint32_t> pcr = {};
  std::size_t offset = 0;      // in the event's data
  std::string_view what = {};  // a literal: "a second command line"
  std::optional<HashAlgorithm> bank = {};
  std::uint64_t number = 0;  // of a tag, or how many
  // Of data that differs: what it hashes to, and what was measured. None of a kept secret.
  std::optional<Digest> shown = {};
  std::optional<Digest> measured = {};

  friend bool operator==(const EsxiProblem&, const EsxiProblem&) = default;
};

// One event of ESXi's PCRs, for people.
struct EsxiEvent {
  EsxiEventKind kind = EsxiEventKind::kUnknown;
  ProofClass proof = ProofClass::kUnprovenType;
  ProofProblem why = ProofProblem::kNone;
  std::optional<std::uint32_t> tag = {};  // none if it is no tagged event
  ByteView data;                          // tagged data
};

struct EsxiBoot {
  EsxiLayout layout = EsxiLayout::kNone;  // kNone: not a log of ESXi; all else is empty
  HashAlgorithm bank = HashAlgorithm::kSha256;
  LogForm form = LogForm::kAsSent;
  std::uint32_t pcrs = 0;           // bits: those that ESXi measured into
  std::vector<EsxiModule> modules;  // with options files, in the log's order
  std::vector<EsxiVersionRecord> versions;
  std::vector<EsxiSigner> signers;
  std::vector<EsxiAuthority> authorities;
  // The first event of PCR 7 behind the firmware's that may hide an authority.
  std::optional<std::uint32_t> odd_authority;
  std::vector<EsxiLoader> loaders;               // proven if PCR 4, or the launch's PCRs, are
  std::optional<std::string_view> command_line;  // may hold a secret: never shown as it is
  std::optional<std::uint32_t> command_line_event;
  std::optional<ByteView> asset_tag;
  bool has_secret = false;                         // on the command line
  bool has_launch = false;                         // PCR 17 and 18: TXT launched the hypervisor
  std::optional<bool> exec_installed_only;         // as the kernel says
  std::optional<bool> kernel_secure_boot;          // likewise
  bool is_boot_complete = false;                   // likewise
  std::optional<std::string_view> system_version;  // likewise
  std::uint32_t unknown_tags = 0;
  std::vector<EsxiProblem> problems;  // the first limits::esxi::kProblemsMax
  std::uint32_t problem_count = 0;    // all of them

  // Empty, with the memory of its lists kept for the next log.
  void clear();
};

// Nothing is wrong with the log. A tag that nobody has explained is a finding of its own: never
// clean, and no contradiction.
bool is_in_order(const EsxiBoot& boot);

// Reads the log into `out`, whose memory is used again. No allocation per event once the lists
// have grown; linear. `log` must outlive `out`.
void read_esxi_boot(const ProvenLog& log, const EsxiFormat& format, EsxiBoot& out,
                    LogForm form = LogForm::kAsSent);

// What one event is by `boot.layout`; nullopt if it is not in ESXi's PCRs, or not measured.
std::optional<EsxiEvent> esxi_event(const BootEvent& event, const EsxiBoot& boot,
                                    const EsxiFormat& format);

// "execInstalledOnly = TRUE", "uefiSecureBootEnabled = FALSE", without a NUL: into the two flags.
// Others are passed over.
void take_security_option(std::string_view text, EsxiBoot& out);

// By known_esxi_format().
KnownSigner known_signer(const Digest& certificate);

}  // namespace quotemill
