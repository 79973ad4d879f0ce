// What a sink trusts, and what it shows of itself, when it speaks TLS.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace quotemill::transport {

struct TlsOptions {
  std::string ca_file;      // PEM; empty: the system's
  std::string server_name;  // that the receiver's certificate must be for; empty: the host's name
  std::string certificate_file;  // ours, PEM, with its chain; empty: none
  std::string key_file;          // PEM, without a password
};

// kConfig if a file is not what it is to be, or the key is not the certificate's. For settings: a
// library of a sink's would say so with the first event only.
Result<void> check_tls(const TlsOptions& tls);

}  // namespace quotemill::transport
