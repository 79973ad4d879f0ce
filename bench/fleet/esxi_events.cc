#include "bench/fleet/esxi_events.h"

#include <algorithm>
#include <iterator>

#include "bench/fleet/efi_structures.h"
#include "engine/base/byte_writer.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::bench {
namespace {

constexpr std::uint32_t kUpdatePcr = 11;
constexpr std::uint32_t kCorePcr = 12;
constexpr std::uint32_t kFixedPcr = 13;
constexpr std::uint32_t kVariablePcr = 14;

bool is_core(std::string_view stem) {
  return stem == "b" || stem == "k" || stem == "s" || stem == "sb";
}

Bytes with_nul(std::string_view text) {
  Bytes bytes = to_bytes(as_bytes(text));
  bytes.push_back(0);
  return bytes;
}

// Firmware that is given nothing to hash corrupts its log; the loader gives it one zero.
Bytes measured_content(ByteView content) {
  return content.empty() ? Bytes{0} : to_bytes(content);
}

Bytes state_of(const EsxiBootModel& model) {
  return synthetic_bytes("state of " + std::to_string(model.host_seed), 96);
}

std::string command_line_of(const EsxiBootModel& model) {
  const Bytes uuid = synthetic_bytes("boot of " + std::to_string(model.host_seed), 16);
  std::string line = "/b.b00 autoPartition=FALSE bootUUID=" + to_hex(uuid);
  if (model.fault == EsxiFault::kSecretTyped) {
    line += " encryptionRecoveryKey=" + std::string(kTypedRecoveryKey) + " runweasel";
  }
  return line;
}

}  // namespace

PlannedEvent esxi_file_event(std::string_view name, ByteView content) {
  const std::string_view stem = name.substr(0, name.rfind('.'));
  const bool is_options = name.size() > 3 && name.substr(name.size() - 3) == ".gz";
  PlannedEvent event;
  event.tag = is_options && !is_core(stem) && stem != "esxupdt" ? 3 : 2;
  event.pcr = stem == "esxupdt" ? kUpdatePcr
              : is_core(stem)   ? kCorePcr
              : is_options      ? kVariablePcr
                                : kFixedPcr;
  event.measured = measured_content(content);
  event.data = with_nul(name);
  return event;
}

PlannedEvent esxi_data_event(std::uint32_t pcr, std::uint32_t tag, Bytes data) {
  PlannedEvent event;
  event.pcr = pcr;
  event.tag = tag;
  event.measured = data;
  event.data = std::move(data);
  return event;
}

Bytes esxi_version_record(std::string_view component, std::string_view version,
                          std::string_view path) {
  constexpr std::size_t kHeadSize = 32;
  constexpr std::string_view kProduct = "VMware ESXi";
  const std::vector<std::string_view> texts = {component, kProduct, version, path};
  std::size_t total = kHeadSize;
  for (const std::string_view text : texts) {
    total += text.size() + 1;
  }
  ByteWriter out;
  out.u32_le(static_cast<std::uint32_t>(total));
  out.u32_le(1);  // formatVersion
  out.u64_le(0);  // flags
  std::size_t offset = kHeadSize;
  for (const std::string_view text : texts) {
    out.u16_le(static_cast<std::uint16_t>(offset));
    out.u16_le(static_cast<std::uint16_t>(text.size() + 1));
    offset += text.size() + 1;
  }
  for (const std::string_view text : texts) {
    out.bytes(with_nul(text));
  }
  return to_bytes(out.view());
}

Bytes esxi_signer_certificate(std::string_view name) {
  return synthetic_certificate(name);
}

namespace {

// PCR 19 has core and update modules, 20 the others, 21 the options.
std::uint32_t launched_pcr(std::uint32_t pcr) {
  return std::max(pcr, kCorePcr) + 7;
}

// As ESXi 6.7.0 build 10302608 measured with TXT, as far as its report in public tells: what came
// before the kernel, the kernel's first part among it; modules; then command line and options.
PlannedEvents plan_launch(const EsxiBootModel& model) {
  constexpr std::uint32_t kLaunchPcr = 17;
  constexpr std::uint32_t kDetailsPcr = 18;
  PlannedEvents events;
  const auto preboot = [&](std::uint32_t pcr, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      PlannedEvent& event = events.emplace_back();
      event.pcr = pcr;
      event.type = event_type::kIpl;
      event.measured = to_bytes(as_bytes("launch " + std::to_string(pcr) + "/" + std::to_string(i) +
                                         " of " + model.firmware));
    }
  };
  preboot(kLaunchPcr, 8);
  preboot(kDetailsPcr, 6);
  PlannedEvents options;
  for (const EsxiBootFile& file : model.image->files) {
    const bool is_first = file.payload == "b";
    PlannedEvent event = esxi_file_event(is_first ? "b" : file.name, file.content);
    event.pcr = is_first ? kLaunchPcr : launched_pcr(event.pcr);
    (event.tag == 3 ? options : events).push_back(std::move(event));
  }
  for (PlannedEvent event : {esxi_file_event("imgdb.tgz", model.image->database),
                             esxi_file_event("state.tgz", state_of(model))}) {
    event.pcr = launched_pcr(event.pcr);
    events.push_back(std::move(event));
  }
  events.push_back(
      esxi_data_event(launched_pcr(kVariablePcr), 4, to_bytes(as_bytes(command_line_of(model)))));
  std::move(options.begin(), options.end(), std::back_inserter(events));
  return events;
}

}  // namespace

PlannedEvents plan_esxi_boot(const EsxiBootModel& model) {
  if (model.is_launched) {
    return plan_launch(model);
  }
  PlannedEvents events;
  const EsxiImageModel& image = *model.image;
  for (const EsxiBootFile& file : image.files) {
    const bool has_record = file.payload == "b" || file.payload == "k";
    if (model.has_version_records && has_record) {
      events.push_back(
          esxi_data_event(kFixedPcr, 8,
                          esxi_version_record(file.payload == "b" ? "vmkboot" : "vmkernel",
                                              image.version + "-" + image.build, "/" + file.name)));
    }
    events.push_back(esxi_file_event(file.name, file.content));
  }
  events.push_back(esxi_file_event("imgdb.tgz", image.database));
  events.push_back(esxi_file_event("state.tgz", state_of(model)));
  events.push_back(esxi_data_event(kVariablePcr, 7, esxi_signer_certificate(kEsxiSigner)));
  events.push_back(esxi_data_event(kVariablePcr, 4, to_bytes(as_bytes(command_line_of(model)))));
  if (!model.asset_tag.empty()) {
    events.push_back(esxi_data_event(kVariablePcr, 6, to_bytes(as_bytes(model.asset_tag))));
  }
  return events;
}

}  // namespace quotemill::bench
