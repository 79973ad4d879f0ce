#include "transport/sinks/tls_context.h"

#include <openssl/err.h>

#include "engine/base/error.h"

namespace quotemill::transport {
namespace {

Error failure(const std::string& what) {
  return {ErrorCode::kConfig, "tls", 0, what + openssl_reason()};
}

// Passwords are nobody's to type here.
int no_password(char* /*text*/, int /*size*/, int /*is_to_write*/, void* /*user*/) {
  return 0;
}

}  // namespace

std::string openssl_reason() {
  const unsigned long code = ::ERR_get_error();
  const char* reason = ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return reason == nullptr ? "TLS failed" : reason;
}

Result<TlsContext> make_tls_context(const TlsOptions& tls) {
  ::ERR_clear_error();
  TlsContext context(::SSL_CTX_new(::TLS_client_method()));
  if (!context || ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return failure("");
  }
  SSL_CTX* const raw = context.get();
  ::SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_default_passwd_cb(raw, no_password);
  const bool trusts = tls.ca_file.empty()
                          ? ::SSL_CTX_set_default_verify_paths(raw) == 1
                          : ::SSL_CTX_load_verify_locations(raw, tls.ca_file.c_str(), nullptr) == 1;
  if (!trusts) {
    return failure("CA file " + tls.ca_file + ": ");
  }
  if (tls.certificate_file.empty()) {
    return context;
  }
  if (::SSL_CTX_use_certificate_chain_file(raw, tls.certificate_file.c_str()) != 1) {
    return failure("certificate file " + tls.certificate_file + ": ");
  }
  if (::SSL_CTX_use_PrivateKey_file(raw, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(raw) != 1) {
    return failure("key file " + tls.key_file + ": ");
  }
  return context;
}

Result<void> check_tls(const TlsOptions& tls) {
  const Result<TlsContext> made = make_tls_context(tls);
  return made ? Result<void>() : made.error();
}

}  // namespace quotemill::transport
