// TlsContext: what a TLS client trusts and shows, as OpenSSL has it. For files of this folder.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "engine/base/result.h"
#include "transport/sinks/tls_options.h"

namespace quotemill::transport {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};

using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

// TLS 1.2 at least; the other's certificate must be good. kConfig: the detail names the file.
Result<TlsContext> make_tls_context(const TlsOptions& tls);

// The oldest error of this thread's queue, which is empty afterwards.
std::string openssl_reason();

}  // namespace quotemill::transport
