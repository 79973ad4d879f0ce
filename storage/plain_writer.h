// PlainWriter: writes a Protocol Buffers message field by field, in the very bytes that Protocol
// Buffers itself would write, without building it first. PlainFields reads that form.
//
// For the records of which a commit writes one for each host. Whoever writes a message calls its
// fields in ascending order; what is its default is left out, as proto3 does for what is not
// `optional`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "storage/plain_encoding.h"

namespace quotemill::storage {

class PlainWriter {
 public:
  // Appends to `out`, which is borrowed.
  explicit PlainWriter(std::string& out) : out_(out) {}

  // uint32, uint64, bool and enumerators.
  void number(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      present_number(field, value);
    }
  }

  // int64.
  void signed_number(std::uint32_t field, std::int64_t value) {
    number(field, static_cast<std::uint64_t>(value));
  }

  // Of an `optional` field that is there.
  void present_number(std::uint32_t field, std::uint64_t value) {
    varint(field << plain_encoding::kKindBits | plain_encoding::kVarint);
    varint(value);
  }

  void fixed64(std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
      varint(field << plain_encoding::kKindBits | plain_encoding::kFixed64);
      for (std::uint32_t shift = 0; shift < 64; shift += 8) {
        out_.push_back(static_cast<char>(value >> shift));
      }
    }
  }

  void bytes(std::uint32_t field, std::string_view value) {
    if (!value.empty()) {
      present_bytes(field, value);
    }
  }

  void bytes(std::uint32_t field, ByteView value) { bytes(field, as_text(value)); }

  void present_bytes(std::uint32_t field, std::string_view value) {
    varint(field << plain_encoding::kKindBits | plain_encoding::kBytes);
    varint(value.size());
    out_.append(value);
  }

  // Within what message() writes: bytes that are no field.
  void raw(ByteView value) { out_.append(as_text(value)); }

  // A message that is there; `write` is called once, and writes its fields.
  template <class Write>
  void message(std::uint32_t field, Write write) {
    varint(field << plain_encoding::kKindBits | plain_encoding::kBytes);
    out_.push_back(0);  // of its size, one byte mostly
    const std::size_t begin = out_.size();
    write();
    std::size_t size = out_.size() - begin;
    std::size_t at = begin - 1;
    for (; size > plain_encoding::kLastOneByte; size >>= plain_encoding::kStep, ++at) {
      out_[at] = static_cast<char>(size | plain_encoding::kGoesOn);
      out_.insert(at + 1, 1, '\0');
    }
    out_[at] = static_cast<char>(size);
  }

 private:
  void varint(std::uint64_t value) {
    for (; value > plain_encoding::kLastOneByte; value >>= plain_encoding::kStep) {
      out_.push_back(static_cast<char>(value | plain_encoding::kGoesOn));
    }
    out_.push_back(static_cast<char>(value));
  }

  std::string& out_;
};

}  // namespace quotemill::storage
