#include "deploy/quotemill/commands/esxi_host.h"

#include <gmock/gmock.h>

#include "tests/deploy/quotemill/commands_fixture.h"

namespace quotemill::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EsxiHosts : public CommandsTest {
 protected:
  static Json attestation(const char* status, const char* colour) {
    return {{"status", status},
            {"colour", colour},
            {"key", "esxi.secure_boot"},
            {"message", "Secure Boot is off"},
            {"cause", "Off."},
            {"remedy", "Enable it."},
            {"vsphere", "Host secure boot was disabled"}};
  }

  static Json esxi() {
    return {{"attestation", attestation("Failed", "red")},
            {"last_attested", "2026-11-24T12:00:05.000Z"},
            {"image",
             {{"name", "ESXi-8.0U3"},
              {"version", "8.0.3"},
              {"build", "24280767"},
              {"match", "exact"},
              {"approved", false}}},
            {"version", "8.0.3"},
            {"build", "24280767"},
            {"secure_boot", {{"state", "unproven"}, {"because", "two separators"}}},
            {"txt", "not_launched"},
            {"tpm",
             {{"manufacturer", "STM"},
              {"model", nullptr},
              {"firmware", "0x00"},
              {"ek_sha256", "ab"},
              {"ek_issuer", "CN=EK CA"}}},
            {"asset_tag", nullptr}};
  }

  std::string shown(const Json& esxi) {
    Json host = row("esx-1", "failed");
    host["esxi"] = esxi;
    answers_ = {host};
    out_.str("");
    Session session = this->session();
    run_host(session, {.host = "esx-1"});
    return out_.str();
  }
};

TEST_F(EsxiHosts, ShowWhatVSpheresAdministratorsLookFor) {
  const std::string out = shown(esxi());
  for (const char* const line :
       {"attestation   Failed\n", "message       Secure Boot is off\n", "cause         Off.\n",
        "remedy        Enable it.\n", "in vSphere    Host secure boot was disabled\n",
        "attested      2026-11-24T12:00:05Z\n",
        "image         ESXi-8.0U3, 8.0.3 build 24280767 (exact, not approved)\n",
        "version       8.0.3 build 24280767\n", "Secure Boot   unproven (two separators)\n",
        "TXT           not_launched\n", "TPM           STM firmware 0x00\n", "EK            ab\n",
        "EK issued by  CN=EK CA\n"}) {
    EXPECT_THAT(out, HasSubstr(line));
  }
  EXPECT_THAT(out, Not(HasSubstr("asset tag")));
  expect_clean();
}

TEST_F(EsxiHosts, LeaveOutWhatNobodyKnows) {
  Json unknown = esxi();
  for (const char* const field : {"image", "version", "build", "secure_boot", "txt", "tpm"}) {
    unknown[field] = nullptr;
  }
  const std::string out = shown(unknown);
  for (const char* const label : {"image", "version", "Secure Boot  ", "TXT", "TPM", "build"}) {
    EXPECT_THAT(out, Not(HasSubstr(std::string("  ") + label))) << label;
  }
  EXPECT_THAT(shown(nullptr), Not(HasSubstr("attestation")));
}

TEST_F(EsxiHosts, AreListedWithTheirAttestationForPeopleAlone) {
  Json host = row("esx-1", "failed");
  host["attestation"] = attestation("Failed", "red");
  Json other = row("linux", "trusted");
  other["attestation"] = nullptr;
  const Json page = {{"hosts", {host, other}}, {"next", nullptr}};
  answers_ = {page};
  Session people = session({}, {.has_colour = true});
  run_hosts(people, {});
  EXPECT_THAT(out_.str(), HasSubstr("ATTESTATION"));
  EXPECT_THAT(out_.str(), HasSubstr("\x1b[31mFailed"));
  out_.str("");
  answers_ = {page};
  Session script = session({.is_plain = true}, kPlainStyle);
  run_hosts(script, {});
  EXPECT_THAT(out_.str(), Not(HasSubstr("Failed")));
  out_.str("");
  answers_ = {Json{{"hosts", {other}}, {"next", nullptr}}};
  Session linux = session();
  run_hosts(linux, {});
  EXPECT_THAT(out_.str(), Not(HasSubstr("ATTESTATION")));
}

}  // namespace
}  // namespace quotemill::cli
