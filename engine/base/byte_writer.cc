#include "engine/base/byte_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace quotemill {
namespace {

constexpr std::size_t kLeastRoom = 128;

// Room for so much more. Records begin with small fields, which would be given 1, 2, 4, … bytes.
void make_room(Bytes& out, std::size_t more) {
  if (out.capacity() - out.size() < more) {
    out.reserve(std::max({kLeastRoom, 2 * out.capacity(), out.size() + more}));
  }
}

// Whole integers at once: a byte at a time costs as much as all that a journal entry is copied for.
template <class Integer>
void append_big_endian(Bytes& out, Integer value) {
  std::array<std::uint8_t, sizeof(Integer)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[bytes.size() - 1 - i] =
        static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  make_room(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <class Integer>
void append_little_endian(Bytes& out, Integer value) {
  std::array<std::uint8_t, sizeof(Integer)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  make_room(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

ByteWriter& ByteWriter::u8(std::uint8_t value) {
  make_room(bytes_, 1);
  bytes_.push_back(value);
  return *this;
}

ByteWriter& ByteWriter::u16_be(std::uint16_t value) {
  append_big_endian(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::u32_be(std::uint32_t value) {
  append_big_endian(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::u64_be(std::uint64_t value) {
  append_big_endian(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::u16_le(std::uint16_t value) {
  append_little_endian(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::u32_le(std::uint32_t value) {
  append_little_endian(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::u64_le(std::uint64_t value) {
  append_little_endian(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::bytes(ByteView view) {
  make_room(bytes_, view.size());
  bytes_.insert(bytes_.end(), view.begin(), view.end());
  return *this;
}

ByteWriter& ByteWriter::sized16_be(ByteView view) {
  assert(view.size() <= 0xFFFF);
  return u16_be(static_cast<std::uint16_t>(view.size())).bytes(view);
}

ByteWriter& ByteWriter::sized16_le(ByteView view) {
  assert(view.size() <= 0xFFFF);
  return u16_le(static_cast<std::uint16_t>(view.size())).bytes(view);
}

ByteWriter& ByteWriter::sized32_le(ByteView view) {
  assert(view.size() <= 0xFFFFFFFF);
  return u32_le(static_cast<std::uint32_t>(view.size())).bytes(view);
}

Bytes ByteWriter::take() {
  return std::exchange(bytes_, {});
}

}  // namespace quotemill
