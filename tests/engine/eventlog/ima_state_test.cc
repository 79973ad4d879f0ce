#include "engine/eventlog/ima_state.h"

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "tests/engine/eventlog/ima_bytes.h"

namespace quotemill {
namespace {

// After two entries.
ImaState some_state() {
  ImaState state = ImaState::of_boot(HashAlgorithm::kSha256);
  const Bytes list =
      testing::joined({testing::ng_entry("/usr/bin/bash"), testing::ng_entry("/usr/bin/ls")});
  ImaReader reader(list);
  while (const ImaEntry* entry = reader.next()) {
    state.progress.add(*entry);
  }
  state.proven_size = list.size();
  state.listed = 3;
  state.template_hash_size = 20;
  state.boot_aggregate = hash(HashAlgorithm::kSha256, as_bytes("boot"));
  return state;
}

Bytes written(const ImaState& state) {
  ByteWriter out;
  state.write(out);
  return out.take();
}

TEST(ImaState, KeepsEverything) {
  const ImaState state = some_state();
  const Bytes bytes = written(state);
  EXPECT_LE(bytes.size(), limits::kImaProgressSizeMax);
  const Result<ImaState> read = ImaState::read(bytes);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->proven_size, state.proven_size);
  EXPECT_EQ(read->unproven(), 1U);
  EXPECT_EQ(read->boot_aggregate, state.boot_aggregate);
  EXPECT_EQ(written(*read), bytes);
}

TEST(ImaState, ABeginningHasNothing) {
  const Result<ImaState> read = ImaState::read(written(ImaState::of_boot(HashAlgorithm::kSha384)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->progress.entries(), 0U);
  EXPECT_FALSE(read->boot_aggregate);
}

TEST(ImaStateHostile, DamagedBytesAreNoState) {
  const Bytes bytes = written(some_state());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ImaState::read(ByteView(bytes).first(size))) << size;
  }
  ImaState fewer = some_state();
  fewer.listed = 1;
  EXPECT_FALSE(ImaState::read(written(fewer))) << "fewer listed than proven";
}

}  // namespace
}  // namespace quotemill
