// Boot logs that a test makes up, and what is claimed of them.
#pragma once

#include "engine/claims/boot_claims.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"
#include "tests/engine/eventlog/decode/event_bytes.h"

namespace quotemill::testing {

class ClaimedLog {
 public:
  static constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

  // An event whose data is what is measured.
  ClaimedLog& event(std::uint32_t pcr, std::uint32_t type, ByteView data) {
    return labelled(pcr, type, data, data);
  }

  // An event that shows `data`, where `measured` was measured.
  ClaimedLog& labelled(std::uint32_t pcr, std::uint32_t type, ByteView data, ByteView measured) {
    writer_.event(pcr, type, measured, data);
    return *this;
  }

  ClaimedLog& global(std::string_view name, ByteView value) {
    return event(7, event_type::kEfiVariableDriverConfig,
                 variable_data(guids::kGlobalVariable, name, value));
  }

  ClaimedLog& database(std::string_view name, ByteView value) {
    return event(7, event_type::kEfiVariableDriverConfig,
                 variable_data(guids::kImageSecurityDatabase, name, value));
  }

  ClaimedLog& separator(std::uint32_t pcr) { return event(pcr, event_type::kSeparator, Bytes(4)); }

  // PCR 7 as firmware in user mode measures it.
  ClaimedLog& secure_boot(std::uint8_t on) {
    return global("SecureBoot", Bytes{on})
        .global("PK", signature_list(guids::kCertX509, Bytes(64, 1)))
        .global("KEK", signature_list(guids::kCertX509, Bytes(64, 2)))
        .database("db", signature_list(guids::kCertX509, Bytes(64, 3)))
        .database("dbx", signature_list(guids::kCertSha256, Bytes(32, 4)))
        .separator(7);
  }

  // Valid until the next event.
  BootClaims claims(std::uint32_t pcrs = 0xFFFFFF) {
    bytes_ = to_bytes(writer_.bytes());
    log_ = read_boot_log(bytes_).log;
    return draw_boot_claims(ProvenLog(log_, kBank, pcrs), nullptr);
  }

  // As claims() read it.
  [[nodiscard]] const BootLog& log() const { return log_; }

 private:
  BootLogWriter writer_{BootLogFormat::kCryptoAgile, {kBank}};
  Bytes bytes_;
  BootLog log_;
};

}  // namespace quotemill::testing
