#include "engine/eventlog/ima_log.h"

#include <algorithm>

namespace quotemill {
namespace {

constexpr std::size_t kPieceSize = std::size_t{256} * 1024;

// Keeps what a reader would overwrite, many entries in one allocation.
class Keeper {
 public:
  Keeper(ByteView list, ImaLog& log) : list_(list), log_(log) {}

  ByteView keep(ByteView bytes) {
    if (bytes.empty() ||
        (bytes.data() >= list_.data() && bytes.data() < list_.data() + list_.size())) {
      return bytes;
    }
    if (log_.rebuilt.empty() ||
        log_.rebuilt.back()->capacity() - log_.rebuilt.back()->size() < bytes.size()) {
      log_.rebuilt.push_back(std::make_unique<Bytes>());
      log_.rebuilt.back()->reserve(std::max(kPieceSize, bytes.size()));
    }
    Bytes& piece = *log_.rebuilt.back();
    const std::size_t begin = piece.size();
    piece.insert(piece.end(), bytes.begin(), bytes.end());
    return ByteView(piece).subspan(begin);
  }

 private:
  ByteView list_;
  ImaLog& log_;
};

}  // namespace

ImaLogReading read_ima_log(ByteView bytes) {
  ImaLogReading reading;
  ImaReader reader(bytes);
  Keeper keeper(bytes, reading.log);
  reading.log.ascii = reader.is_ascii();
  while (const ImaEntry* entry = reader.next()) {
    ImaEntry& kept = reading.log.entries.emplace_back(*entry);
    kept.template_hash = keeper.keep(entry->template_hash);
    kept.template_data = keeper.keep(entry->template_data);
  }
  reading.broken = reader.broken();
  return reading;
}

std::optional<Digest> replay_ima_log(const ImaLog& log, HashAlgorithm bank) {
  ImaBankProgress progress(bank);
  for (const ImaEntry& entry : log.entries) {
    progress.add(entry);
  }
  for (const ImaDigestForm form : kImaDigestForms) {
    if (const std::optional<Digest> value = progress.value(form)) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<ImaMatch> match_ima_log(const ImaLog& log, const Digest& quoted) {
  ImaBankProgress progress(quoted.algorithm());
  std::optional<ImaMatch> longest;
  if (const auto form = progress.form_of(quoted)) {
    longest = ImaMatch{0, *form};
  }
  for (std::size_t i = 0; i < log.entries.size() && progress.is_possible(); ++i) {
    progress.add(log.entries[i]);
    if (const auto form = progress.form_of(quoted)) {
      longest = ImaMatch{i + 1, *form};
    }
  }
  return longest;
}

}  // namespace quotemill
