// Certificates of servers for tests: a CA and what it signed, as PEM files, by the openssl program.
#pragma once

#include <string>

#include "tests/support/temp_folder.h"

namespace quotemill::testing {

class TlsFiles {
 public:
  // For loopback: 127.0.0.1 and "localhost". If `for_another`, for "another.example" alone.
  explicit TlsFiles(bool for_another = false);

  [[nodiscard]] std::string ca() const { return folder_ / "ca.pem"; }

  [[nodiscard]] std::string certificate() const { return folder_ / "server.pem"; }

  [[nodiscard]] std::string key() const { return folder_ / "server.key"; }

 private:
  void make_ca() const;
  void make_server(const std::string& names) const;

  TempFolder folder_;
};

}  // namespace quotemill::testing
