// SharedValues: values that are alike, kept once.
//
// What nobody holds any more goes when the number of values has doubled since the last look. Any
// thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace quotemill {

// `Hash` and `Alike` take values, and whatever else share() is called with. Alike is an
// equivalence, and alike values have one hash.
template <class Value, class Hash, class Alike>
class SharedValues {
 public:
  // One that is alike: that which is there already, or a copy.
  template <class Like>
  std::shared_ptr<const Value> share(const Like& like) {
    const std::lock_guard lock(mutex_);
    if (const auto found = values_.find(like); found != values_.end()) {
      return *found;
    }
    if (values_.size() >= look_at_) {
      std::erase_if(values_, [](const auto& value) { return value.use_count() == 1; });
      look_at_ = std::max(kLookAtLeast, 2 * values_.size());
    }
    return *values_.insert(std::make_shared<const Value>(like)).first;
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  static constexpr std::size_t kLookAtLeast = 1'024;

  using Held = std::shared_ptr<const Value>;

  template <class Like>
  static const Like& value_of(const Like& like) {
    return like;
  }

  static const Value& value_of(const Held& held) { return *held; }

  // Not noexcept, so that the set keeps hashes.
  struct HashOfHeld {
    using is_transparent = void;

    template <class Like>
    std::size_t operator()(const Like& like) const {
      return Hash{}(value_of(like));
    }
  };

  struct AlikeHeld {
    using is_transparent = void;

    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return Alike{}(value_of(left), value_of(right));
    }
  };

  mutable std::mutex mutex_;
  std::unordered_set<Held, HashOfHeld, AlikeHeld> values_;
  std::size_t look_at_ = kLookAtLeast;
};

}  // namespace quotemill
