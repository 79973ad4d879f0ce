// ESXi's tagged events: the input as a whole log, and as the data of one event in an otherwise
// honest boot. What is read stays inside of it, what is said is printable, problems are bounded.
#include <array>

#include "engine/crypto/hash.h"
#include "engine/esxi/log/describe_esxi.h"
#include "engine/esxi/log/limits.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/esxi_log_findings.h"
#include "tests/fuzz/fuzz_target.h"

namespace quotemill {
namespace {

bool is_printable(std::string_view text) {
  for (const char letter : text) {
    if (letter < 0x20 || letter >= 0x7F) {
      return false;
    }
  }
  return true;
}

void check_boot(const EsxiBoot& boot) {
  require(boot.problems.size() <= limits::esxi::kProblemsMax);
  require(boot.problem_count >= boot.problems.size());
  require(boot.versions.size() <= limits::esxi::kVersionsMax);
  require(boot.signers.size() <= limits::esxi::kSignersMax);
  require(boot.layout != EsxiLayout::kNone || boot.modules.empty());
  for (const Finding& finding : esxi_log_findings(boot)) {
    require(is_printable(message_of(finding)));
  }
  for (const Field& field : describe(boot)) {
    const auto* const text = std::get_if<std::string>(&field.value);
    require(text == nullptr || is_printable(*text));
  }
}

// What is kept of a log has its size and gives the PCRs that it gave, and never looks better.
void check_kept(ByteView bytes, const ProvenLog& sent, const EsxiBoot& boot) {
  Bytes kept = to_bytes(bytes);
  drop_secrets(kept);
  require(kept.size() == bytes.size());
  const BootLogReading reading = read_boot_log(kept);
  require(replay(reading.log, sent.bank()) == replay(sent.log(), sent.bank()));
  EsxiBoot again;
  read_esxi_boot(ProvenLog(reading.log, sent.bank(), 0xFFFFFF), known_esxi_format(), again,
                 LogForm::kAsKept);
  require(boot.problem_count == 0 || again.problem_count > 0);
}

void check_log(ByteView bytes) {
  const BootLogReading reading = read_boot_log(bytes);
  const std::optional<HashAlgorithm> bank = fullest_bank(reading.log);
  if (!bank) {
    return;
  }
  const ProvenLog proven(reading.log, *bank, 0xFFFFFF);
  EsxiBoot boot;
  read_esxi_boot(proven, known_esxi_format(), boot);
  check_boot(boot);
  check_kept(bytes, proven, boot);
  for (const BootEvent& event : reading.log.events) {
    if (const auto seen = esxi_event(event, boot, known_esxi_format())) {
      const DecodedEvent decoded = describe(*seen);
      require(is_printable(decoded.summary));
      require(is_printable(decoded.problem));
    }
  }
}

void add(BootLogWriter& log, std::uint32_t pcr, std::uint32_t tag, std::string_view data) {
  ByteWriter out;
  out.u32_le(tag).u32_le(static_cast<std::uint32_t>(data.size())).bytes(as_bytes(data));
  log.event(pcr, event_type::kEventTag, as_bytes(data), out.view());
}

// The first byte chooses the PCR, the rest is the event's data.
void check_event(ByteView bytes) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1, HashAlgorithm::kSha256});
  add(log, 12, esxi_tag::kModule, std::string_view("b.b00\0", 6));
  log.event(11 + bytes[0] % 4, event_type::kEventTag,
            bytes.size() > 9 ? bytes.subspan(9) : ByteView(), bytes.subspan(1));
  add(log, 14, esxi_tag::kCommandLine, "/b.b00 password=x");
  check_log(log.bytes());
}

}  // namespace
}  // namespace quotemill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  check_log(bytes);
  if (size > 0 && size < 0xFFFF) {
    check_event(bytes);
  }
  return 0;
}
