#include "engine/verify/ima_follower.h"

#include <array>
#include <utility>

#include "engine/eventlog/boot_aggregate.h"
#include "engine/eventlog/ima_reader.h"

namespace quotemill {
namespace {

// Longer than any entry can be: what is kept of one that does not end is bounded by it.
constexpr std::size_t kEntrySizeMax = limits::kImaTemplateSizeMax + limits::kImaNameSizeMax + 128;

}  // namespace

ImaFollower::ImaFollower(const ImaState& state, const VerifiedQuote& quote)
    : before_(state), now_(state) {
  if (quote.pcrs().has(kImaPcr)) {
    quoted_ = quote.pcrs().at(kImaPcr);
  }
  note_match();
}

void ImaFollower::note_match() {
  if (quoted_.has_value() && now_.progress.gives(std::array{*quoted_})) {
    match_ = now_;
  }
}

std::uint8_t ImaFollower::template_hash_size(ByteView piece) const {
  return now_.template_hash_size != 0
             ? now_.template_hash_size
             : static_cast<std::uint8_t>(ImaReader(piece).template_hash_size());
}

bool ImaFollower::add(ByteView piece, const Visit& visit) {
  if (broken_.has_value()) {
    return false;
  }
  // An entry in many pieces is put together in one place, so that each byte is copied once.
  const bool continued = !rest_.empty();
  if (continued) {
    rest_.insert(rest_.end(), piece.begin(), piece.end());
    piece = rest_;
  }
  const std::uint64_t begin = now_.proven_size;
  const std::uint8_t hash_size = template_hash_size(piece);
  ImaReader reader(piece, hash_size);
  while (const ImaEntry* entry = reader.next()) {
    if (now_.progress.entries() == 0) {
      now_.boot_aggregate = boot_aggregate_of(*entry);
      now_.template_hash_size = hash_size;
    }
    visit(*entry, now_.progress.entries());
    now_.progress.add(*entry);
    now_.proven_size = begin + reader.offset();
    note_match();
  }
  const std::size_t rest_size = piece.size() - reader.offset();
  if (reader.broken().has_value() &&
      (reader.broken()->code != ErrorCode::kTruncated || rest_size > kEntrySizeMax)) {
    broken_ = reader.broken();
  } else if (continued) {
    rest_.erase(rest_.begin(), rest_.end() - static_cast<std::ptrdiff_t>(rest_size));
  } else {
    rest_ = to_bytes(piece.last(rest_size));
  }
  return !broken_.has_value();
}

ImaStep ImaFollower::finish() && {
  ImaStep step;
  const std::uint64_t listed = std::max(before_.listed, now_.progress.entries());
  if (broken_.has_value()) {
    step.findings.push_back({.code = FindingCode::kImaMalformed,
                             .pcr = kImaPcr,
                             .event = static_cast<std::uint32_t>(now_.progress.entries()),
                             .subject = broken_->to_string()});
  }
  step.proven = match_.has_value();
  step.next = step.proven ? *match_ : before_;
  step.next.listed = listed;
  step.unproven = listed - step.next.progress.entries();
  if (!step.proven) {
    step.findings.push_back(
        {.code = FindingCode::kImaMismatch, .pcr = kImaPcr, .expected = quoted_});
  } else {
    step.next.progress.settle(std::array{*quoted_});
    if (step.next.progress.entries() < before_.listed) {
      step.findings.push_back({.code = FindingCode::kImaBehind,
                               .pcr = kImaPcr,
                               .seen_number = step.next.progress.entries(),
                               .expected_number = before_.listed});
    }
  }
  return step;
}

}  // namespace quotemill
