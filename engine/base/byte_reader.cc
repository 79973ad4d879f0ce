#include "engine/base/byte_reader.h"

namespace quotemill {

void ByteReader::fail(ErrorCode code) {
  if (!failed_) {
    failed_ = true;
    failed_at_ = offset_;
    code_ = code;
  }
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
