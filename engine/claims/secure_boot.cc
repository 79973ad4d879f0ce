#include "engine/claims/secure_boot.h"

#include <algorithm>

#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kPcr = 7;
constexpr std::uint32_t kApplicationsPcr = 4;

// PFP 1.06, 3.3.4.8: what may be measured into PCR 7.
bool may_be_in_pcr7(std::uint32_t type) {
  return type == event_type::kEfiVariableDriverConfig ||
         type == event_type::kEfiVariableAuthority || type == event_type::kEfiAction ||
         type == event_type::kAction || type == event_type::kSeparator ||
         type == event_type::kEfiSpdmDevicePolicy || type == event_type::kEfiSpdmDeviceAuthority;
}

class SecureBootReader {
 public:
  SecureBootReader(const ProvenLog& log, const SignatureDatabases& databases)
      : log_(log), databases_(databases) {}

  SecureBootClaim run() {
    for (const BootEvent& event : log_.log().events) {
      if (event.is_measured() && event.pcr == kPcr) {
        read(event);
      }
    }
    judge_separator();
    judge_mode();
    if (claim_.enabled) {
      claim_.ground.standing =
          claim_.ground.because.empty() ? Standing::kProven : Standing::kUnproven;
      argue();
    } else if (claim_.ground.because.empty()) {
      claim_.ground.because = "the log has no SecureBoot variable before PCR 7's separator";
    }
    return std::move(claim_);
  }

 private:
  void doubt(std::string reason) {
    if (claim_.ground.because.empty()) {
      claim_.ground.because = std::move(reason);
    }
  }

  static std::string place(const BootEvent& event) {
    return "event " + std::to_string(event.number);
  }

  void read(const BootEvent& event) {
    if (!may_be_in_pcr7(event.type)) {
      doubt(place(event) + " in PCR 7 is of a type that does not belong there");
    } else if (log_.is_before_separator(event) && !log_.is_data_proven(event)) {
      doubt(place(event) + " in PCR 7 is not what was measured");
    }
    if (event.type == event_type::kEfiVariableDriverConfig) {
      read_configuration(event);
    }
  }

  void read_configuration(const BootEvent& event) {
    const Result<EfiVariable> variable = decode_efi_variable(event.data);
    if (!variable || variable->behind > 0) {
      doubt(place(event) + " in PCR 7 is no variable");
    } else if (!log_.is_before_separator(event)) {
      // Shim measures lists of its own there; they are no configuration of the firmware.
      if (variable->vendor != guids::kShimLock) {
        doubt(place(event) + " configures Secure Boot after PCR 7's separator");
      }
    } else if (variable->vendor == guids::kGlobalVariable) {
      read_global(event, *variable);
    }
  }

  void read_global(const BootEvent& event, const EfiVariable& variable) {
    const bool flag = variable.value.size() == 1 && variable.value[0] == 1;
    if (variable.name == "SecureBoot") {
      read_secure_boot(event, variable, flag);
    } else if (variable.name == "SetupMode") {
      setup_ = flag;
    } else if (variable.name == "AuditMode") {
      audit_ = flag;
    } else if (variable.name == "DeployedMode") {
      deployed_ = flag;
    }
  }

  void read_secure_boot(const BootEvent& event, const EfiVariable& variable, bool flag) {
    if (variable.value.size() > 1 || (!variable.value.empty() && variable.value[0] > 1)) {
      doubt(place(event) + ": SecureBoot is neither 0 nor 1");
    }
    if (claim_.enabled) {
      doubt(place(event) + " measures SecureBoot a second time");
    }
    claim_.enabled = flag;
    claim_.ground.events.push_back(event.number);
  }

  void judge_separator() {
    if (!log_.has_pcr(kPcr)) {
      doubt("PCR 7 is not reproduced");
    }
    const std::uint32_t count = log_.separator_count(kPcr);
    if (count != 1) {
      doubt(count == 0 ? "PCR 7 has no separator" : "PCR 7 has more than one separator");
      return;
    }
    const BootEvent& separator = log_.log().events[*log_.separator(kPcr)];
    if (separator.type != event_type::kSeparator) {
      doubt(place(separator) + " is PCR 7's separator by its digest, and is labelled otherwise");
    }
    claim_.ground.events.push_back(separator.number);
  }

  void judge_mode() {
    const SignatureDatabase* const platform_key = databases_.find("PK");
    if (setup_.value_or(platform_key != nullptr && platform_key->readable &&
                        platform_key->entries.empty())) {
      claim_.mode = audit_.value_or(false) ? SecureBootMode::kAudit : SecureBootMode::kSetup;
    } else if (platform_key != nullptr) {
      claim_.mode = deployed_.value_or(false) ? SecureBootMode::kDeployed : SecureBootMode::kUser;
    }
  }

  void argue() {
    std::vector<std::string>& argument = claim_.argument;
    argument.push_back(*claim_.enabled ? "the firmware measured SecureBoot = 1 before PCR 7's "
                                         "separator"
                                       : "the firmware measured SecureBoot = 0, or nothing in it");
    argue_drivers();
    if (*claim_.enabled) {
      argue_authorities();
    }
  }

  // What ran before the firmware's part of PCR 4 ended.
  void argue_drivers() {
    const auto& events = log_.log().events;
    const auto drivers = std::count_if(events.begin(), events.end(), [](const BootEvent& event) {
      return event.type == event_type::kEfiBootServicesDriver ||
             event.type == event_type::kEfiRuntimeServicesDriver;
    });
    claim_.argument.push_back(std::to_string(drivers) + " drivers were measured as loaded");
    for (const BootEvent& event : events) {
      if (event.type == event_type::kEfiBootServicesApplication && event.pcr == kApplicationsPcr &&
          log_.is_before_separator(event)) {
        claim_.argument.push_back(place(event) +
                                  " ran before PCR 4's separator: " + describe(event));
      }
    }
  }

  void argue_authorities() {
    for (const AuthorityClaim& authority : databases_.authorities) {
      const std::string who =
          authority.subject.empty() ? "the digest " + authority.sha256 : authority.subject;
      const std::string proof = authority.ground.standing == Standing::kProven ? "" : " (unproven)";
      claim_.argument.push_back(
          (authority.before_separator ? "before the separator " : "") + who + " (" +
          authority.variable + ") allowed what ran" + proof +
          (authority.allowed_by.empty() ? "" : "; it is an entry of " + authority.allowed_by));
    }
    if (databases_.authorities.empty()) {
      claim_.argument.push_back(
          "no authority was measured: nothing shows that an image's signature was checked");
    }
  }

  const ProvenLog& log_;
  const SignatureDatabases& databases_;
  SecureBootClaim claim_;
  std::optional<bool> setup_;
  std::optional<bool> audit_;
  std::optional<bool> deployed_;
};

}  // namespace

std::string_view name_of(SecureBootMode mode) {
  switch (mode) {
    case SecureBootMode::kUnknown:
      return "unknown";
    case SecureBootMode::kSetup:
      return "setup";
    case SecureBootMode::kAudit:
      return "audit";
    case SecureBootMode::kUser:
      return "user";
    case SecureBootMode::kDeployed:
      return "deployed";
  }
  return "unknown";
}

SecureBootClaim claim_secure_boot(const ProvenLog& log, const SignatureDatabases& databases) {
  return SecureBootReader(log, databases).run();
}

}  // namespace quotemill
