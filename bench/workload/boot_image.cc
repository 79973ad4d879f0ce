#include "bench/workload/boot_image.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>

#include "bench/fleet/measured_boot_model.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::bench {
namespace {

struct RealLog {
  const char* name;
  const char* path;  // below the fixtures
};

// 110 to 120 events each, 34 to 41 kB.
constexpr std::array<RealLog, 3> kRealLogs = {{
    {"elitebook", "derived/immune-gmbh+guard-oss/elitebook/eventlog.bin"},
    {"h12ssl", "immune-gmbh+guard-oss/apisrv/test/h12ssl.bios_measurements"},
    {"openeuler", "tuples/t04-openeuler-boot/eventlog.bin"},
}};

// QEMU's firmware with Secure Boot; a ThinkPad; a Dell server with Windows.
constexpr std::array<RealLog, 3> kMoreLogs = {{
    {"qemu", "qemu/sb-on/eventlog.bin"},
    {"thinkpad", "tuples/t37-immune-good-1/eventlog.bin"},
    {"dell_windows", "tuples/t41-immune-r340/eventlog.bin"},
}};

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool differs_by_machine(const BootEvent& event) {
  return event.type == event_type::kEfiGptEvent || event.type == event_type::kEfiHandoffTables ||
         event.type == event_type::kEfiHandoffTables2;
}

// Makes each digest of the event another one: that of the new data, if it was that of the old.
void replace_digests(const BootEvent& event, ByteView old_data, std::uint8_t* digests) {
  for (const HashAlgorithm bank : {HashAlgorithm::kSha1, HashAlgorithm::kSha256}) {
    const ByteView old = event.digest(bank);
    if (old.empty()) {
      continue;
    }
    const bool is_of_data = equal(old, hash(bank, old_data).view());
    const Digest fresh = is_of_data ? hash(bank, event.data) : hash(bank, {old, event.data});
    std::copy(fresh.view().begin(), fresh.view().end(),
              digests + (old.data() - event.digests.data()));
  }
}

// The log of another machine of the same image: the golden one's, changed in place.
Bytes personalised(const Bytes& golden, unsigned machine) {
  Bytes log = golden;
  if (machine == 0) {
    return log;
  }
  for (const BootEvent& event : read_boot_log(log).log.events) {
    if (!differs_by_machine(event) || event.data.size() < sizeof machine) {
      continue;
    }
    const Bytes old_data = to_bytes(event.data);
    std::uint8_t* const data = log.data() + (event.data.data() - log.data());
    for (std::size_t i = 0; i < sizeof machine; ++i) {
      data[event.data.size() - 1 - i] ^= static_cast<std::uint8_t>(machine >> 8 * i);
    }
    replace_digests(event, old_data, log.data() + (event.digests.data() - log.data()));
  }
  return log;
}

}  // namespace

BootImage model_image() {
  return {"model120", [](unsigned machine) {
            MeasuredBootModel model;
            model.host_seed = machine;
            return write_boot_log(model);
          }};
}

std::vector<BootImage> real_images(const std::filesystem::path& fixtures) {
  std::vector<BootImage> images;
  for (const RealLog& real : kRealLogs) {
    const auto golden = std::make_shared<const Bytes>(read_file(fixtures / real.path));
    if (!golden->empty()) {
      images.push_back(
          {real.name, [golden](unsigned machine) { return personalised(*golden, machine); }});
    }
  }
  return images;
}

std::vector<BootImage> more_real_logs(const std::filesystem::path& fixtures) {
  std::vector<BootImage> images;
  for (const RealLog& real : kMoreLogs) {
    const auto log = std::make_shared<const Bytes>(read_file(fixtures / real.path));
    if (!log->empty()) {
      images.push_back({real.name, [log](unsigned) { return *log; }});
    }
  }
  return images;
}

}  // namespace quotemill::bench
