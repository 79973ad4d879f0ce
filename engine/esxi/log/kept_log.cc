#include "engine/esxi/log/kept_log.h"

#include <algorithm>

#include "engine/crypto/hash.h"
#include "engine/esxi/log/classify_event.h"
#include "engine/esxi/log/tagged_data.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kHeldByte = '*';
constexpr std::uint8_t kDifferedByte = '!';

bool is_measured_in_every_bank(const BootEvent& event, const TaggedData& tagged,
                               const BootLog& log) {
  const EsxiTag* const known = known_esxi_format().tag(tagged.tag);
  bool is_any = false;
  for (const HashAlgorithm bank : log.banks) {
    const ByteView digest = event.digest(bank);
    if (digest.empty() || !can_hash(bank)) {
      continue;
    }
    is_any = true;
    if (!is_digest_of(known, digest, bank, tagged.data)) {
      return false;
    }
  }
  return is_any;
}

// The data that may hold a secret; empty if none can. Names of modules are no options of anybody.
ByteView typed_data(const BootEvent& event) {
  if (event.type != event_type::kEventTag) {
    return {};
  }
  const Result<TaggedData> tagged = read_tagged_data(event.data);
  if (!tagged) {
    return event.data;
  }
  const EsxiTag* const known = known_esxi_format().tag(tagged->tag);
  return known != nullptr && !known->is_data_hashed ? ByteView() : tagged->data;
}

std::size_t offset_in(ByteView whole, ByteView part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

}  // namespace

bool has_secret(const BootLog& log) {
  return std::any_of(log.events.begin(), log.events.end(),
                     [](const BootEvent& event) { return has_secret(typed_data(event)); });
}

void drop_secrets(Bytes& log) {
  if (!has_secret(log)) {
    return;
  }
  const BootLogReading reading = read_boot_log(log);
  const std::span<std::uint8_t> bytes(log);
  std::size_t read_to = 0;
  for (const BootEvent& event : reading.log.events) {
    read_to = offset_in(log, event.data) + event.data.size();
    const ByteView typed = typed_data(event);
    if (!has_secret(typed)) {
      continue;
    }
    const Result<TaggedData> tagged = read_tagged_data(event.data);
    const bool is_held = tagged && is_measured_in_every_bank(event, *tagged, reading.log);
    overwrite_secrets(bytes.subspan(offset_in(log, typed), typed.size()),
                      is_held ? kHeldByte : kDifferedByte);
  }
  if (reading.broken) {
    overwrite_secrets(bytes.subspan(read_to), kDifferedByte);
  }
}

KeptSecret kept_secret(ByteView tagged_data) {
  const SecretBytes secret = count_secret_bytes(tagged_data, kHeldByte);
  if (secret.size == 0) {
    return KeptSecret::kNone;
  }
  return secret.equal == secret.size ? KeptSecret::kHeld : KeptSecret::kDiffered;
}

std::vector<std::uint32_t> events_without_secrets(const BootLog& kept) {
  std::vector<std::uint32_t> numbers;
  for (const BootEvent& event : kept.events) {
    if (has_secret(typed_data(event))) {
      numbers.push_back(event.number);
    }
  }
  return numbers;
}

}  // namespace quotemill
