// What this machine says of its boot and of itself: the boot log, the boot id, and facts.
//
// Paths are arguments so that simulated hosts and tests can bring their own; the defaults are
// Linux's. Nothing is cached: files are read each time.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/evidence/evidence.h"
#include "engine/evidence/host_uid.h"

namespace quotemill::agent {

inline constexpr const char* kBootLogPath = "/sys/kernel/security/tpm0/binary_bios_measurements";
inline constexpr const char* kRuntimeListPath =
    "/sys/kernel/security/ima/binary_runtime_measurements";
inline constexpr const char* kBootIdPath = "/proc/sys/kernel/random/boot_id";

// The boot log as the kernel shows it. kNotFound if there is none (no UEFI, no TPM, securityfs not
// mounted), kTooLarge beyond limits::kBootLogSizeMax.
Result<Bytes> read_boot_log_file(const std::string& path = kBootLogPath);

// The runtime list from byte `from` on, at most `max_bytes` of it; empty if there is no more, or no
// list. kTooLarge if there is more than that.
Result<Bytes> read_runtime_list(const std::string& path, std::uint64_t from,
                                std::uint64_t max_bytes);

// "334b225c-2571-4883-a2e3-529a42e44fcb" and at most a newline; kMalformed otherwise.
Result<BootId> parse_boot_id(std::string_view text);
Result<BootId> read_boot_id(const std::string& path = kBootIdPath);

// HostFacts with its strings. A fact that is not known is empty; each is cut at
// limits::kFactSizeMax bytes.
struct OwnedHostFacts {
  std::string os_id;
  std::string os_version;
  std::string kernel;
  std::string vendor;
  std::string model;
  std::string agent;
  std::string firmware;

  // Borrows from this.
  [[nodiscard]] HostFacts view() const {
    return {os_id, os_version, kernel, vendor, model, agent, firmware};
  }
};

// Where facts are read; empty means unknown.
struct FactPaths {
  std::string os_release = "/etc/os-release";
  std::string vendor = "/sys/class/dmi/id/sys_vendor";
  std::string model = "/sys/class/dmi/id/product_name";
  std::string firmware = "/sys/class/dmi/id/bios_version";
};

// The value of `key` in os-release(5) text, without quotes and escapes; empty if it is not there.
std::string os_release_value(std::string_view text, std::string_view key);

// `agent` is the program and its version: "quotemill-agent/0.1.0".
OwnedHostFacts read_host_facts(const FactPaths& paths, std::string_view agent);

}  // namespace quotemill::agent
