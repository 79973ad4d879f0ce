// What a sink trusts, and what it shows of itself, when it speaks TLS.
#pragma once

#include <string>

namespace quotemill::transport {

struct TlsOptions {
  std::string ca_file;      // PEM; empty: the system's
  std::string server_name;  // that the receiver's certificate must be for; empty: the host's name
  std::string certificate_file;  // ours, PEM, with its chain; empty: none
  std::string key_file;          // PEM
};

}  // namespace quotemill::transport
