#include "engine/baseline/baseline_diff.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

std::string digest_text(const Digest& digest) {
  return std::string(name_of(digest.algorithm())) + ":" + digest.hex();
}

using Thing = std::tuple<std::uint32_t, ReferenceKind, std::string, HashAlgorithm>;

Thing thing_of(const ReferenceValue& value) {
  return {value.pcr.value_or(limits::kPcrCount), value.kind, value.name, value.digest.algorithm()};
}

bool is_same(const ReferenceValue& left, const ReferenceValue& right) {
  return left.digest == right.digest && left.kind == right.kind && left.pcr == right.pcr;
}

class Differ {
 public:
  BaselineDiff run(const std::vector<ReferenceValue>& from, const std::vector<ReferenceValue>& to) {
    split(from, to);
    std::multimap<Thing, const ReferenceValue*> added;
    for (const ReferenceValue* value : added_) {
      added.emplace(thing_of(*value), value);
    }
    for (const ReferenceValue* value : removed_) {
      const auto found = value->name.empty() ? added.end() : added.find(thing_of(*value));
      if (found == added.end()) {
        note(BaselineEdit::kRemoved, "gone: " + with_digest(*value));
      } else {
        note(BaselineEdit::kReplaced, replaced(*value, *found->second));
        added.erase(found);
      }
    }
    for (const auto& [thing, value] : added) {
      note(BaselineEdit::kAdded, "new: " + with_digest(*value));
    }
    return std::move(diff_);
  }

 private:
  // Both are sorted: one pass.
  void split(const std::vector<ReferenceValue>& from, const std::vector<ReferenceValue>& to) {
    auto left = from.begin();
    auto right = to.begin();
    while (left != from.end() || right != to.end()) {
      if (left != from.end() && right != to.end() && is_same(*left, *right)) {
        compare(*left++, *right++);
      } else if (right == to.end() || (left != from.end() && in_value_order(*left, *right))) {
        removed_.push_back(&*left++);
      } else {
        added_.push_back(&*right++);
      }
    }
  }

  void compare(const ReferenceValue& left, const ReferenceValue& right) {
    ++diff_.same;
    if (left == right) {
      return;
    }
    std::string changed;
    const auto look = [&changed](const char* field, bool is_equal) {
      if (!is_equal) {
        changed += (changed.empty() ? "" : ", ") + std::string(field);
      }
    };
    look("name", left.name == right.name);
    look("version", left.version == right.version);
    look("vendor", left.vendor == right.vendor);
    look("source", left.source == right.source);
    look("validity", left.valid_from == right.valid_from && left.valid_until == right.valid_until);
    note(BaselineEdit::kTold, "the same digest, told otherwise (" + changed +
                                  "): " + describe(left) + " is now " + describe(right));
  }

  static std::string with_digest(const ReferenceValue& value) {
    return value.name.empty() ? describe(value)
                              : describe(value) + ", " + digest_text(value.digest);
  }

  static std::string replaced(const ReferenceValue& left, const ReferenceValue& right) {
    const std::string versions =
        left.version == right.version ? std::string() : " (now " + describe(right) + ")";
    return "replaced: " + describe(left) + versions + ", " + digest_text(left.digest) + " by " +
           digest_text(right.digest);
  }

  void note(BaselineEdit edit, std::string what) {
    if (++diff_.found <= limits::kBaselineDiffLinesMax) {
      diff_.differences.push_back({edit, std::move(what)});
    }
  }

  BaselineDiff diff_;
  std::vector<const ReferenceValue*> removed_;
  std::vector<const ReferenceValue*> added_;
};

}  // namespace

BaselineDiff diff(const Baseline& from, const Baseline& to) {
  return Differ().run(values_of(from), values_of(to));
}

}  // namespace quotemill
