// CURVE keys (ZeroMQ RFC 26): making, printing and keeping them.
//
// Keys are raw 32 bytes everywhere but in settings and key files, where they are Z85 (ZeroMQ RFC
// 32), 40 printable characters.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"

namespace quotemill::transport {

using CurveSecret = std::array<std::uint8_t, 32>;

struct CurveKeyPair {
  CurveKey public_key{};
  CurveSecret secret_key{};  // never printed
};

Result<CurveKeyPair> generate_key_pair();

// The pair that a secret key belongs to.
Result<CurveKeyPair> key_pair_of(const CurveSecret& secret_key);

std::string to_z85(const CurveKey& key);
// nullopt unless `text` is 40 characters of Z85.
std::optional<CurveKey> from_z85(std::string_view text);

// Key files hold two lines, "public <Z85>" and "secret <Z85>", mode 0600.
//
// kIo with the file's name and what to do if it cannot be read, kDenied if others may read it,
// kMalformed if it is not a key pair.
Result<CurveKeyPair> read_key_file(const std::filesystem::path& path);
// Never replaces a file (kConflict); durable when it returns.
Result<void> write_key_file(const std::filesystem::path& path, const CurveKeyPair& pair);
// What is in the file; a new pair, written first, if there is none.
Result<CurveKeyPair> load_or_create_key_file(const std::filesystem::path& path);

}  // namespace quotemill::transport
