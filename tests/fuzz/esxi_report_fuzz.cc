// Reports of vCenter: SOAP, VI-JSON and host manifests.
#include <sstream>

#include "deploy/quotemill-verify/esxi_report.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  Result<offline::EsxiReport> report = offline::decode_esxi_report(ByteView(data, size));
  if (!report) {
    require(!report.error().to_string().empty());
    return 0;
  }
  const offline::EsxiReportCheck check = offline::check_esxi_report(std::move(*report));
  require(check.proofs.size() == check.report.entries.size());
  std::ostringstream out;
  print_text(out, check);
  for (const char letter : out.str()) {
    require(letter == '\n' || (letter >= 0x20 && letter < 0x7F));
  }
  print_json(out, check);
  return 0;
}
