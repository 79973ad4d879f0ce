// Reports of vCenter about ESXi hosts: the real one among the fixtures, ones that tests make, and
// hostile ones.
#include "deploy/quotemill-verify/esxi_report.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "bench/fleet/esxi_events.h"
#include "engine/crypto/hash.h"
#include "tests/support/finding_printers.h"
#include "tests/support/temp_folder.h"
#include "transport/sinks/base64.h"

namespace quotemill::offline {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

struct Row {
  std::uint32_t pcr;
  std::string type;
  std::string measured;
  std::string fields;  // XML elements, or members of JSON with a comma in front
};

std::string signed_bytes(ByteView bytes, std::string_view name) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += "<" + std::string(name) + ">" + std::to_string(static_cast<std::int8_t>(byte)) + "</" +
           std::string(name) + ">";
  }
  return out;
}

std::string json_bytes(ByteView bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += (out.empty() ? "" : ",") + std::to_string(static_cast<std::int8_t>(byte));
  }
  return "[" + out + "]";
}

PcrBank replayed(const std::vector<Row>& rows) {
  PcrBank bank(kBank);
  for (const Row& row : rows) {
    Digest value = bank.has(row.pcr) ? bank.at(row.pcr) : Digest(kBank);
    extend(value, hash(kBank, as_bytes(row.measured)).view());
    bank.set(row.pcr, value);
  }
  return bank;
}

std::string soap(const std::vector<Row>& rows, std::string_view rest = "") {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
      "<QueryTpmAttestationReportResponse xmlns=\"urn:vim25\"><returnval>";
  const PcrBank bank = replayed(rows);
  for (std::uint32_t pcr = 0; pcr < 24; ++pcr) {
    if (bank.has(pcr)) {
      out += "<tpmPcrValues><digestMethod>SHA256</digestMethod>" +
             signed_bytes(bank.at(pcr).view(), "digestValue") + "<objectName/><pcrNumber>" +
             std::to_string(pcr) + "</pcrNumber></tpmPcrValues>";
    }
  }
  for (const Row& row : rows) {
    out += "<tpmEvents><pcrIndex>" + std::to_string(row.pcr) +
           "</pcrIndex><eventDetails xsi:type=\"" + row.type + "\">" +
           signed_bytes(hash(kBank, as_bytes(row.measured)).view(), "dataHash") +
           "<dataHashMethod>SHA256</dataHashMethod>" + row.fields + "</eventDetails></tpmEvents>";
  }
  return out + "<tpmLogReliable>true</tpmLogReliable>" + std::string(rest) +
         "</returnval></QueryTpmAttestationReportResponse></soapenv:Body></soapenv:Envelope>";
}

std::string vi_json(const std::vector<Row>& rows, std::string_view reliable = "true") {
  std::string pcrs;
  const PcrBank bank = replayed(rows);
  for (std::uint32_t pcr = 0; pcr < 24; ++pcr) {
    if (bank.has(pcr)) {
      pcrs += (pcrs.empty() ? "" : ",") + std::string("{\"_typeName\":\"HostTpmDigestInfo\"") +
              ",\"pcrNumber\":" + std::to_string(pcr) + ",\"digestMethod\":\"SHA256\"" +
              ",\"digestValue\":" + json_bytes(bank.at(pcr).view()) + "}";
    }
  }
  std::string events;
  for (const Row& row : rows) {
    events += (events.empty() ? "" : ",") + std::string("{\"pcrIndex\":") +
              std::to_string(row.pcr) + ",\"eventDetails\":{\"_typeName\":\"" + row.type +
              "\",\"dataHashMethod\":\"SHA256\",\"dataHash\":" +
              json_bytes(hash(kBank, as_bytes(row.measured)).view()) + row.fields + "}}";
  }
  return "{\"_typeName\":\"HostTpmAttestationReport\",\"tpmLogReliable\":" + std::string(reliable) +
         ",\"tpmPcrValues\":[" + pcrs + "],\"tpmEvents\":[" + events + "]}";
}

const std::string kModuleClass = "HostTpmSoftwareComponentEventDetails";
const std::string kCommandClass = "HostTpmCommandEventDetails";
const std::string kSecurityClass = "HostTpmBootSecurityOptionEventDetails";

std::vector<Row> soap_rows() {
  return {
      {12, kModuleClass, "b", "<componentName>b.b00</componentName><vibName>esx-base</vibName>"},
      {13, kModuleClass, "vmx", "<componentName>vmx.v00</componentName>"},
      {14, "HostTpmOptionEventDetails", "\n",
       "<optionsFileName>useropts.gz</optionsFileName><bootOptions>10</bootOptions>"},
      {14, kCommandClass, "/b.b00 x", "<commandLine>/b.b00 x</commandLine>"},
      {14, kSecurityClass, std::string("execInstalledOnly = TRUE\0", 25),
       "<bootSecurityOption>execInstalledOnly = TRUE</bootSecurityOption>"},
      {14, "HostTpmBootCompleteEventDetails", std::string("Boot Complete\0", 14), ""}};
}

std::vector<Row> json_rows() {
  return {{12, kModuleClass, "b", ",\"componentName\":\"b.b00\",\"vibName\":\"esx-base\""},
          {14, kCommandClass, "/b.b00 x", ",\"commandLine\":\"/b.b00 x\""},
          {14, kSecurityClass, std::string("uefiSecureBootEnabled = TRUE\0", 29),
           ",\"bootSecurityOption\":\"uefiSecureBootEnabled = TRUE\""}};
}

EsxiReportCheck checked(const std::string& text) {
  Result<EsxiReport> report = decode_esxi_report(as_bytes(text));
  EXPECT_TRUE(report) << (report ? "" : report.error().to_string());
  return report ? check_esxi_report(std::move(*report)) : EsxiReportCheck();
}

std::vector<FindingCode> codes_of(const std::string& text) {
  return testing::codes(checked(text).findings);
}

std::string replace(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(EsxiReport, TheManifestOfARealHostReplaysPcr17To21) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  std::ifstream file("../shared/fixtures/esxi/host_manifest.json", std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const EsxiReportCheck check = checked(text.str());
  EXPECT_EQ(check.report.format, EsxiReportFormat::kHostManifest);
  EXPECT_EQ(check.report.entries.size(), 172U);
  EXPECT_EQ(check.layout, EsxiLayout::kDynamicLaunch);
  std::vector<std::uint32_t> exact;
  for (const ReportPcr& row : check.pcrs) {
    if (row.state == ReportPcrState::kReplayed) {
      exact.push_back(row.pcr);
    }
    EXPECT_NE(row.state, ReportPcrState::kMismatch) << row.pcr;
  }
  EXPECT_THAT(exact, ElementsAre(17, 18, 19, 20, 21));
  EXPECT_THAT(check.findings, IsEmpty());
  EXPECT_EQ(check.boot.exec_installed_only, false);
  EXPECT_EQ(check.boot.kernel_secure_boot, true);
  std::ostringstream out;
  print_json(out, check);
  EXPECT_THAT(out.str(), Not(HasSubstr("grammar")));
}

TEST(EsxiReport, ReadsSignedBytesOfSoap) {
  const EsxiReportCheck check = checked(soap(soap_rows()));
  EXPECT_EQ(check.report.format, EsxiReportFormat::kSoap);
  EXPECT_EQ(check.layout, EsxiLayout::kLoader);
  EXPECT_THAT(check.findings, IsEmpty());
  ASSERT_EQ(check.pcrs.size(), 3U);
  for (const ReportPcr& row : check.pcrs) {
    EXPECT_EQ(row.state, ReportPcrState::kReplayed) << row.pcr;
  }
  EXPECT_EQ(check.report.is_reliable, true);
  EXPECT_EQ(check.report.entries[0].vib_name, "esx-base");
  EXPECT_EQ(check.boot.exec_installed_only, true);
  EXPECT_EQ(check.proofs[2], ProofClass::kDataProven) << "the options' content is in the report";
}

TEST(EsxiReport, ReadsViJson) {
  const EsxiReportCheck check = checked(vi_json(json_rows()));
  EXPECT_EQ(check.report.format, EsxiReportFormat::kViJson);
  EXPECT_THAT(check.findings, IsEmpty());
  EXPECT_EQ(check.boot.kernel_secure_boot, true);
}

TEST(EsxiReport, ReadsVersionRecordsInBase64) {
  const Bytes record = bench::esxi_version_record("vmkboot", "8.0.3-1", "/b.b00");
  const std::string measured(as_text(record));
  const std::string version = transport::base64(record);
  const std::vector<Row> rest = {{12, kModuleClass, "b", "<componentName>b.b00</componentName>"},
                                 {14, kCommandClass, "/b.b00", ""}};
  std::vector<Row> rows = {
      {13, "HostTpmVersionEventDetails", measured, "<version>" + version + "</version>"}};
  rows.insert(rows.end(), rest.begin(), rest.end());
  EXPECT_THAT(codes_of(soap(rows)), IsEmpty());
  rows[0].fields = "<version>" + transport::base64(as_bytes("another")) + "</version>";
  EXPECT_THAT(codes_of(soap(rows)), Contains(FindingCode::kEsxiLogData));
}

TEST(EsxiReport, AZeroSha1PcrMayHaveFortyBytes) {
  EXPECT_EQ(*report_digest("SHA1", Bytes(40)), Digest(HashAlgorithm::kSha1));
  EXPECT_FALSE(report_digest("SHA1", Bytes(40, 1)));
  EXPECT_FALSE(report_digest("SHA256", Bytes(40)));
  EXPECT_FALSE(report_digest("CRC", Bytes(4)));
}

TEST(EsxiReport, AChangedValueIsAMismatch) {
  std::vector<Row> rows = json_rows();
  const std::string good = vi_json(rows);
  rows[0].measured = "c";
  const std::string other = vi_json(rows);
  const std::size_t pcrs = good.find("\"tpmEvents\"");
  const std::string mixed = good.substr(0, pcrs) + other.substr(other.find("\"tpmEvents\""));
  EXPECT_THAT(codes_of(mixed), ElementsAre(FindingCode::kLogMismatch));
}

TEST(EsxiReport, ATextThatWasNotMeasuredIsToldWithItsEvent) {
  const EsxiReportCheck check =
      checked(replace(vi_json(json_rows()), "\"uefiSecureBootEnabled = TRUE\"",
                      "\"uefiSecureBootEnabled = FALSE\""));
  ASSERT_THAT(testing::codes(check.findings), ElementsAre(FindingCode::kEsxiLogData));
  EXPECT_EQ(check.findings[0].event, 2U);
  EXPECT_EQ(check.boot.kernel_secure_boot, std::nullopt) << "nobody's word";
}

TEST(EsxiReport, AnUnreliableLogIsNotTrusted) {
  EXPECT_THAT(codes_of(vi_json(json_rows(), "false")), Contains(FindingCode::kEsxiLogUnreliable));
}

TEST(EsxiReport, ALogOfWhichVCenterDoesNotSayThatItIsReliableIsNotClean) {
  const std::string json = replace(vi_json(json_rows()), "\"tpmLogReliable\":true,", "");
  EXPECT_THAT(codes_of(json), ElementsAre(FindingCode::kEsxiLogUnreliable));
  EXPECT_EQ(checked(json).findings[0].severity, Severity::kWarning);
  const std::string xml = replace(soap(soap_rows()), "<tpmLogReliable>true</tpmLogReliable>", "");
  EXPECT_THAT(codes_of(xml), ElementsAre(FindingCode::kEsxiLogUnreliable));
}

// Its private half is public.
TEST(EsxiReport, ATestKeyIsNeverClean) {
  std::vector<Row> rows = json_rows();
  rows.insert(rows.begin() + 1, {14, "HostTpmSignerEventDetails", "key", ""});
  EXPECT_THAT(codes_of(vi_json(rows)), IsEmpty());
  const Bytes key = *from_hex("36aae5181af5e84a51cd75ea3844860746570791a134f0854595c024986a96fb");
  const std::string report =
      replace(vi_json(rows), json_bytes(hash(kBank, as_bytes("key")).view()), json_bytes(key));
  const EsxiReportCheck check = checked(report);
  ASSERT_THAT(testing::codes(check.findings), Contains(FindingCode::kEsxiSignerTest));
  EXPECT_EQ(worst_of(check.findings), Severity::kFail);
  EXPECT_THAT(message_of(check.findings.back()), HasSubstr("test_esx67"));
}

TEST(EsxiReport, SecureBootThatIsOffByTheKernelsWordIsNotClean) {
  std::vector<Row> rows = json_rows();
  rows[2].measured = std::string("uefiSecureBootEnabled = FALSE\0", 30);
  rows[2].fields = ",\"bootSecurityOption\":\"uefiSecureBootEnabled = FALSE\"";
  EXPECT_THAT(codes_of(vi_json(rows)), ElementsAre(FindingCode::kEsxiSecureBoot));
}

TEST(EsxiReport, HoldsTheOrderOfEvents) {
  std::vector<Row> rows = soap_rows();
  std::swap(rows[0], rows[3]);
  EXPECT_THAT(codes_of(soap(rows)), Contains(FindingCode::kEsxiLogGrammar));
  rows = soap_rows();
  rows.push_back(rows[1]);
  EXPECT_THAT(codes_of(soap(rows)), Contains(FindingCode::kEsxiLogGrammar));
}

TEST(EsxiReport, AClassThatIsNotKnownIsNeverClean) {
  std::vector<Row> rows = json_rows();
  rows.push_back({14, "HostTpmSomethingNewEventDetails", "x", ""});
  EXPECT_THAT(codes_of(vi_json(rows)), ElementsAre(FindingCode::kEsxiLogTagUnknown));
}

TEST(EsxiReport, MoreThanAThousandEventsAreNotTrusted) {
  std::vector<Row> rows = soap_rows();
  const Row module = rows[1];
  rows.insert(rows.begin() + 1, 1000, module);
  EXPECT_THAT(codes_of(soap(rows)), Contains(FindingCode::kEsxiLogTooLong));
}

TEST(EsxiReport, ASecretIsInNoOutput) {
  const std::string secret = "3F5A1C-SECRET";
  std::vector<Row> rows = json_rows();
  rows[1].measured = "/b.b00 encryptionRecoveryKey=" + secret;
  rows[1].fields = ",\"commandLine\":\"" + rows[1].measured + "\"";
  const EsxiReportCheck check = checked(vi_json(rows));
  EXPECT_THAT(testing::codes(check.findings), ElementsAre(FindingCode::kEsxiLogSecret));
  EXPECT_EQ(check.proofs[1], ProofClass::kDataProven) << "its hash was checked";
  std::ostringstream out;
  print_json(out, check);
  print_text(out, check);
  EXPECT_THAT(out.str(), Not(HasSubstr(secret)));
  EXPECT_THAT(out.str(), HasSubstr("[redacted]"));
}

// --- Hostile files

void expect_refused(const std::string& text, const std::string& why) {
  const Result<EsxiReport> report = decode_esxi_report(as_bytes(text));
  EXPECT_FALSE(report) << why;
}

TEST(EsxiReport, RefusesXmlWithEntities) {
  const std::string good = soap(soap_rows());
  expect_refused(
      replace(good, "<soapenv:Envelope",
              "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><soapenv:Envelope"),
      "a document type");
  expect_refused(replace(good, "vmx.v00", "&x;"), "an entity that nobody declared");
}

TEST(EsxiReport, RefusesXmlThatIsTooDeepOrBroken) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) {
    deep += "<a>";
  }
  expect_refused(deep, "depth");
  const std::string good = soap(soap_rows());
  for (std::size_t size = 0; size + 1 < good.size(); size += 97) {
    expect_refused(good.substr(0, size), "cut at " + std::to_string(size));
  }
}

TEST(EsxiReport, RefusesValuesThatAreNone) {
  const std::string good = soap(soap_rows());
  expect_refused(replace(good, "<pcrNumber>12<", "<pcrNumber>24<"), "PCR");
  expect_refused(replace(good, "<pcrNumber>12<", "<pcrNumber>-1<"), "PCR");
  expect_refused(replace(good, "<pcrNumber>13<", "<pcrNumber>12<"), "twice");
  expect_refused(replace(good, "<pcrIndex>12<", "<pcrIndex>4294967308<"), "PCR");
  expect_refused(replace(good, "</dataHash>", "9999</dataHash>"), "a byte");
  expect_refused(replace(good, "<dataHashMethod>SHA256", "<dataHashMethod>SHA1"), "size");
  expect_refused("<a/>", "no report");
}

TEST(EsxiReport, RefusesJsonThatIsNone) {
  const std::string good = vi_json(json_rows());
  expect_refused("", "nothing");
  expect_refused("{}", "no report");
  expect_refused("[1]", "no object");
  expect_refused(replace(good, "\"pcrNumber\":12", "\"pcrNumber\":\"12\""), "PCR");
  expect_refused(replace(good, "\"pcrNumber\":12", "\"pcrNumber\":99999999999"), "PCR");
  expect_refused(replace(good, "\"pcrNumber\":12", "\"pcrNumber\":12,\"pcrNumber\":13"), "twice");
  expect_refused(replace(good, "\"dataHash\":[", "\"dataHash\":[300,"), "a byte");
  expect_refused(replace(good, "\"tpmEvents\":[", "\"tpmEvents\":[{},"), "no details");
  expect_refused(replace(good, "\"tpmEvents\":[", "\"tpmEvents\":{}, \"x\":["), "no list");
  for (std::size_t size = 0; size + 1 < good.size(); size += 31) {
    expect_refused(good.substr(0, size), "cut at " + std::to_string(size));
  }
}

TEST(EsxiReport, WhatItNamesIsPrintable) {
  std::vector<Row> rows = json_rows();
  rows[0].fields = ",\"componentName\":\"b\\u001b[2J.b00\"";
  const EsxiReportCheck check = checked(vi_json(rows));
  std::ostringstream out;
  print_text(out, check);
  print_json(out, check);
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace quotemill::offline
