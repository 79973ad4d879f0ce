// Certificates for tests: a CA, a server's and a client's that it signed, as PEM files, by the
// openssl program.
#pragma once

#include <string>

#include "tests/support/temp_folder.h"

namespace quotemill::testing {

class TlsFiles {
 public:
  // The server's is for loopback: 127.0.0.1 and "localhost". If `for_another`, for
  // "another.example" alone. The client's is for "quotemilld".
  explicit TlsFiles(bool for_another = false);

  [[nodiscard]] std::string ca() const { return folder_ / "ca.pem"; }

  [[nodiscard]] std::string certificate() const { return folder_ / "server.pem"; }

  [[nodiscard]] std::string key() const { return folder_ / "server.key"; }

  [[nodiscard]] std::string client_certificate() const { return folder_ / "client.pem"; }

  [[nodiscard]] std::string client_key() const { return folder_ / "client.key"; }

 private:
  void make_ca() const;
  void make_signed(const std::string& who, const std::string& subject,
                   const std::string& names) const;

  TempFolder folder_;
};

}  // namespace quotemill::testing
