#include "bench/workload/grown_image.h"

#include "bench/fleet/measured_boot_model.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::bench {
namespace {

// So many commands as a boot loader measures them, to be put behind other events.
Bytes commands(unsigned count, const std::vector<HashAlgorithm>& banks) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, banks);
  const std::size_t header = writer.bytes().size();
  for (unsigned i = 0; i < count; ++i) {
    const std::string command = "menuentry number " + std::to_string(i);
    writer.event(8, event_type::kIpl, as_bytes(command), as_bytes("grub_cmd: " + command + '\0'));
  }
  return to_bytes(writer.bytes().subspan(header));
}

}  // namespace

BootImage longer_image(unsigned events) {
  return {"events" + std::to_string(events), [events](unsigned number) {
            Bytes log = model_image().log_of(number);
            const BootLog read = read_boot_log(log).log;
            const auto before = static_cast<unsigned>(read.events.size());
            const Bytes more = commands(events > before ? events - before : 0, read.banks);
            log.insert(log.end(), more.begin(), more.end());
            return log;
          }};
}

BootImage different_images(unsigned count) {
  return {"images" + std::to_string(count), [count](unsigned number) {
            const std::string which = std::to_string(number % count);
            MeasuredBootModel model;
            model.platform = "Board " + which;
            model.firmware = "1." + which;
            model.boot_loader = "15." + which;
            model.grub = "2." + which;
            model.kernel = "6.1.0-" + which + "-amd64";
            model.host_seed = number;
            return write_boot_log(model);
          }};
}

}  // namespace quotemill::bench
