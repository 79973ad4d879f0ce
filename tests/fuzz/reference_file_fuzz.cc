// Files of reference values in every format: what is read, written in our form and read again has
// the same values.
#include "deploy/references/reference_file.h"
#include "engine/base/bytes.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;              // NOLINT(google-build-using-namespace)
  using namespace quotemill::references;  // NOLINT(google-build-using-namespace)
  const std::string_view text = as_text({data, size});
  for (const std::string& format : reference_formats()) {
    const Result<ReferenceReading> reading = read_reference_file(text, format);
    if (!reading) {
      continue;
    }
    Baseline baseline;
    baseline.values = reading->values;
    const Result<ReferenceReading> again = read_reference_file(write_own_references(baseline), "");
    require(again.has_value() && again->values == reading->values);
  }
  static_cast<void>(read_reference_file(text, ""));
  return 0;
}
