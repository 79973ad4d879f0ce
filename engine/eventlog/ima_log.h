// ImaLog: a whole runtime list in memory, for those who look at its entries in any order. Who reads
// it once from the beginning to the end takes ImaReader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/eventlog/ima_progress.h"
#include "engine/eventlog/ima_reader.h"

namespace quotemill {

struct ImaLog {
  bool ascii = false;
  std::vector<ImaEntry> entries;  // borrow the list and `rebuilt`
  // What entries borrow that the list does not show as such, in large pieces. A list is moved,
  // never copied: copies would borrow from the original.
  std::vector<std::unique_ptr<Bytes>> rebuilt;
};

// What could be read; `broken` is set if the list ends in mid-entry or has an impossible field, and
// everything before the break is in `log`. An empty list is whole: a kernel without an IMA policy
// has none.
struct ImaLogReading {
  ImaLog log;
  std::optional<Error> broken;
};

// The log borrows `bytes`. Linear time; bounded by limits::kImaEntriesMax.
ImaLogReading read_ima_log(ByteView bytes);

// PCR 10 of a bank after the whole list, in the first form that fits every entry; nullopt if none
// does. REQUIRES: can_hash(bank)
std::optional<Digest> replay_ima_log(const ImaLog& log, HashAlgorithm bank);

// How much of a list a PCR value proves.
struct ImaMatch {
  std::size_t entries = 0;  // the first so many entries give the value
  ImaDigestForm form = ImaDigestForm::kListed;
};

// The longest beginning of the list whose entries for PCR 10 give `quoted`: a list is read after
// the quote and may have grown since. nullopt if none does. REQUIRES: can_hash(quoted.algorithm())
std::optional<ImaMatch> match_ima_log(const ImaLog& log, const Digest& quoted);

}  // namespace quotemill
