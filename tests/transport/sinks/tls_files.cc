#include "tests/transport/sinks/tls_files.h"

#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace quotemill::testing {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const Finished done = run(Command{std::move(arguments)});
  EXPECT_TRUE(done.ok()) << done.output;
}

}  // namespace

TlsFiles::TlsFiles(bool for_another) {
  make_ca();
  make_signed("server", "/CN=receiver",
              for_another ? "DNS:another.example" : "DNS:localhost,IP:127.0.0.1");
  make_signed("client", "/CN=quotemilld", "DNS:quotemilld.example");
}

void TlsFiles::make_ca() const {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
           "-keyout", folder_ / "ca.key", "-out", ca(), "-subj", "/CN=Test CA", "-days", "2"});
}

// The files `who`.key and `who`.pem.
void TlsFiles::make_signed(const std::string& who, const std::string& subject,
                           const std::string& names) const {
  const std::string request = folder_ / (who + ".csr");
  write_file(folder_ / "names", as_bytes("subjectAltName=" + names + "\n"));
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
           folder_ / (who + ".key"), "-out", request, "-subj", subject});
  openssl({"x509", "-req", "-in", request, "-CA", ca(), "-CAkey", folder_ / "ca.key",
           "-CAcreateserial", "-days", "2", "-extfile", folder_ / "names", "-out",
           folder_ / (who + ".pem")});
}

}  // namespace quotemill::testing
