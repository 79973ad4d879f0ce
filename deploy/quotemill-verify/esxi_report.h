// EsxiReport: what vCenter's QueryTpmAttestationReport tells of an ESXi host (vim25,
// HostTpmAttestationReport), replayed and judged as far as it can be.
//
// A report has no signature, no nonce and no certificate: it proves nothing to a third party.
// What can be found is that it contradicts itself. Digests in it are those of the events, whatever
// vim25's documentation says; bytes are signed numbers, one by one.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/tpm/pcr.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

enum class EsxiReportFormat : std::uint8_t { kSoap, kViJson, kHostManifest };

std::string_view name_of(EsxiReportFormat format);  // "soap", "vi_json", "host_manifest"

struct EsxiReportEntry {
  std::uint32_t pcr = 0;
  EsxiEventKind kind = EsxiEventKind::kUnknown;
  std::string type;  // as the report has it; raw
  Digest digest;
  std::string name;           // of a module or options file; raw
  std::string text;           // command line, option, version; raw, may hold a secret
  std::optional<Bytes> data;  // options' content, version record
  std::string vib_name;       // raw, as the following
  std::string vib_version;
  std::string vib_vendor;
};

struct EsxiReport {
  EsxiReportFormat format = EsxiReportFormat::kSoap;
  std::vector<EsxiReportEntry> entries;  // in the report's order
  std::vector<PcrBank> pcrs;             // as the report has them
  std::optional<bool> is_reliable;       // tpmLogReliable
};

// One of the three, told by the file itself. Pure.
Result<EsxiReport> decode_esxi_report(ByteView file);

// Each by itself; of the rim, for decode_esxi_report().
Result<EsxiReport> decode_soap_report(std::string_view text);
Result<EsxiReport> decode_json_report(std::string_view text);

// Adds what is common: nothing if the entry cannot be. Bounds: limits of esxi_report.cc.
Result<void> add_entry(EsxiReport& report, EsxiReportEntry entry);
Result<void> add_pcr(EsxiReport& report, std::uint32_t pcr, const Digest& value);

// Digest of signed or unsigned bytes; forty zero bytes are a zero SHA-1 (vCenter 6.5).
Result<Digest> report_digest(std::string_view method, ByteView bytes);

// What an event's class says that it is: "HostTpmCommandEventDetails".
EsxiEventKind kind_of_class(std::string_view type);

enum class ReportPcrState : std::uint8_t { kReplayed, kMismatch, kNotLogged };

std::string_view name_of(ReportPcrState state);  // "replayed", "mismatch", "not_logged"

struct ReportPcr {
  std::uint32_t pcr = 0;
  Digest value;     // as the report has it
  Digest replayed;  // zeros if nothing was logged
  ReportPcrState state = ReportPcrState::kNotLogged;
};

struct EsxiReportCheck {
  EsxiReport report;
  EsxiLayout layout = EsxiLayout::kNone;
  std::vector<ReportPcr> pcrs;
  std::vector<ProofClass> proofs;  // of each entry, if the PCR is
  EsxiBoot boot;                   // flags only: what the kernel says
  Findings findings;
};

// PCR 17 to 22 begin with zeros here: a report is of a host that was launched.
EsxiReportCheck check_esxi_report(EsxiReport report);

void print_text(std::ostream& out, const EsxiReportCheck& check);
void print_json(std::ostream& out, const EsxiReportCheck& check);

}  // namespace quotemill::offline
