#include "engine/base/byte_reader.h"

namespace quotemill {
namespace {

template <class Integer>
Integer big_endian(ByteView bytes) {
  Integer value = 0;
  for (const std::uint8_t byte : bytes) {
    value = static_cast<Integer>(static_cast<std::uint64_t>(value) << 8U | byte);
  }
  return value;
}

template <class Integer>
Integer little_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8U | bytes[i - 1];
  }
  return static_cast<Integer>(value);
}

}  // namespace

ByteView ByteReader::take(std::size_t size) {
  if (failed_) {
    return {};
  }
  if (size > bytes_.size() - offset_) {
    fail(ErrorCode::kTruncated);
    return {};
  }
  const ByteView view = bytes_.subspan(offset_, size);
  offset_ += size;
  return view;
}

void ByteReader::fail(ErrorCode code) {
  if (!failed_) {
    failed_ = true;
    failed_at_ = offset_;
    code_ = code;
  }
}

std::uint8_t ByteReader::u8() {
  return big_endian<std::uint8_t>(take(1));
}

std::uint16_t ByteReader::u16_be() {
  return big_endian<std::uint16_t>(take(2));
}

std::uint32_t ByteReader::u32_be() {
  return big_endian<std::uint32_t>(take(4));
}

std::uint64_t ByteReader::u64_be() {
  return big_endian<std::uint64_t>(take(8));
}

std::uint16_t ByteReader::u16_le() {
  return little_endian<std::uint16_t>(take(2));
}

std::uint32_t ByteReader::u32_le() {
  return little_endian<std::uint32_t>(take(4));
}

std::uint64_t ByteReader::u64_le() {
  return little_endian<std::uint64_t>(take(8));
}

ByteView ByteReader::bytes(std::size_t size) {
  return take(size);
}

ByteView ByteReader::sized16_be(std::size_t max) {
  const std::uint16_t size = u16_be();
  if (size > max) {
    fail(ErrorCode::kTooLarge);
  }
  return take(size);
}

ByteView ByteReader::sized16_le(std::size_t max) {
  return take(count16_le(static_cast<std::uint16_t>(std::min<std::size_t>(max, 0xFFFF))));
}

ByteView ByteReader::sized32_le(std::size_t max) {
  return take(count32_le(static_cast<std::uint32_t>(std::min<std::size_t>(max, 0xFFFFFFFF))));
}

std::uint16_t ByteReader::count16_le(std::uint16_t max) {
  const std::uint16_t count = u16_le();
  if (count > max) {
    fail(ErrorCode::kTooLarge);
    return 0;
  }
  return count;
}

std::uint32_t ByteReader::count32_be(std::uint32_t max) {
  const std::uint32_t count = u32_be();
  if (count > max) {
    fail(ErrorCode::kTooLarge);
    return 0;
  }
  return count;
}

std::uint32_t ByteReader::count32_le(std::uint32_t max) {
  const std::uint32_t count = u32_le();
  if (count > max) {
    fail(ErrorCode::kTooLarge);
    return 0;
  }
  return count;
}

ByteReader ByteReader::sub(std::size_t size) {
  ByteReader child(take(size));
  if (failed_) {
    child.fail(code_);
  }
  return child;
}

ByteView ByteReader::rest() {
  return take(remaining());
}

}  // namespace quotemill
