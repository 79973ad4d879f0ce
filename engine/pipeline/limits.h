// Bounds of how evidence is gathered for judging; those that other rooms share are in
// engine/base/limits.h.
#pragma once

#include <chrono>
#include <cstddef>

#include "engine/base/limits.h"

namespace quotemill::limits {

// What is larger with its logs is judged beside the batches, so that none waits for it: some 2,000
// entries of a runtime list, half a millisecond.
inline constexpr std::size_t kBatchedItemSizeMax = 256 * 1024;

// A batch that holds so much is full: judging it takes a worker some 10 ms. 256 hosts with boot
// logs of 30 kB are less.
inline constexpr std::size_t kBatchBytesMax = 8 * 1024 * 1024;

// A batch of at most so many items is begun by the thread that took it, alone, and finished by it
// unless that takes longer: some forty quotes by RSA. TBB's workers look for more work a hundred
// times before they sleep, each; for a dozen quotes that was a third of what judging them cost.
inline constexpr std::size_t kJudgedAloneItemsMax = 64;
inline constexpr std::chrono::microseconds kJudgedAloneMax{500};

// A worker takes pieces of a batch with at most so many items, and half as many at least: the first
// of each is fetched from memory while the worker waits for it, the others meanwhile. TBB by itself
// cuts pieces of four.
inline constexpr std::size_t kPieceItems = 16;

// By so much a worker is nicer than the process (standing_back.h): a tenth of the weight.
inline constexpr int kWorkerNice = 10;

// While so many batches are on their way, the next one goes only when it is full: one is committed,
// one is judged, and whatever follows would wait for them. So batches grow with the load, and what
// a batch costs, however small it is, is paid less often.
inline constexpr std::size_t kBatchesAhead = 2;

// Of the inbox's room: one part in so many is for evidence that waited before (it found the inbox
// full, or was asked for its logs), so that whoever comes first does not always come too late; and
// of its bytes one part in so many is for what goes into batches.
inline constexpr std::size_t kInboxAgainPart = 4;
inline constexpr std::size_t kInboxBatchedPart = 8;

static_assert(kBatchedItemSizeMax <= kBatchBytesMax);
static_assert(kBatchBytesMax <= kInboxBytesMax / kInboxBatchedPart);
static_assert(kEvidenceItemSizeMax + kBootLogSizeMax + kRuntimePieceSizeMax <=
              kInboxBytesMax - kInboxBytesMax / kInboxBatchedPart);

}  // namespace quotemill::limits
