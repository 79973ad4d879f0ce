// LogMutator: damages boot logs at random, the same way for the same seed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill::testing {

class LogMutator {
 public:
  explicit LogMutator(unsigned seed) : random_(seed) {}

  // Without regard to what is where.
  Bytes damaged(Bytes bytes) {
    const std::size_t times = 1 + below(6);
    for (std::size_t i = 0; i < times && !bytes.empty(); ++i) {
      damage(bytes);
    }
    return bytes;
  }

  // Somewhere in one of its events, or the events themselves: what stands is mostly still a log.
  Bytes with_fault(const Bytes& log) {
    const BootLogReading reading = read_boot_log(log);
    if (reading.log.events.size() < 3) {
      return log;
    }
    const std::size_t number = below(reading.log.events.size() - 1);
    const Extent event = extent_of(log, reading.log.events[number]);
    const Extent next = extent_of(log, reading.log.events[number + 1]);
    Bytes faulty = log;
    const auto at = [&faulty](std::size_t offset) {
      return faulty.begin() + static_cast<std::ptrdiff_t>(offset);
    };
    const std::size_t data_size = reading.log.events[number].data.size();
    switch (below(10)) {
      case 0:  // PCR, type or count of digests
        flip(faulty, event.begin, event.begin + 12);
        break;
      case 1:  // an algorithm or a digest
        flip(faulty, event.begin + 12, event.end - data_size - 4);
        break;
      case 2:  // the size
        flip(faulty, event.end - data_size - 4, event.end - data_size);
        break;
      case 3:
        flip(faulty, event.end - data_size, event.end);
        break;
      case 4:
        faulty.erase(at(event.begin), at(event.end));
        break;
      case 5:  // twice
        faulty.insert(at(next.end), log.begin() + static_cast<std::ptrdiff_t>(event.begin),
                      log.begin() + static_cast<std::ptrdiff_t>(event.end));
        break;
      case 6:
        std::rotate(at(event.begin), at(next.begin), at(next.end));
        break;
      case 7:
        faulty.resize(event.begin);
        break;
      case 8:  // the header's list of algorithms
        flip(faulty, 56, 56 + 12);
        break;
      default:
        return damaged(std::move(faulty));
    }
    return faulty;
  }

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

 private:
  struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  // Three numbers of four bytes stand before the digests, the second of which is the type; in the
  // header and SHA-1 logs two.
  static Extent extent_of(const Bytes& log, const BootEvent& event) {
    const auto digests = static_cast<std::size_t>(event.digests.data() - log.data());
    const auto data = static_cast<std::size_t>(event.data.data() - log.data());
    return {digests - (event.format == BootLogFormat::kSha1 ? 8 : 12), data + event.data.size()};
  }

  // One bit of bytes `begin` to `end`, if there are any.
  void flip(Bytes& bytes, std::size_t begin, std::size_t end) {
    end = std::min(end, bytes.size());
    if (begin < end) {
      std::uint8_t& byte = bytes[begin + below(end - begin)];
      byte = static_cast<std::uint8_t>(byte ^ 1U << below(8));
    }
  }

  void damage(Bytes& bytes) {
    const std::size_t at = below(bytes.size());
    switch (below(5)) {
      case 0:  // a bit
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << below(8)));
        break;
      case 1:  // an extreme length or count
        for (std::size_t i = at; i < std::min(at + 4, bytes.size()); ++i) {
          bytes[i] = 0xFF;
        }
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:  // a piece twice
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 16, bytes[at]);
        break;
      default:  // a piece gone
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    bytes.begin() +
                        static_cast<std::ptrdiff_t>(std::min(at + 1 + below(64), bytes.size())));
        break;
    }
  }

  std::mt19937 random_;
};

}  // namespace quotemill::testing
