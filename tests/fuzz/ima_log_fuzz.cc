// Whatever is read of a list stays within its bounds, and what is said of a file stands where every
// template has it; its whole replay is found again; and reading it in two pieces gives the same as
// reading it at once.
#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/eventlog/ima_log.h"
#include "tests/fuzz/fuzz_target.h"

namespace quotemill {
namespace {

constexpr std::array kBanks = {HashAlgorithm::kSha1, HashAlgorithm::kSha384};

// Whatever template is named: the file's digest is in the first value, its name is the second.
void check_places(const ImaEntry& entry, const ImaFields& fields) {
  ByteReader in(entry.template_data);
  const ByteView first = in.sized32_le(limits::kImaTemplateSizeMax);
  const ByteView second = in.sized32_le(limits::kImaTemplateSizeMax);
  require(fields.digest.size() <= first.size());
  require(equal(first.last(fields.digest.size()), fields.digest));
  require(fields.name.size() + 1 == second.size());
  require(as_text(second).starts_with(fields.name));
}

void check_entry(const ImaEntry& entry, std::size_t list_size) {
  require(entry.pcr < limits::kPcrCount);
  require(entry.template_name.size() <= limits::kImaNameSizeMax);
  require(!(entry.is_violation() && entry.data_holds()));
  if (const auto fields = fields_of(entry)) {
    require(fields->name.size() <= entry.template_data.size());
    require(fields->digest.size() <= entry.template_data.size());
    require(fields->signature.size() <= list_size);
    if (entry.template_name != "ima") {
      check_places(entry, *fields);
    }
  }
}

void add_all(ImaReader& reader, ImaProgress& progress) {
  while (const ImaEntry* entry = reader.next()) {
    progress.add(*entry);
  }
}

Bytes kept(const ImaProgress& progress) {
  ByteWriter out;
  progress.write(out);
  return out.take();
}

void check_pieces(ByteView list) {
  ImaReader whole(list);
  if (whole.is_ascii()) {
    return;
  }
  ImaProgress at_once(kBanks);
  add_all(whole, at_once);
  ImaProgress in_pieces(kBanks);
  ImaReader first(list.first(list.size() / 2), whole.template_hash_size());
  add_all(first, in_pieces);
  const Result<ImaProgress> restored = ImaProgress::read(kept(in_pieces));
  require(restored.has_value());
  in_pieces = *restored;
  ImaReader second(list.subspan(first.offset()), whole.template_hash_size());
  add_all(second, in_pieces);
  require(kept(at_once) == kept(in_pieces));
}

}  // namespace
}  // namespace quotemill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ImaLogReading reading = read_ima_log({data, size});
  const ImaLog& log = reading.log;
  require(log.entries.size() <= size);
  for (const ImaEntry& entry : log.entries) {
    check_entry(entry, size);
  }
  for (const HashAlgorithm bank : kBanks) {
    if (const auto value = replay_ima_log(log, bank)) {
      const auto match = match_ima_log(log, *value);
      require(match.has_value() && match->entries == log.entries.size());
    }
  }
  check_pieces({data, size});
  static_cast<void>(ImaProgress::read({data, size}));
  return 0;
}
