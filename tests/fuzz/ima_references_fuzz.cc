// Reference sets of operators: whatever can be read of a file is found again.
#include "deploy/quotemill-verify/ima_files.h"
#include "engine/base/bytes.h"
#include "engine/policy/path_patterns.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;           // NOLINT(google-build-using-namespace)
  using namespace quotemill::offline;  // NOLINT(google-build-using-namespace)
  const std::string_view text = as_text({data, size});
  ImaReferencesBuilder builder;
  ReferenceExtras extras;
  static_cast<void>(add_reference_file(text, builder, extras));
  const Digest zeros(HashAlgorithm::kSha256);
  require(builder.add("/known", zeros).has_value());
  const ImaReferences set = builder.build();
  require(set.size() <= size / 40 + 1);
  require(set.find("/known", zeros).digest_known);
  static_cast<void>(set.find(text.substr(0, 100), zeros));
  if (const auto patterns = PathPatterns::compile(extras.exclusions)) {
    static_cast<void>(patterns->match(text));
  }
  return 0;
}
