#include "engine/pipeline/image_times.h"

#include <algorithm>

namespace quotemill {
namespace {

// Quotes of one moment come in any order; a clock that was set back by more is believed.
constexpr std::int64_t kClockSetBackMs = 60'000;

}  // namespace

std::optional<ImageTime> image_attested_to(const Judgement& judgement) {
  const WallTime received = judgement.submission.received.wall;
  if (judgement.kind != JudgementKind::kVerdict || !judgement.proof || !judgement.counters ||
      judgement.counters->received != received) {
    return std::nullopt;
  }
  const Findings& findings = judgement.proof->findings;
  const auto found = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.code == FindingCode::kEsxiImage && finding.expected;
  });
  return found == findings.end() ? std::nullopt
                                 : std::optional(ImageTime{*found->expected, received});
}

ImageTimes::ImageTimes(ImageTimeLog& log, const std::vector<ImageTime>& kept) : log_(log) {
  for (const ImageTime& time : kept) {
    entries_[time.image] = {time.attested, time.attested};
  }
}

std::optional<WallTime> ImageTimes::last(const Digest& image) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(image);
  return found == entries_.end() ? std::nullopt : std::optional(found->second.last);
}

void ImageTimes::note(const ImageTime& time) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[time.image];
  if (time.attested > entry.last || entry.last.ms - time.attested.ms > kClockSetBackMs) {
    entry.last = time.attested;
    is_behind_ = true;
  }
}

Result<void> ImageTimes::keep(BootTime now) {
  if (!is_behind_ || (wrote_ && now.ms - wrote_->ms < kKeepMs)) {
    return {};
  }
  wrote_ = now;
  return write();
}

Result<void> ImageTimes::keep_all() {
  return is_behind_ ? write() : Result<void>();
}

// Only the commit thread changes entries, so that it may look at them as they are.
Result<void> ImageTimes::write() {
  std::vector<ImageTime> times;
  for (const auto& [image, entry] : entries_) {
    if (entry.last != entry.kept) {
      times.push_back({image, entry.last});
    }
  }
  if (Result<void> written = log_.keep_image_times(times); !written) {
    return written;
  }
  for (const ImageTime& time : times) {
    entries_.at(time.image).kept = time.attested;
  }
  is_behind_ = false;
  return {};
}

}  // namespace quotemill
