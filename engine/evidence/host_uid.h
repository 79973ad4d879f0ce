// HostUid: the 16 random bytes that name a host for its whole life. The engine assigns it at
// enrolment; the host's name is only an attribute.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace quotemill {

struct HostUid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] ByteView view() const { return bytes; }

  // 32 hexadecimal digits, as on the CLI and in events.
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }

  static std::optional<HostUid> from(ByteView view);
  static std::optional<HostUid> from_hex(std::string_view text);

  friend auto operator<=>(const HostUid&, const HostUid&) = default;
};

// A peer's long-term CURVE public key (ZeroMQ RFC 26), raw.
using CurveKey = std::array<std::uint8_t, 32>;

// A host's boot id: /proc/sys/kernel/random/boot_id as 16 bytes, or what the agent uses in its
// place.
using BootId = std::array<std::uint8_t, 16>;

inline std::optional<HostUid> HostUid::from(ByteView view) {
  HostUid uid;
  if (view.size() != uid.bytes.size()) {
    return std::nullopt;
  }
  std::copy(view.begin(), view.end(), uid.bytes.begin());
  return uid;
}

inline std::optional<HostUid> HostUid::from_hex(std::string_view text) {
  const std::optional<Bytes> bytes = quotemill::from_hex(text);
  return bytes ? from(*bytes) : std::nullopt;
}

}  // namespace quotemill

template <>
struct std::hash<quotemill::HostUid> {
  // Uids are random and assigned by us, so any eight of their bytes are a good hash.
  std::size_t operator()(const quotemill::HostUid& uid) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      value = value << 8U | uid.bytes[i];
    }
    return value;
  }
};
