// Why a delivery failed, as a metric counts it: few words, that alerts may be written against. They
// are API, as the codes of findings are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/error.h"

namespace quotemill::transport {

enum class SinkCause : std::uint8_t {
  kUnreachable,  // no address, or nobody listens
  kTls,          // one of both ends refuses the other's certificate, or does not speak TLS
  kTimeout,      // it takes nothing, or does not answer
  kIo,           // a connection broke, or a file cannot be written
  kBusy,         // it wants to be asked later: 429, 503
  kDenied,       // somebody's mistake: a token, a right, an address
  kAnswer,       // it failed itself, or does not answer as its kind does
  kStorage,      // the store, or the sink's cursor
  kOther,
};

inline constexpr std::array kSinkCauses = {
    SinkCause::kUnreachable, SinkCause::kTls,     SinkCause::kTimeout,
    SinkCause::kIo,          SinkCause::kBusy,    SinkCause::kDenied,
    SinkCause::kAnswer,      SinkCause::kStorage, SinkCause::kOther};

// "unreachable", "tls", "timeout", "io", "busy", "denied", "answer", "storage", "other".
std::string_view name_of(SinkCause cause);

// By the code that sinks say it with: kNotFound is nobody there, kExpired a timeout, kMalformed an
// answer.
SinkCause cause_of(const Error& error);

}  // namespace quotemill::transport
