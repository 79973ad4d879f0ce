#include "storage/log_delta.h"

#include <random>

#include <gtest/gtest.h>

#include "bench/fleet/measured_boot_model.h"
#include "engine/base/limits.h"

namespace quotemill::storage {
namespace {

Bytes random_log(std::mt19937& random, std::size_t size) {
  Bytes log(size);
  for (std::uint8_t& byte : log) {
    byte = static_cast<std::uint8_t>(random() % 5 == 0 ? random() : 0);
  }
  return log;
}

Bytes model_log(std::uint64_t host) {
  bench::MeasuredBootModel model;
  model.host_seed = host;
  return bench::write_boot_log(model);
}

// Replaces, inserts and removes a few runs of bytes.
Bytes edited(Bytes log, std::mt19937& random) {
  for (unsigned edit = random() % 8; edit > 0; --edit) {
    const std::size_t at = log.empty() ? 0 : random() % log.size();
    const std::size_t size = std::min<std::size_t>(random() % 80, log.size() - at);
    const Bytes fresh = random_log(random, random() % 80);
    log.erase(log.begin() + static_cast<std::ptrdiff_t>(at),
              log.begin() + static_cast<std::ptrdiff_t>(at + size));
    log.insert(log.begin() + static_cast<std::ptrdiff_t>(at), fresh.begin(), fresh.end());
  }
  return log;
}

// The size of its steps; what they tell is the log.
std::size_t told_in(const Bytes& base, const Bytes& log) {
  ByteWriter steps;
  EXPECT_TRUE(write_delta(DeltaBase(base), log, 2 * log.size() + 100, steps));
  const Result<Bytes> read = read_delta(base, steps.view(), log.size());
  EXPECT_TRUE(read);
  EXPECT_EQ(read ? *read : Bytes(), log);
  return steps.size();
}

TEST(LogDelta, TellsWhateverTheLogIs) {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    std::mt19937 random(seed);
    const Bytes base = random_log(random, random() % 3'000);
    told_in(base, edited(base, random));
    told_in(base, random_log(random, random() % 3'000));
    if (HasFailure()) {
      FAIL() << "seed " << seed;
    }
  }
}

TEST(LogDelta, TellsAMachineOfTheSameImageInAFractionOfItsLog) {
  const Bytes golden = model_log(0);
  EXPECT_LE(told_in(golden, golden), 12U);
  for (const std::uint64_t host : {1U, 17U, 123'456'789U}) {
    EXPECT_LT(told_in(golden, model_log(host)), golden.size() / 12) << host;
  }
}

TEST(LogDelta, GivesUpWhatItCannotTellInTheSizeThatItMayTake) {
  std::mt19937 random(1);
  const Bytes base = model_log(0);
  Bytes other(base.size());
  for (std::uint8_t& byte : other) {
    byte = static_cast<std::uint8_t>(random());
  }
  ByteWriter steps;
  EXPECT_FALSE(write_delta(DeltaBase(base), other, other.size() / 4, steps));
  EXPECT_LE(steps.size(), other.size() / 4);
}

TEST(LogDelta, FindsTheLogsOfOneImageAlikeAndOthersNot) {
  std::mt19937 random(1);
  const DeltaBase golden(model_log(0));
  EXPECT_GE(golden.likeness(model_log(5)), 5U);
  Bytes other(golden.content().size());
  for (std::uint8_t& byte : other) {
    byte = static_cast<std::uint8_t>(random());
  }
  EXPECT_EQ(golden.likeness(other), 0U);
  EXPECT_EQ(golden.likeness(Bytes(40)), 0U);
}

TEST(LogDelta, RefusesStepsThatLeaveTheBaseOrTheLog) {
  const Bytes base(100, 7);
  const auto steps = [](std::uint32_t from, std::uint32_t copied, std::uint32_t own) {
    ByteWriter out;
    out.u32_le(from).u32_le(copied).sized32_le(Bytes(own, 1));
    return out.take();
  };
  EXPECT_TRUE(read_delta(base, steps(90, 10, 5), 15));
  const std::vector<std::pair<Bytes, std::size_t>> damaged = {
      {steps(91, 10, 5), 15},
      {steps(101, 0, 5), 5},
      {steps(0xFFFF'FFFF, 2, 5), 7},
      {steps(0, 10, 6), 15},
      {steps(0, 16, 0), 15},
      {steps(90, 10, 4), 15},
      {steps(90, 10, 5), 14},
      {{}, 1},
      {Bytes(11), 5},
      {steps(0, 10, 5), limits::kBootLogSizeMax + 1},
      {steps(90, 10, 0xFFF), 0xFFFF'FFFF}};
  for (const auto& [bytes, size] : damaged) {
    const Result<Bytes> read = read_delta(base, bytes, size);
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kStorage);
  }
  Bytes trailing = steps(90, 10, 5);
  trailing.push_back(0);
  EXPECT_FALSE(read_delta(base, trailing, 15));
}

TEST(LogDelta, ReadsNoStepsForEver) {
  Bytes nothing(12 * 1'000);  // steps that lead nowhere
  EXPECT_FALSE(read_delta({}, nothing, 5));
}

}  // namespace
}  // namespace quotemill::storage
