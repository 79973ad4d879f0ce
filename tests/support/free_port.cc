#include "tests/support/free_port.h"

#include <random>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace quotemill::testing {
namespace {

bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // sockaddr's own idiom
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address),  // NOLINT
                            sizeof address) == 0;
  ::close(fd);
  return bound;
}

}  // namespace

std::uint16_t free_port() {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<unsigned> ports(20'000, 32'000);
  auto port = static_cast<std::uint16_t>(ports(random));
  for (int attempt = 0; attempt < 100 && !is_free(port); ++attempt) {
    port = static_cast<std::uint16_t>(ports(random));
  }
  return port;
}

}  // namespace quotemill::testing
