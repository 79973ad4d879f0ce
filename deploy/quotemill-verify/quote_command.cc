#include <iostream>

#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/quote_check.h"
#include "deploy/quotemill-verify/report.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::offline {
namespace {

constexpr std::size_t kSmallFileMax =
    std::size_t{1024} * 1024;  // keys, quotes, PCR values: all below 100 kB

constexpr const char* kKeyForms =
    "PEM (PUBLIC KEY or CERTIFICATE), DER of these, TPM2B_PUBLIC or TPMT_PUBLIC, as "
    "'tpm2_readpublic -f pem|der|tss|tpmt' writes them";

// Reads the files of one run; the first that cannot be read is told and ends it.
class Files {
 public:
  Bytes required(const std::string& path, std::size_t size_max = kSmallFileMax) {
    Result<Bytes> contents = read_file(path, size_max);
    if (!contents) {
      return fail(contents.error());
    }
    return std::move(*contents);
  }

  std::optional<Bytes> optional(const std::string& path, std::size_t size_max = kSmallFileMax) {
    return path.empty() ? std::nullopt : std::optional(required(path, size_max));
  }

  Bytes fail(const Error& error) {
    std::cerr << "quotemill-verify: " << error.to_string() << '\n';
    ok_ = false;
    return {};
  }

  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool ok_ = true;
};

std::optional<ByteView> view_of(const std::optional<Bytes>& bytes) {
  return bytes.has_value() ? std::optional<ByteView>(*bytes) : std::nullopt;
}

}  // namespace

int run_quote(const QuoteOptions& options) {
  Files files;
  const Bytes key_file = files.required(options.key);
  const Bytes attest = files.required(options.attest);
  const Bytes signature = files.required(options.signature);
  const std::optional<Bytes> pcrs = files.optional(options.pcrs);
  const std::optional<Bytes> event_log = files.optional(options.event_log, limits::kBootLogSizeMax);
  const std::optional<Bytes> ima_log = files.optional(options.ima_log, limits::kRuntimeLogSizeMax);
  const std::optional<Bytes> nonce = from_hex(options.nonce_hex);
  if (!nonce.has_value()) {
    files.fail({ErrorCode::kConfig, "--nonce", 0, "must be hexadecimal digits, two for each byte"});
  }
  if (!files.ok()) {
    return kExitNotJudged;
  }
  const Result<AttestationKey> key = decode_attestation_key(key_file);
  if (!key) {
    files.fail({key.error().code, "--ak", 0,
                escaped(options.key) + " is no key in a form that is known: " + kKeyForms +
                    " (the last that was tried: " + key.error().to_string() + ")"});
    return kExitNotJudged;
  }
  const QuoteReport report =
      verify_quote({.key = *key,
                    .attest = attest,
                    .signature = signature,
                    .pcrs = view_of(pcrs),
                    .nonce = options.nonce_given ? view_of(nonce) : std::nullopt,
                    .event_log = view_of(event_log),
                    .ima_log = view_of(ima_log),
                    .weak = options.allow_weak ? WeakAlgorithms::kAllow : WeakAlgorithms::kRefuse});
  options.json ? print_json(std::cout, report, *key) : print_text(std::cout, report, *key);
  return report.proven() ? kExitProven : kExitNotProven;
}

}  // namespace quotemill::offline
