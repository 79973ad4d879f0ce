// Policies: a text is one policy, or is refused with its place.
#include "engine/base/bytes.h"
#include "engine/policy/policy.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const std::string_view text = as_text({data, size});
  const Result<Policy> policy = parse_policy(text, "fuzz.toml");
  if (!policy) {
    require(policy.error().to_string().find("fuzz.toml") != std::string::npos);
    return 0;
  }
  const Result<Policy> again = parse_policy(text, "fuzz.toml");
  require(again.has_value() && again->content == policy->content);
  return 0;
}
