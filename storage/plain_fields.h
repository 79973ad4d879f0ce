// PlainFields: the fields of a Protocol Buffers message in the form in which they are written here:
// ascending, each at most once. A cursor over them that builds nothing.
//
// Whoever reads a message with it asks for every field that it knows, ascending, and in the end
// whether that was all. If it was not, the message is none of that form, which says nothing about
// it: Protocol Buffers itself must read it.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string_view>

#include "storage/plain_encoding.h"

namespace quotemill::storage {

class PlainFields {
 public:
  // Borrows the message.
  explicit PlainFields(std::string_view message) : rest_(message) {}

  // Whether field `number`, which is of this kind, is the next one. REQUIRES: number < 16
  [[nodiscard]] bool has_number(std::uint32_t number) const {
    return is_next(number, plain_encoding::kVarint);
  }

  [[nodiscard]] bool has_bytes(std::uint32_t number) const {
    return is_next(number, plain_encoding::kBytes);
  }

  // The field, if it is the next one; else its default.
  std::uint64_t u64(std::uint32_t number) { return has_number(number) ? take_varint() : 0; }

  std::int64_t i64(std::uint32_t number) { return std::bit_cast<std::int64_t>(u64(number)); }

  std::uint32_t u32(std::uint32_t number) {
    const std::uint64_t value = u64(number);
    is_plain_ = is_plain_ && value <= std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(value);
  }

  std::uint64_t fixed64(std::uint32_t number) {
    std::uint64_t value = 0;
    if (!is_next(number, plain_encoding::kFixed64)) {
      return value;
    }
    const std::string_view bytes = take(1 + sizeof value);
    for (std::size_t i = bytes.size(); i > 1; --i) {
      value = value << 8U | static_cast<std::uint8_t>(bytes[i - 1]);
    }
    return value;
  }

  std::string_view bytes(std::uint32_t number) {
    return has_bytes(number) ? take(take_varint()) : std::string_view();
  }

  // The fields before `number`, as they are.
  std::string_view before(std::uint32_t number) {
    const std::string_view all = rest_;
    while (is_plain_ && !rest_.empty() && next_number() < number) {
      skip();
    }
    return all.substr(0, all.size() - rest_.size());
  }

  // The fields up to the first one that is `end` or behind it, as they are; in whatever order, but
  // none before `begin`.
  std::string_view between(std::uint32_t begin, std::uint32_t end) {
    const std::string_view all = rest_;
    while (is_plain_ && !rest_.empty() && next_number() < end) {
      is_plain_ = next_number() >= begin;
      skip();
    }
    return all.substr(0, all.size() - rest_.size());
  }

  // All that are left, likewise.
  std::string_view from(std::uint32_t number) {
    return between(number, std::numeric_limits<std::uint32_t>::max());
  }

  // Whether the message was of the plain form, and that was all of it.
  [[nodiscard]] bool is_over() const { return is_plain_ && rest_.empty(); }

 private:
  [[nodiscard]] bool is_next(std::uint32_t number, std::uint32_t kind) const {
    return !rest_.empty() &&
           static_cast<std::uint8_t>(rest_.front()) == (number << plain_encoding::kKindBits | kind);
  }

  // A tag of more than a byte is above all that are asked for.
  [[nodiscard]] std::uint32_t next_number() const {
    const auto tag = static_cast<std::uint8_t>(rest_.front());
    return tag > plain_encoding::kLastOneByte ? std::numeric_limits<std::uint32_t>::max()
                                              : tag >> plain_encoding::kKindBits;
  }

  std::string_view take(std::uint64_t size) {
    if (!is_plain_ || size > rest_.size()) {
      is_plain_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  // The number behind the tag that is next.
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    std::size_t at = 1;
    for (std::uint32_t shift = 0; shift < 64 && at < rest_.size();
         shift += plain_encoding::kStep, ++at) {
      const auto byte = static_cast<std::uint8_t>(rest_[at]);
      value |= std::uint64_t{byte & plain_encoding::kLastOneByte} << shift;
      if (byte <= plain_encoding::kLastOneByte) {
        is_plain_ = is_plain_ && (shift + plain_encoding::kStep <= 64 || byte <= 1);
        rest_.remove_prefix(at + 1);
        return value;
      }
    }
    is_plain_ = false;
    return 0;
  }

  void skip() {
    const std::uint32_t kind = static_cast<std::uint8_t>(rest_.front()) & 7U;
    if (static_cast<std::uint8_t>(rest_.front()) > plain_encoding::kLastOneByte) {
      is_plain_ = false;
    } else if (kind == plain_encoding::kVarint) {
      take_varint();
    } else if (kind == plain_encoding::kBytes) {
      take(take_varint());
    } else {
      is_plain_ = false;
    }
  }

  std::string_view rest_;
  bool is_plain_ = true;
};

}  // namespace quotemill::storage
