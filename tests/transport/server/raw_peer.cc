#include "tests/transport/server/raw_peer.h"

#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sodium.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "engine/base/byte_writer.h"

namespace quotemill::testing {
namespace {

constexpr std::uint8_t kCommand = 0x04;
constexpr std::uint8_t kLong = 0x02;
constexpr std::size_t kGreetingSize = 64;
constexpr std::size_t kWelcomeSize = 168;
constexpr std::size_t kCookieSize = 96;

Bytes text(std::string_view value) {
  return to_bytes(as_bytes(value));
}

// A property of the metadata: name behind u8, value behind be32.
void write_property(ByteWriter& out, std::string_view name, std::string_view value) {
  out.u8(static_cast<std::uint8_t>(name.size())).bytes(as_bytes(name));
  out.u32_be(static_cast<std::uint32_t>(value.size())).bytes(as_bytes(value));
}

}  // namespace

RawPeer::RawPeer(const std::string& endpoint, const transport::CurveKeyPair& pair,
                 const CurveKey& server_key)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), pair_(pair), server_key_(server_key) {
  const auto port = std::strtoul(endpoint.c_str() + endpoint.rfind(':') + 1, nullptr, 10);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval timeout{5, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  void* generic = &address;
  if (::connect(fd_, static_cast<sockaddr*>(generic), sizeof address) != 0) {
    ::close(fd_);
    fd_ = -1;
  }
  crypto_box_keypair(transient_public_.data(), transient_secret_.data());
}

RawPeer::~RawPeer() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

bool RawPeer::write(ByteView bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawPeer::read(std::span<std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got <= 0) {
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool RawPeer::send_raw(std::uint8_t flags, ByteView body) const {
  ByteWriter out;
  if (body.size() > 255) {
    out.u8(static_cast<std::uint8_t>(flags | kLong)).u64_be(body.size());
  } else {
    out.u8(flags).u8(static_cast<std::uint8_t>(body.size()));
  }
  out.bytes(body);
  return write(out.view());
}

Bytes RawPeer::read_frame() const {
  std::array<std::uint8_t, 2> head{};
  if (!read(head)) {
    return {};
  }
  std::size_t size = head[1];
  if ((head[0] & kLong) != 0) {
    std::array<std::uint8_t, 7> rest{};
    if (!read(rest)) {
      return {};
    }
    for (const std::uint8_t byte : rest) {
      size = size << 8U | byte;
    }
  }
  Bytes body(size);
  return read(body) ? body : Bytes();
}

bool RawPeer::greet() {
  ByteWriter out;
  out.u8(0xFF).bytes(Bytes(8)).u8(0x7F).u8(3).u8(1);
  out.bytes(text("CURVE")).bytes(Bytes(15)).u8(0).bytes(Bytes(31));
  std::array<std::uint8_t, kGreetingSize> theirs{};
  return write(out.view()) && read(theirs);
}

// crypto_box with a counted nonce; the message and the nonce's counter.
Bytes RawPeer::boxed(std::string_view prefix, ByteView message, const Key& to, const Key& from) {
  ByteWriter nonce;
  nonce.bytes(as_bytes(prefix)).u64_be(++nonce_);
  Bytes box(message.size() + crypto_box_MACBYTES);
  if (crypto_box_easy(box.data(), message.data(), message.size(), nonce.view().data(), to.data(),
                      from.data()) != 0) {
    std::abort();
  }
  ByteWriter out;
  out.u64_be(nonce_).bytes(box);
  return out.take();
}

bool RawPeer::hello() {
  ByteWriter out;
  out.u8(5).bytes(text("HELLO")).u8(1).u8(0).bytes(Bytes(72)).bytes(transient_public_);
  out.bytes(boxed("CurveZMQHELLO---", Bytes(64), server_key_, transient_secret_));
  if (!send_raw(kCommand, out.view())) {
    return false;
  }
  const Bytes welcome = read_frame();
  if (welcome.size() != kWelcomeSize) {
    return false;
  }
  const Bytes nonce = [&] {
    Bytes bytes = text("WELCOME-");
    bytes.insert(bytes.end(), welcome.begin() + 8, welcome.begin() + 24);
    return bytes;
  }();
  Bytes opened(32 + kCookieSize);
  if (crypto_box_open_easy(opened.data(), welcome.data() + 24, welcome.size() - 24, nonce.data(),
                           server_key_.data(), transient_secret_.data()) != 0) {
    return false;
  }
  std::copy(opened.begin(), opened.begin() + 32, server_transient_.begin());
  cookie_.assign(opened.begin() + 32, opened.end());
  return true;
}

bool RawPeer::initiate(std::string_view routing_id) {
  ByteWriter vouch_nonce;
  vouch_nonce.bytes(text("VOUCH---")).bytes(Bytes(16, 1));
  ByteWriter vouched;
  vouched.bytes(transient_public_).bytes(server_key_);
  Bytes vouch(64 + crypto_box_MACBYTES);
  if (crypto_box_easy(vouch.data(), vouched.view().data(), vouched.size(),
                      vouch_nonce.view().data(), server_transient_.data(),
                      pair_.secret_key.data()) != 0) {
    return false;
  }
  ByteWriter plain;
  plain.bytes(pair_.public_key).bytes(Bytes(16, 1)).bytes(vouch);
  write_property(plain, "Socket-Type", "DEALER");
  write_property(plain, "Identity", routing_id);
  ByteWriter out;
  out.u8(8).bytes(text("INITIATE")).bytes(cookie_);
  out.bytes(boxed("CurveZMQINITIATE", plain.view(), server_transient_, transient_secret_));
  if (!send_raw(kCommand, out.view())) {
    return false;
  }
  const Bytes ready = read_frame();
  return ready.size() > 6 && as_text(ByteView(ready).subspan(1, 5)) == "READY";
}

bool RawPeer::send_frame(ByteView payload, bool more) {
  Bytes plain;
  plain.reserve(payload.size() + 1);
  plain.push_back(more ? 1 : 0);
  plain.insert(plain.end(), payload.begin(), payload.end());
  ByteWriter out;
  out.u8(7).bytes(text("MESSAGE"));
  out.bytes(boxed("CurveZMQMESSAGEC", plain, server_transient_, transient_secret_));
  return send_raw(0, out.view());
}

bool RawPeer::is_closed_within(int timeout_ms) {
  std::array<std::uint8_t, 4096> thrown_away{};
  for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += 50) {
    pollfd item{fd_, POLLIN, 0};
    if (::poll(&item, 1, 50) == 1 &&
        ::recv(fd_, thrown_away.data(), thrown_away.size(), MSG_DONTWAIT) <= 0) {
      return true;
    }
  }
  return false;
}

}  // namespace quotemill::testing
