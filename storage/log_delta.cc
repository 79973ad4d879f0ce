#include "storage/log_delta.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"

namespace quotemill::storage {

namespace {

// What the index knows, and the least that is worth a step.
constexpr std::size_t kBlock = 16;
constexpr std::size_t kStepSize = 12;      // without what it carries
constexpr std::size_t kBesideReach = 128;  // an event's digests, of all usual banks
constexpr unsigned kPlacesBits = 14;       // 16 bytes of a log each, up to limits::kShelfLogSizeMax

static_assert(limits::kShelfLogSizeMax <= kBlock << kPlacesBits);

std::uint64_t word_at(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::size_t place_of(const std::uint8_t* block) {
  const std::uint64_t mixed =
      (word_at(block) * 0x9E37'79B9'7F4A'7C15U) ^ (word_at(block + 8) * 0xC2B2'AE3D'27D4'EB4FU);
  return (mixed * 0x9E37'79B9'7F4A'7C15U) >> (64 - kPlacesBits);
}

bool is_same_block(const std::uint8_t* one, const std::uint8_t* other) {
  return word_at(one) == word_at(other) && word_at(one + 8) == word_at(other + 8);
}

// How many bytes both begin with.
std::size_t common_size(ByteView one, ByteView other) {
  const std::size_t size = std::min(one.size(), other.size());
  constexpr std::size_t kStride = 256;
  std::size_t at = 0;
  while (at + kStride <= size && std::memcmp(one.data() + at, other.data() + at, kStride) == 0) {
    at += kStride;
  }
  while (at + 8 <= size && word_at(one.data() + at) == word_at(other.data() + at)) {
    at += 8;
  }
  while (at < size && one[at] == other[at]) {
    ++at;
  }
  return at;
}

class DeltaWriter {
 public:
  DeltaWriter(const DeltaBase& base, ByteView log, std::size_t size_max, ByteWriter& out)
      : base_(base), content_(base.content()), log_(log), size_max_(size_max), out_(out) {}

  bool run() {
    while (at_ < log_.size()) {
      const std::size_t copied = common_size(content_.subspan(from_), log_.subspan(at_));
      const std::size_t from = from_;
      at_ += copied;
      from_ += copied;
      const std::size_t own = at_;
      meet_again();
      if (size_ += kStepSize + at_ - own; size_ > size_max_) {
        return false;
      }
      out_.u32_le(static_cast<std::uint32_t>(from)).u32_le(static_cast<std::uint32_t>(copied));
      out_.sized32_le(log_.subspan(own, at_ - own));
    }
    return true;
  }

 private:
  // Passes what only the log has, up to where it is like the base again: at the same distance, as
  // behind a digest, or wherever the base has these bytes.
  void meet_again() {
    if (meet_beside()) {
      return;
    }
    const std::size_t begin = at_;
    for (; at_ + kBlock <= log_.size(); ++at_) {
      if (at_ - begin > size_max_) {
        break;
      }
      const std::uint8_t* const here = log_.data() + at_;
      const std::size_t beside = from_ + (at_ - begin);
      if (beside + kBlock <= content_.size() && is_same_block(content_.data() + beside, here)) {
        from_ = beside;
        return;
      }
      const std::size_t found = base_.find(here);
      if (found != content_.size()) {
        from_ = found;
        step_back(begin);
        return;
      }
    }
    at_ = log_.size();
    from_ = content_.size();
  }

  // A few digests differ, and a number: what is looked for first costs least. Not in a run of the
  // same bytes, which are alike wherever they are.
  bool meet_beside() {
    const std::size_t both = std::min(log_.size() - at_, content_.size() - from_);
    const std::size_t places = both < kBlock ? 0 : std::min(both - kBlock + 1, kBesideReach);
    const std::uint8_t* const here = log_.data() + at_;
    const std::uint8_t* const beside = content_.data() + from_;
    for (std::size_t own = 0; own < places; ++own) {
      if (is_same_block(here + own, beside + own) &&
          word_at(here + own) != word_at(here + own + 8)) {
        at_ += own;
        from_ += own;
        return true;
      }
    }
    return false;
  }

  // The index knows beginnings of blocks: what is before them may be alike, too.
  void step_back(std::size_t begin) {
    while (at_ > begin && from_ > 0 && log_[at_ - 1] == content_[from_ - 1]) {
      --at_;
      --from_;
    }
  }

  const DeltaBase& base_;
  const ByteView content_;
  const ByteView log_;
  const std::size_t size_max_;
  ByteWriter& out_;
  std::size_t at_ = 0;    // in the log
  std::size_t from_ = 0;  // in the base
  std::size_t size_ = 0;  // of the steps so far
};

}  // namespace

DeltaBase::DeltaBase(Bytes content) : content_(std::move(content)) {
  assert(content_.size() <= limits::kShelfLogSizeMax);
  const auto nowhere = static_cast<std::uint32_t>(content_.size());
  places_.assign(std::size_t{1} << kPlacesBits, nowhere);
  for (std::size_t at = 0; at + kBlock <= content_.size(); at += kBlock) {
    places_[place_of(content_.data() + at)] = static_cast<std::uint32_t>(at);
  }
}

std::size_t DeltaBase::find(const std::uint8_t* sample) const {
  const std::size_t at = places_[place_of(sample)];
  return at != content_.size() && is_same_block(content_.data() + at, sample) ? at
                                                                              : content_.size();
}

unsigned DeltaBase::likeness(ByteView log) const {
  if (log.size() < 2 * kBlock * kSamples) {
    return 0;
  }
  unsigned found = 0;
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    const std::size_t at = log.size() / kSamples * sample;
    const std::uint8_t* const begin = log.data() + at;
    if (at + kBlock <= content_.size() && is_same_block(content_.data() + at, begin)) {
      ++found;
      continue;
    }
    // One of as many beginnings as a block is long is that of a block of the base.
    for (std::size_t shift = 0; shift < kBlock; ++shift) {
      if (find(begin + shift) != content_.size()) {
        ++found;
        break;
      }
    }
  }
  return found;
}

bool write_delta(const DeltaBase& base, ByteView log, std::size_t size_max, ByteWriter& out) {
  return DeltaWriter(base, log, size_max, out).run();
}

void write_whole(ByteView log, ByteWriter& out) {
  out.u32_le(0).u32_le(0).sized32_le(log);
}

Result<Bytes> read_delta(ByteView base, ByteView steps, std::size_t size) {
  constexpr const char* kWhat = "boot log";
  if (size > limits::kBootLogSizeMax) {
    return Error{ErrorCode::kStorage, kWhat, 0, "damaged: its size is impossible"};
  }
  Bytes log;
  log.reserve(size);
  ByteReader in(steps);
  while (in.ok() && log.size() < size) {
    const std::uint32_t from = in.u32_le();
    const std::uint32_t copied = in.u32_le();
    const ByteView own = in.sized32_le(size);
    const std::size_t left = size - log.size();
    if (from > base.size() || copied > base.size() - from || copied > left ||
        own.size() > left - copied) {
      in.fail(ErrorCode::kMalformed);
      break;
    }
    log.insert(log.end(), base.begin() + from, base.begin() + from + copied);
    log.insert(log.end(), own.begin(), own.end());
  }
  Result<Bytes> read = in.finish(std::move(log), kWhat);
  if (!read) {
    return Error{ErrorCode::kStorage, kWhat, 0, "damaged: " + read.error().to_string()};
  }
  return read;
}

}  // namespace quotemill::storage
