#include <iomanip>

#include "deploy/quotemill-verify/log_report.h"
#include "deploy/quotemill-verify/report.h"
#include "engine/eventlog/decode/text.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::offline {
namespace {

void print_pcrs(std::ostream& out, const std::vector<PcrBank>& pcrs) {
  out << "\n  bank     PCR  value\n";
  for (const PcrBank& bank : pcrs) {
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (bank.has(pcr)) {
        out << "  " << std::left << std::setw(8) << name_of(bank.algorithm()) << std::right
            << std::setw(4) << pcr << "  " << bank.at(pcr).hex() << '\n';
      }
    }
  }
}

const char* word_of(ProofClass proof) {
  switch (proof) {
    case ProofClass::kDataProven:
      return "data";
    case ProofClass::kDigestProven:
      return "digest";
    case ProofClass::kUnprovenType:
      return "unproven";
    case ProofClass::kNotMeasured:
      return "-";
  }
  return "-";
}

std::string proof_word(const LogReport& report, const BootEvent& event) {
  return report.proven ? word_of(standing_of(report, event).proof) : "-";
}

// A log of ESXi is read as ESXi means it.
std::string words_of(const LogReport& report, const BootEvent& event) {
  constexpr std::size_t kWordsMax = 120;
  return report.esxi.layout == EsxiLayout::kNone
             ? describe(event)
             : decoded_event(report, event).summary.substr(0, kWordsMax);
}

void print_events(std::ostream& out, const LogReport& report) {
  out << "\n  event  PCR  type                              proven      size  about\n";
  for (const BootEvent& event : report.reading.log.events) {
    const std::string pcr = event.pcr < limits::kPcrCount ? std::to_string(event.pcr) : "-";
    out << "  " << std::right << std::setw(5) << event.number << std::setw(5) << pcr << "  "
        << std::left << std::setw(34) << event_type_name(event.type) << std::setw(9)
        << proof_word(report, event) << std::right << std::setw(7) << event.data.size() << "  "
        << words_of(report, event) << '\n';
  }
}

void print_userspace(std::ostream& out, const UserspaceLog& log) {
  out << "\n  record PCR  type                              proven    about\n";
  std::size_t index = 0;
  for (const UserspaceRecord& record : log.records) {
    const std::string pcr = record.pcr ? std::to_string(*record.pcr) : "-";
    const std::string of_index = record.pcr ? "" : "NV " + hex_number(*record.nv_index) + ": ";
    out << "  " << std::right << std::setw(5) << index++ << std::setw(5) << pcr << "  " << std::left
        << std::setw(34) << record.type << std::setw(10) << word_of(record.proof) << of_index
        << record.text << '\n';
  }
}

std::string with_standing(const std::string& text, const Ground& ground) {
  return text + " (" + std::string(name_of(ground.standing)) +
         (ground.because.empty() ? "" : ": " + ground.because) + ")";
}

void print_line(std::ostream& out, const char* name, const std::string& text) {
  out << "  " << std::left << std::setw(16) << name << text << '\n';
}

void print_secure_boot(std::ostream& out, const SecureBootClaim& claim) {
  const std::string state = !claim.enabled ? "unknown" : *claim.enabled ? "on" : "off";
  print_line(
      out, "Secure Boot",
      with_standing(state + ", " + std::string(name_of(claim.mode)) + " mode", claim.ground));
  for (const std::string& sentence : claim.argument) {
    print_line(out, "", "- " + sentence);
  }
}

void print_databases(std::ostream& out, const BootClaims& claims) {
  for (const SignatureDatabase& database : claims.databases.databases) {
    print_line(
        out, database.name.c_str(),
        with_standing(std::to_string(database.entries.size()) + " entries", database.ground));
  }
  for (const DbxLevelClaim& level : claims.dbx_level) {
    const std::string reached = level.level.empty() ? "none" : level.level;
    const std::string of = level.architecture.empty() ? "" : level.architecture + ": ";
    print_line(out, "dbx level",
               with_standing(of + reached + ", newest " + level.newest + ", " +
                                 std::to_string(level.missing) + " missing",
                             level.ground));
  }
  if (claims.sbat.level) {
    print_line(out, "SBAT level", with_standing(claims.sbat.level->date, claims.sbat.ground));
  }
}

void print_chain(std::ostream& out, const BootChain& chain) {
  for (const BootImage& image : chain.images) {
    print_line(out, "image",
               with_standing((image.path.empty() ? "(no path)" : image.path) + " [" +
                                 std::string(name_of(image.role)) + "] " + image.digest,
                             image.ground));
  }
  for (const BootFile& section : chain.sections) {
    print_line(out, "section", with_standing(section.name + " " + section.digest, section.ground));
  }
  for (const CommandLine& line : chain.command_lines) {
    print_line(out, "command line", with_standing(line.text, line.ground));
  }
}

void print_esxi(std::ostream& out, const EsxiBoot& boot) {
  print_line(out, "ESXi layout", std::string(name_of(boot.layout)));
  for (const EsxiVersionRecord& version : boot.versions) {
    print_line(
        out, "ESXi version",
        text_of_ascii(as_bytes(version.version)) + " of " + text_of_ascii(as_bytes(version.file)));
  }
  print_line(out, "ESXi modules", std::to_string(boot.modules.size()));
  for (const EsxiSigner& signer : boot.signers) {
    print_line(out, "ESXi signer",
               signer.digest.hex() + " " + std::string(signer.key_id) + " [" +
                   std::string(name_of(signer.role)) +
                   "] (proves nothing unless Secure Boot was on)");
  }
  if (boot.command_line) {
    print_line(out, "ESXi options", text_of_ascii(as_bytes(*boot.command_line)));
  }
  if (boot.asset_tag && is_ascii_text(*boot.asset_tag)) {
    print_line(out, "ESXi asset tag", text_of_ascii(*boot.asset_tag));
  }
}

void print_platform(std::ostream& out, const PlatformClaims& platform) {
  const FirmwareClaim& firmware = platform.firmware;
  print_line(out, "firmware", with_standing(firmware.version, firmware.version_ground));
  print_line(out, "platform key", with_standing(firmware.vendor, firmware.vendor_ground));
  for (const OptionRom& rom : platform.option_roms) {
    print_line(out, "option ROM", with_standing(rom.path + " " + rom.digest, rom.ground));
  }
  for (const PlatformAlarm& alarm : platform.alarms) {
    print_line(out, "ALARM", with_standing(alarm.what + ": " + alarm.text, alarm.ground));
  }
}

}  // namespace

void print_text(std::ostream& out, const LogReport& report) {
  const BootLog& log = report.reading.log;
  out << (report.reading.broken ? "BROKEN" : "READ") << ": " << name_of(log.format) << " log, "
      << log.events.size() << " events, startup locality "
      << static_cast<unsigned>(log.startup_locality) << '\n';
  if (report.joined) {
    out << "  final events: " << report.joined->overlap << " stand in the log, "
        << report.joined->appended << " were appended\n";
  }
  print_pcrs(out, report.pcrs);
  print_events(out, report);
  if (report.userspace) {
    print_userspace(out, *report.userspace);
  }
  if (report.claims) {
    out << "\nClaims, proven if a quote shows these PCRs\n";
    print_secure_boot(out, report.claims->secure_boot);
    print_databases(out, *report.claims);
    print_chain(out, report.claims->chain);
    print_platform(out, report.claims->platform);
    if (report.esxi.layout != EsxiLayout::kNone) {
      print_esxi(out, report.esxi);
    }
  }
  print_findings(out, report.findings);
}

}  // namespace quotemill::offline
