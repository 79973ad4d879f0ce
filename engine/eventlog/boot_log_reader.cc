#include <algorithm>
#include <array>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::string_view kSpecIdPrefix = "Spec ID Event";
constexpr std::string_view kSpecId03{"Spec ID Event03\0", 16};
constexpr std::string_view kStartupLocality{"StartupLocality\0", 16};
constexpr std::uint32_t kNoPcr = 0xFFFFFFFF;  // Windows writes it into EV_NO_ACTION events
constexpr std::size_t kSha1Size = 20;
constexpr std::size_t kEventSizeGuess = 256;  // of real logs: 150 to 400 bytes an event

bool begins_with(ByteView data, std::string_view prefix) {
  return as_text(data).substr(0, prefix.size()) == prefix;
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// Where the run of 0x00 and 0xFF bytes at the end begins. An event that would begin inside that run
// is padding: no real one consists of nothing else (flash that was erased holds the one, memory
// that was cleared the other, and buffers of firmware both).
std::size_t padding_begin(ByteView bytes) {
  std::size_t begin = bytes.size();
  while (begin > 0 && (bytes[begin - 1] == 0x00 || bytes[begin - 1] == 0xFF)) {
    --begin;
  }
  return begin;
}

// REQUIRES: at + 4 <= bytes.size()
std::uint32_t u32_le_at(ByteView bytes, std::size_t at) {
  return bytes[at] | static_cast<std::uint32_t>(bytes[at + 1]) << 8U |
         static_cast<std::uint32_t>(bytes[at + 2]) << 16U |
         static_cast<std::uint32_t>(bytes[at + 3]) << 24U;
}

// The header's list of digest sizes (TCG_EfiSpecIdEventAlgorithmSize).
struct AlgorithmSize {
  std::uint16_t id = 0;
  std::uint16_t size = 0;
  std::uint16_t bank = 0;  // bank_index(); kBankCount for an unknown algorithm
};

class BootLogParser {
 public:
  explicit BootLogParser(ByteView bytes)
      : bytes_(bytes), in_(bytes), padding_begin_(padding_begin(bytes)) {}

  BootLogReading parse();

 private:
  void read_first_event();
  void read_spec_id(ByteView data);
  void read_algorithm(ByteReader& data);
  void read_vendor_info(ByteReader& data);
  void note_usual_digests();
  void read_sha1_event(BootEvent& event);
  void read_agile_event(BootEvent& event);
  void read_digests(BootEvent& event);
  void read_usual_events();
  [[nodiscard]] bool has_usual_algorithms(ByteView digests) const;
  BootEvent& next_event();
  bool accept(const BootEvent& event);
  void note_no_action(const BootEvent& event);
  void note_locality(const BootEvent& event);
  void note_measured(const BootEvent& event);

  void remark(LogRemarkCode code, std::uint32_t event) { log_.remarks.push_back({code, event}); }

  ByteView bytes_;
  ByteReader in_;
  std::size_t padding_begin_;
  BootLog log_;
  const char* context_ = "TCG_PCClientPCREvent";  // what is being read, for `broken`
  std::array<AlgorithmSize, limits::kLogAlgorithmsMax> algorithms_{};
  std::size_t algorithm_count_ = 0;
  // An event with one digest for each of the header's algorithms, in its order: nearly all are.
  std::size_t usual_size_ = 0;
  std::array<std::uint16_t, kBankCount> usual_at_ = BootEvent().digest_at;
  bool spec_id_seen_ = false;
  bool locality_seen_ = false;
  bool pcr0_extended_ = false;
};

BootLogReading BootLogParser::parse() {
  if (bytes_.size() > limits::kBootLogSizeMax) {
    return {std::move(log_), Error{ErrorCode::kTooLarge, "boot log", 0, {}}};
  }
  log_.events.reserve(bytes_.size() / kEventSizeGuess + 4);
  log_.banks.reserve(kBankCount);
  if (padding_begin_ == 0) {
    in_.fail(ErrorCode::kTruncated);  // nothing, or nothing but padding, is no log
  } else {
    read_first_event();
  }
  while (in_.ok() && in_.offset() < padding_begin_) {
    read_usual_events();
    if (in_.offset() >= padding_begin_) {
      break;
    }
    BootEvent& event = next_event();
    if (log_.format == BootLogFormat::kSha1) {
      read_sha1_event(event);
    } else {
      read_agile_event(event);
    }
    accept(event);
  }
  if (!in_.ok()) {
    return {std::move(log_), in_.error(context_)};
  }
  if (in_.remaining() != 0) {
    remark(LogRemarkCode::kPaddingDropped, static_cast<std::uint32_t>(log_.events.size()));
  }
  return {std::move(log_), std::nullopt};
}

// Both formats begin with an event of the SHA-1 layout; only its data tells them apart.
void BootLogParser::read_first_event() {
  log_.format = BootLogFormat::kSha1;
  log_.banks = {HashAlgorithm::kSha1};
  BootEvent& event = next_event();
  read_sha1_event(event);
  if (in_.ok() && !event.is_measured() && begins_with(event.data, kSpecId03)) {
    log_.format = BootLogFormat::kCryptoAgile;
    log_.banks.clear();
    context_ = "TCG_EfiSpecIDEvent";
    read_spec_id(event.data);
  }
  if (accept(event) && log_.format == BootLogFormat::kCryptoAgile) {
    context_ = "TCG_PCR_EVENT2";
  }
}

// TCG_EfiSpecIDEvent (10.4.5.1).
void BootLogParser::read_spec_id(ByteView event_data) {
  ByteReader data(event_data);
  data.bytes(kSpecId03.size());                                            // signature
  data.u32_le();                                                           // platformClass
  data.u8();                                                               // specVersionMinor
  data.u8();                                                               // specVersionMajor
  data.u8();                                                               // specErrata
  data.u8();                                                               // uintnSize
  const std::uint32_t count = data.count32_le(limits::kLogAlgorithmsMax);  // numberOfAlgorithms
  if (count == 0) {
    data.fail(ErrorCode::kMalformed);
  }
  for (std::uint32_t i = 0; i < count && data.ok(); ++i) {
    read_algorithm(data);
  }
  note_usual_digests();
  read_vendor_info(data);
  if (!data.ok()) {
    in_.fail(data.error("").code);
  }
}

// Firmware that pads behind it is let pass, and so is firmware that forgot it in the eventSize.
void BootLogParser::read_vendor_info(ByteReader& data) {
  const std::uint8_t size = data.u8();  // vendorInfoSize
  if (data.ok() && size > 0 && data.remaining() == 0) {
    in_.bytes(size);  // vendorInfo
    remark(LogRemarkCode::kVendorInfoOutside, 0);
  } else {
    data.bytes(size);  // vendorInfo
  }
}

void BootLogParser::read_algorithm(ByteReader& data) {
  const std::uint16_t id = data.u16_le();    // algorithmId
  const std::uint16_t size = data.u16_le();  // digestSize
  const auto* const end = algorithms_.begin() + algorithm_count_;
  const bool repeated = std::any_of(algorithms_.cbegin(), end,
                                    [id](const AlgorithmSize& known) { return known.id == id; });
  const std::optional<HashAlgorithm> bank = hash_algorithm(id);
  const bool size_right =
      bank.has_value() ? size == digest_size(*bank) : size != 0 && size <= kDigestSizeMax;
  if (repeated || !size_right) {
    data.fail(ErrorCode::kMalformed);
    return;
  }
  const std::size_t index = bank.has_value() ? bank_index(*bank) : kBankCount;
  algorithms_[algorithm_count_++] = {id, size, static_cast<std::uint16_t>(index)};
  if (bank.has_value()) {
    log_.banks.push_back(*bank);
  } else {
    remark(LogRemarkCode::kUnknownDigestAlgorithm, 0);
  }
}

void BootLogParser::note_usual_digests() {
  for (std::size_t i = 0; i < algorithm_count_; ++i) {
    usual_size_ += sizeof(std::uint16_t);
    if (algorithms_[i].bank < kBankCount) {
      usual_at_[algorithms_[i].bank] = static_cast<std::uint16_t>(usual_size_);
    }
    usual_size_ += algorithms_[i].size;
  }
}

// TCG_PCClientPCREvent (10.2.1).
void BootLogParser::read_sha1_event(BootEvent& event) {
  event.format = BootLogFormat::kSha1;
  event.pcr = in_.u32_le();              // pcrIndex
  event.type = in_.u32_le();             // eventType
  event.digests = in_.bytes(kSha1Size);  // digest
  event.digest_count = 1;
  event.digest_at[bank_index(HashAlgorithm::kSha1)] = 0;
  event.data = in_.sized32_le(limits::kEventDataSizeMax);  // eventDataSize, event
}

// TCG_PCR_EVENT2 (10.2.2).
void BootLogParser::read_agile_event(BootEvent& event) {
  event.pcr = in_.u32_le();   // pcrIndex
  event.type = in_.u32_le();  // eventType
  read_digests(event);
  event.data = in_.sized32_le(limits::kEventDataSizeMax);  // eventSize, event
}

// Reads on to the next event that is not usual, or to the end. Usual, as nearly all are: measured,
// nothing to remark, and its digests where they stand nearly always, so that all of its fields have
// their places and need no reader. Whatever is wrong with another event, the general way of reading
// says.
void BootLogParser::read_usual_events() {
  if (log_.format != BootLogFormat::kCryptoAgile) {
    return;
  }
  constexpr std::size_t kDigestsAt = 3 * sizeof(std::uint32_t);  // pcrIndex, eventType, digestCount
  const std::size_t size_at = kDigestsAt + usual_size_;
  const std::size_t data_at = size_at + sizeof(std::uint32_t);
  std::size_t at = in_.offset();
  while (at < padding_begin_ && log_.events.size() < limits::kLogEventsMax) {
    const ByteView bytes = bytes_.subspan(at);
    if (bytes.size() < data_at) {
      break;
    }
    const std::uint32_t data_size = u32_le_at(bytes, size_at);
    const std::uint32_t pcr = u32_le_at(bytes, 0);
    const std::uint32_t type = u32_le_at(bytes, sizeof(std::uint32_t));
    if (u32_le_at(bytes, 2 * sizeof(std::uint32_t)) != algorithm_count_ ||
        data_size > limits::kEventDataSizeMax || data_size > bytes.size() - data_at ||
        pcr >= limits::kPcrCount || type == event_type::kNoAction ||
        type == event_type::kEfiHcrtmEvent || !has_usual_algorithms(bytes.subspan(kDigestsAt))) {
      break;
    }
    BootEvent& event = next_event();
    event.pcr = pcr;
    event.type = type;
    event.digests = bytes.subspan(kDigestsAt, usual_size_);
    event.digest_at = usual_at_;
    event.digest_count = static_cast<std::uint16_t>(algorithm_count_);
    event.data = bytes.subspan(data_at, data_size);
    pcr0_extended_ = pcr0_extended_ || pcr == 0;
    at += data_at + data_size;
  }
  in_.bytes(at - in_.offset());
}

// REQUIRES: there are usual_size_ bytes
bool BootLogParser::has_usual_algorithms(ByteView digests) const {
  std::size_t at = 0;
  for (std::size_t i = 0; i < algorithm_count_; ++i) {
    if ((digests[at] | digests[at + 1] << 8) != algorithms_[i].id) {
      return false;
    }
    at += sizeof(std::uint16_t) + algorithms_[i].size;
  }
  return true;
}

// TPML_DIGEST_VALUES: an algorithm that the header does not list has no known size.
void BootLogParser::read_digests(BootEvent& event) {
  const std::uint32_t count = in_.count32_le(limits::kLogAlgorithmsMax);
  const std::size_t begin = in_.offset();
  std::uint32_t seen = 0;
  for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
    const std::uint16_t id = in_.u16_le();
    std::size_t at = 0;
    while (at < algorithm_count_ && algorithms_[at].id != id) {
      ++at;
    }
    if (at == algorithm_count_ || (seen >> at & 1U) != 0) {
      in_.fail(ErrorCode::kMalformed);
      return;
    }
    seen |= 1U << at;
    if (algorithms_[at].bank < kBankCount) {
      event.digest_at[algorithms_[at].bank] = static_cast<std::uint16_t>(in_.offset() - begin);
    }
    in_.bytes(algorithms_[at].size);
  }
  if (in_.ok()) {
    event.digests = bytes_.subspan(begin, in_.offset() - begin);
    event.digest_count = static_cast<std::uint16_t>(count);
  }
}

BootEvent& BootLogParser::next_event() {
  BootEvent& event = log_.events.emplace_back();
  event.number = static_cast<std::uint32_t>(log_.events.size() - 1);
  return event;
}

// Whether the event, the last one, stays in the log.
bool BootLogParser::accept(const BootEvent& event) {
  if (in_.ok() && event.is_measured() && event.pcr >= limits::kPcrCount) {
    in_.fail(ErrorCode::kMalformed);
  }
  if (in_.ok() && log_.events.size() > limits::kLogEventsMax) {
    in_.fail(ErrorCode::kTooLarge);
  }
  if (!in_.ok()) {
    log_.events.pop_back();
    return false;
  }
  if (event.is_measured()) {
    note_measured(event);
  } else {
    note_no_action(event);
  }
  return true;
}

void BootLogParser::note_no_action(const BootEvent& event) {
  if (event.pcr != 0 && event.pcr != kNoPcr) {
    remark(LogRemarkCode::kNoActionPcrNotZero, event.number);
  }
  bool zero = event.format == BootLogFormat::kCryptoAgile || all_zero(event.digests);
  ByteReader digests(event.format == BootLogFormat::kCryptoAgile ? event.digests : ByteView{});
  while (digests.remaining() != 0) {
    const std::uint16_t id = digests.u16_le();
    const auto* const known =
        std::find_if(algorithms_.cbegin(), algorithms_.cbegin() + algorithm_count_,
                     [id](const AlgorithmSize& algorithm) { return algorithm.id == id; });
    zero = all_zero(digests.bytes(known->size)) && zero;
  }
  if (!zero) {
    remark(LogRemarkCode::kNoActionDigestNotZero, event.number);
  }
  if (begins_with(event.data, kSpecIdPrefix)) {
    if (spec_id_seen_ || (event.number != 0 && begins_with(event.data, kSpecId03))) {
      remark(LogRemarkCode::kSpecIdRepeated, event.number);
    }
    spec_id_seen_ = true;
  } else if (begins_with(event.data, kStartupLocality)) {
    note_locality(event);
  }
}

// TCG_EfiStartupLocalityEvent (10.4.5.3): StartupLocality is 0, 3 or 4.
void BootLogParser::note_locality(const BootEvent& event) {
  ByteReader data(event.data);
  data.bytes(kStartupLocality.size());      // signature
  const std::uint8_t locality = data.u8();  // startupLocality
  const bool well_formed = data.ok() && data.remaining() == 0;
  const bool allowed = locality == 0 || locality == 3 || locality == 4;
  if (!well_formed || !allowed || locality_seen_ || pcr0_extended_) {
    remark(LogRemarkCode::kLocalityInvalid, event.number);
    return;
  }
  locality_seen_ = true;
  log_.startup_locality = locality;
}

void BootLogParser::note_measured(const BootEvent& event) {
  if (event.format == BootLogFormat::kCryptoAgile && event.digest_count != algorithm_count_) {
    remark(LogRemarkCode::kDigestMissing, event.number);
  }
  if (event.type == event_type::kEfiHcrtmEvent && event.pcr == 0) {
    // H-CRTM starts the TPM from locality 4, before anything else can be measured.
    if (pcr0_extended_ || (locality_seen_ && log_.startup_locality != 4)) {
      remark(LogRemarkCode::kLocalityInvalid, event.number);
    } else {
      log_.startup_locality = 4;
    }
  }
  pcr0_extended_ = pcr0_extended_ || event.pcr == 0;
}

}  // namespace

BootLogReading read_boot_log(ByteView bytes) {
  return BootLogParser(bytes).parse();
}

}  // namespace quotemill
