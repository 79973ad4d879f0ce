// The events of one simulated boot of ESXi, as a list that faults can be put into before it is
// written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fleet/esxi_boot_model.h"

namespace quotemill::bench {

struct PlannedEvent {
  std::uint32_t pcr = 0;
  std::uint32_t type = 6;  // EV_EVENT_TAG
  std::uint32_t tag = 0;   // of an EV_EVENT_TAG
  Bytes measured;
  Bytes data;  // of a tagged event what is behind its head
  // Lies: as the log shows it.
  std::optional<std::uint32_t> shown_size;
  bool sha1_differs = false;
};

using PlannedEvents = std::vector<PlannedEvent>;

// Of mboot: modules, version records, signer, command line, asset tag. Of a launched host: the
// launch, modules, command line, options.
PlannedEvents plan_esxi_boot(const EsxiBootModel& model);

// Puts the model's fault in. `hidden`: how many events at the end are not to be shown.
void put_fault(const EsxiBootModel& model, PlannedEvents& events, std::size_t& hidden);

PlannedEvent esxi_file_event(std::string_view name, ByteView content);
PlannedEvent esxi_data_event(std::uint32_t pcr, std::uint32_t tag, Bytes data);

// A version record as the loader rewrites it.
Bytes esxi_version_record(std::string_view component, std::string_view version,
                          std::string_view path);

inline constexpr std::string_view kEsxiSigner = "VMware Certified VIB Signing";
inline constexpr std::string_view kEsxiTestSigner = "Simulated test key";

Bytes esxi_signer_certificate(std::string_view name);

}  // namespace quotemill::bench
