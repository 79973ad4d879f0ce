// When a host last attested to an image: by the quote that proves its boot, and by nothing else.
#include <gmock/gmock.h>

#include "engine/pipeline/image_times.h"
#include "storage/rocks_store.h"
#include "tests/engine/pipeline/esxi_engine.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using testing::EsxiEngine;
using testing::EvidenceDraft;

// The id of the only image that was attested to.
Digest image_id(const EsxiEngine& engine) {
  const std::vector<ImageTime> kept = *engine.engine.store.image_times();
  EXPECT_EQ(kept.size(), 1U);
  return kept.empty() ? Digest() : kept.front().image;
}

class EsxiImageTimes : public ::testing::Test {
 protected:
  EsxiImageTimes() {
    attest();
    image_ = image_id(host_);
    first_ = last();
  }

  void attest(const testing::ChangeDraft& change = {},
              const testing::ChangeSubmission& change_submission = {}) {
    host_.attest(change, change_submission);
    host_.engine.settle();
  }

  [[nodiscard]] std::optional<WallTime> last() const { return host_.engine.images.last(image_); }

  EsxiEngine host_;
  Digest image_;
  std::optional<WallTime> first_;
};

TEST_F(EsxiImageTimes, IsThatOfTheLastQuoteAlthoughNothingChanged) {
  ASSERT_TRUE(first_);
  EXPECT_EQ(*first_, host_.state().counters->received);
  host_.engine.clock.advance(5'000);
  attest();
  EXPECT_EQ(last()->ms, first_->ms + 5'000);
}

TEST_F(EsxiImageTimes, AQuoteThatFailsMovesNothing) {
  host_.engine.clock.advance(5'000);
  attest([](EvidenceDraft& draft) { draft.change_signature = [](Bytes& b) { b.back() ^= 1; }; });
  EXPECT_EQ(last(), first_);
  host_.engine.clock.advance(5'000);
  attest([](EvidenceDraft& draft) { draft.clock.reset_count -= 1; });
  EXPECT_EQ(last(), first_) << "counters that went back are of nobody's boot";
}

// It booted something: what, nobody has shown. The last boot that was proven is another one.
TEST_F(EsxiImageTimes, AGoodQuoteOfABootThatNobodyProvesMovesNothing) {
  host_.engine.clock.advance(5'000);
  host_.model.fault = EsxiFault::kChangedModule;
  attest([](EvidenceDraft& draft) { draft.header.boot_log_bytes = 0; });
  EXPECT_EQ(host_.state().counters->received.ms, first_->ms + 5'000) << "the quote itself is good";
  EXPECT_EQ(last(), first_);
}

TEST_F(EsxiImageTimes, ABootThatIsOfNoImageMovesNothing) {
  host_.engine.clock.advance(5'000);
  host_.model.fault = EsxiFault::kChangedModule;
  attest();
  ASSERT_EQ(host_.state().state, TrustState::kFailed);
  EXPECT_EQ(last(), first_);
}

TEST_F(EsxiImageTimes, OutlastsTheHostAndTheProcess) {
  testing::TempFolder folder;
  const std::string path = folder / "store";
  {
    const auto store = *storage::RocksStore::open({.path = path});
    ImageTimes times(*store, *store->image_times());
    times.note({image_, *first_});
    ASSERT_TRUE(times.keep({0}));
  }
  const auto store = *storage::RocksStore::open({.path = path});
  const ImageTimes times(*store, *store->image_times());
  EXPECT_EQ(times.last(image_), first_);
  host_.engine.remove(host_.host);
  EXPECT_EQ(last(), first_);
}

// What is not durable was not told to the host either.
TEST_F(EsxiImageTimes, AnAttestationThatWasNotCommittedMovesNothing) {
  host_.engine.clock.advance(5'000);
  host_.engine.store.fail_next_commit();
  attest();
  EXPECT_EQ(last(), first_);
}

}  // namespace
}  // namespace quotemill
