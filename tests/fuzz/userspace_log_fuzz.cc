// systemd's userspace log: whatever is read has bounded, printable texts, and can be replayed.
#include "deploy/quotemill-verify/userspace_log.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

// A whole record to begin with: no fixture has one.
constexpr std::string_view kRecord =
    "\x1E{\"pcr\":11,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\""
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}],\"content\":{\"string\":"
    "\"enter-initrd\",\"eventType\":\"phase\"}}\n";

void check(quotemill::ByteView bytes) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const offline::UserspaceLog log = offline::decode_userspace_log(bytes);
  for (const offline::UserspaceRecord& record : log.records) {
    require(record.pcr.has_value() ? *record.pcr < 24 : record.nv_index.has_value());
    for (const char c : record.text + record.type) {
      require(c >= 0x20 && c < 0x7F);
    }
  }
  const PcrBank values = offline::extended(PcrBank(HashAlgorithm::kSha256), log, 0);
  require(log.records.size() > 0 || values.mask() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check({data, size});
  // The same bytes written over the middle of a good record.
  std::string text(kRecord);
  if (size > 1) {
    const std::size_t at = data[0] % text.size();
    text.replace(at, size - 1, std::string(data + 1, data + size));  // NOLINT(*-pointer-arithmetic)
  }
  check(quotemill::as_bytes(text));
  return 0;
}
