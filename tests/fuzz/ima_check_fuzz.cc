// The whole of 'quotemill-verify ima': whatever a list holds, nothing is called known that is not
// proven, and what is printed is printable.
#include <algorithm>
#include <sstream>

#include "deploy/quotemill-verify/ima_check.h"
#include "deploy/quotemill-verify/ima_report.h"
#include "engine/base/text.h"
#include "tests/fuzz/fuzz_target.h"

namespace quotemill {
namespace {

bool is_clean(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; });
}

const ImaReferences& references() {
  static const ImaReferences set = [] {
    ImaReferencesBuilder builder;
    require(builder.add("/init", Digest(HashAlgorithm::kSha256)).has_value());
    return builder.build();
  }();
  return set;
}

}  // namespace
}  // namespace quotemill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;           // NOLINT(google-build-using-namespace)
  using namespace quotemill::offline;  // NOLINT(google-build-using-namespace)
  static const ImaKeyring keyring;
  const ImaInputs inputs{.list = {data, size},
                         .rules = {.references = &references(),
                                   .keyring = &keyring,
                                   .signatures = ImaSignatures::kAll},
                         .pcrs = {},
                         .boot_pcrs = {}};
  const ImaListReport report = check_ima_list(inputs);
  for (const ImaVerdict& verdict : report.entries) {
    const bool good = verdict.outcome == ImaOutcome::kReferenced ||
                      verdict.outcome == ImaOutcome::kSigned ||
                      verdict.outcome == ImaOutcome::kBootAggregate;
    require(!good || verdict.proof == ImaProof::kDataProven);
  }
  require(report.worst == worst_of(report.findings) || report.findings_omitted != 0);
  std::ostringstream text;
  print_text(text, report, inputs.list);
  require(is_clean(text.str()));
  std::ostringstream json;
  print_json(json, report, inputs.list);
  require(is_clean(json.str()));
  return 0;
}
