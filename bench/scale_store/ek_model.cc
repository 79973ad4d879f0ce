#include "bench/scale_store/ek_model.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include "bench/fleet/filled.h"

namespace quotemill::bench {
namespace {

using namespace std::string_literals;       // NOLINT(google-build-using-namespace)
using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace)

constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kBits = 0x03;
constexpr std::uint8_t kOctets = 0x04;
constexpr std::uint8_t kOid = 0x06;
constexpr std::uint8_t kUtf8 = 0x0C;
constexpr std::uint8_t kTime = 0x18;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kSet = 0x31;
constexpr std::size_t kRsaSize = 256;

constexpr std::string_view kSha256WithRsa = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"sv;
constexpr std::string_view kRsa = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"sv;
constexpr std::string_view kNull = "\x05\x00"sv;
constexpr std::string_view kTrue = "\x01\x01\xFF"sv;

std::string der(std::uint8_t tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  const std::size_t size = content.size();
  if (size > 0xFF) {
    out += {static_cast<char>(0x82), static_cast<char>(size >> 8U), static_cast<char>(size)};
  } else if (size > 0x7F) {
    out += {static_cast<char>(0x81), static_cast<char>(size)};
  } else {
    out += static_cast<char>(size);
  }
  return out.append(content);
}

std::string sequence(std::initializer_list<std::string_view> parts) {
  std::string content;
  for (const std::string_view part : parts) {
    content.append(part);
  }
  return der(kSequence, content);
}

std::string algorithm(std::string_view oid) {
  return sequence({der(kOid, oid), kNull});
}

std::string name_part(std::string_view oid, std::string_view text) {
  return der(kSet, sequence({der(kOid, oid), der(kUtf8, text)}));
}

std::string extension(std::string_view oid, std::string_view content, bool is_critical = false) {
  return sequence({der(kOid, oid), is_critical ? kTrue : ""sv, der(kOctets, content)});
}

std::string uri(std::string_view text) {
  return der(0x86, text);
}

// Bytes of this TPM's own.
std::string own(unsigned number, const std::string& purpose, std::size_t size) {
  std::string out;
  for (std::size_t part = 0; out.size() < size; ++part) {
    const auto some =
        filled<std::array<std::uint8_t, 32>>(number, purpose + std::to_string(part) + " ");
    out.append(some.begin(), some.end());
  }
  out.resize(size);
  return out;
}

std::string issuer() {
  return sequence({name_part("\x55\x04\x06"sv, "DE"),
                   name_part("\x55\x04\x0A"sv, "Simulated Silicon AG"),
                   name_part("\x55\x04\x0B"sv, "Trusted Platform Module"),
                   name_part("\x55\x04\x03"sv, "Simulated RSA Manufacturing CA 042")});
}

std::string public_key(unsigned number) {
  std::string modulus = own(number, "modulus ", kRsaSize);
  modulus.front() = static_cast<char>(modulus.front() | 0x80);
  modulus.back() = static_cast<char>(modulus.back() | 1);
  const std::string key =
      sequence({der(kInteger, "\0"s + modulus), der(kInteger, "\x01\x00\x01"sv)});
  return sequence({algorithm(kRsa), der(kBits, "\0"s + key)});
}

// What TCG's EK Credential Profile asks for, and where its CA tells more.
std::string extensions() {
  const std::string tpm = sequence({name_part("\x67\x81\x05\x02\x01"sv, "id:53494D55"),
                                    name_part("\x67\x81\x05\x02\x02"sv, "SLB 0000 TPM2.0"),
                                    name_part("\x67\x81\x05\x02\x03"sv, "id:0007.0055")});
  const std::string specification = sequence(
      {der(kOid, "\x67\x81\x05\x02\x10"sv),
       der(kSet,
           sequence({der(kUtf8, "2.0"), der(kInteger, "\0"sv), der(kInteger, "\x00\x8A"sv)}))});
  const std::string list =
      der(0xA0, der(0xA0, uri("http://pki.silicon.example/RSAManufacturingCA042/"
                              "RSAManufacturingCA042.crl")));
  const std::string policy =
      sequence({sequence({der(kOid, "\x2A\x82\x14\x00\x44\x01\x14\x01"sv),
                          sequence({sequence({der(kOid, "\x2B\x06\x01\x05\x05\x07\x02\x01"sv),
                                              der(0x16,
                                                  "http://www.silicon.example/TPM/"
                                                  "certificate-practice-statement")})})})});
  const std::string more =
      sequence({sequence({der(kOid, "\x2B\x06\x01\x05\x05\x07\x30\x02"sv),
                          uri("http://pki.silicon.example/RSAManufacturingCA042/"
                              "RSAManufacturingCA042.crt")})});
  return der(
      0xA3,
      sequence({extension("\x2B\x06\x01\x05\x05\x07\x01\x01"sv, more),
                extension("\x55\x1D\x0F"sv, "\x03\x02\x05\x20"sv, true),
                extension("\x55\x1D\x11"sv, sequence({der(0xA4, tpm)}), true),
                extension("\x55\x1D\x13"sv, sequence({}), true),
                extension("\x55\x1D\x1F"sv, sequence({sequence({list})})),
                extension("\x55\x1D\x20"sv, policy),
                extension("\x55\x1D\x23"sv, sequence({der(0x80, own(0, "issuer's key ", 20))})),
                extension("\x55\x1D\x25"sv, sequence({der(kOid, "\x67\x81\x05\x08\x01"sv)})),
                extension("\x55\x1D\x09"sv, sequence({specification}))}));
}

}  // namespace

Bytes ek_certificate_of(unsigned number) {
  static const std::string kIssuer = issuer();
  static const std::string kExtensions = extensions();
  std::string serial = own(number, "serial ", 16);
  serial.front() = static_cast<char>((serial.front() & 0x7F) | 0x40);
  const std::string signed_part = sequence(
      {der(0xA0, der(kInteger, "\x02"sv)), der(kInteger, serial), algorithm(kSha256WithRsa),
       kIssuer, sequence({der(kTime, "20240115093000Z"), der(kTime, "20390115093000Z")}),
       sequence({}), public_key(number), kExtensions});
  const std::string whole = sequence({signed_part, algorithm(kSha256WithRsa),
                                      der(kBits, "\0"s + own(number, "signature ", kRsaSize))});
  return to_bytes(as_bytes(whole));
}

}  // namespace quotemill::bench
