// The sentences of LogDiff.
#include <algorithm>
#include <set>

#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/decode/signature_list.h"
#include "engine/eventlog/diff/log_diff.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

std::string number_of(const BootEvent& event) {
  return "event " + std::to_string(event.number);
}

std::string place_of(const LogDifference& difference) {
  const BootEvent& event = difference.after != nullptr ? *difference.after : *difference.before;
  const std::string pcr =
      event.is_measured() ? "PCR " + std::to_string(event.pcr) : std::string("not measured");
  const bool moved = difference.after != nullptr && difference.before != nullptr &&
                     difference.after->number != difference.before->number;
  return pcr + ", " + number_of(event) +
         (moved ? " (was " + std::to_string(difference.before->number) + ")" : "") + ": ";
}

std::string kind_of(const BootEvent& event) {
  const std::string words = describe(event);
  return event_type_name(event.type) + (words.empty() ? "" : " (" + words + ")");
}

std::string digest_of(const BootEvent& event, std::optional<HashAlgorithm> bank) {
  const ByteView digest = bank ? event.digest(*bank) : ByteView{};
  return digest.empty() ? "no digest" : std::string(name_of(*bank)) + ":" + to_hex(digest);
}

std::multiset<std::string_view> entries_of(const std::vector<SignatureEntry>& entries) {
  std::multiset<std::string_view> keys;
  for (const SignatureEntry& entry : entries) {
    keys.insert(as_text(entry.data));
  }
  return keys;
}

std::size_t count_missing(const std::multiset<std::string_view>& from,
                          const std::multiset<std::string_view>& in) {
  return static_cast<std::size_t>(std::count_if(
      from.begin(), from.end(), [&in](std::string_view key) { return !in.contains(key); }));
}

// ", 3 entries added, 1 removed"; empty if the values are no lists.
std::string list_changes(ByteView before, ByteView after) {
  const auto old_entries = decode_signature_lists(before);
  const auto new_entries = decode_signature_lists(after);
  if (!old_entries || !new_entries) {
    return {};
  }
  const auto old_keys = entries_of(*old_entries);
  const auto new_keys = entries_of(*new_entries);
  return ", " + std::to_string(count_missing(new_keys, old_keys)) + " entries added, " +
         std::to_string(count_missing(old_keys, new_keys)) + " removed";
}

// What two values of the same variable differ in: ", 1 became 0"; empty if there are no words for
// it.
std::string value_changes(const BootEvent& before, const BootEvent& after) {
  const bool variables = before.type == event_type::kEfiVariableDriverConfig &&
                         after.type == event_type::kEfiVariableDriverConfig;
  const Result<EfiVariable> old_value = decode_efi_variable(before.data);
  const Result<EfiVariable> new_value = decode_efi_variable(after.data);
  if (!variables || !old_value || !new_value || old_value->name != new_value->name) {
    return {};
  }
  if (old_value->value.size() == 1 && new_value->value.size() == 1) {
    return ", " + std::to_string(old_value->value[0]) + " became " +
           std::to_string(new_value->value[0]);
  }
  return list_changes(old_value->value, new_value->value);
}

std::string change_words(const BootEvent& before, const BootEvent& after,
                         std::optional<HashAlgorithm> bank) {
  const std::string old_kind = kind_of(before);
  const std::string new_kind = kind_of(after);
  const std::string kinds = old_kind == new_kind ? new_kind : old_kind + " became " + new_kind;
  return kinds + value_changes(before, after) + ": digest " + digest_of(before, bank) + " became " +
         digest_of(after, bank);
}

}  // namespace

std::string words_of(const LogDifference& difference, std::optional<HashAlgorithm> bank) {
  const std::string place = place_of(difference);
  switch (difference.change) {
    case LogChange::kRemoved:
      return place + kind_of(*difference.before) + " with digest " +
             digest_of(*difference.before, bank) + " is only in the first log";
    case LogChange::kAdded:
      return place + kind_of(*difference.after) + " with digest " +
             digest_of(*difference.after, bank) + " is only in the second log";
    case LogChange::kChanged:
      return place + change_words(*difference.before, *difference.after, bank);
    case LogChange::kMoved:
      return place + kind_of(*difference.after) + " was measured at another place in its PCR";
    case LogChange::kRelabelled:
      return place + "the same digest is shown as " + kind_of(*difference.after) + ", it was " +
             kind_of(*difference.before);
  }
  return place;
}

}  // namespace quotemill
