// SoftwareMemoPool: memos of the software of ESXi hosts for threads that come and go: each has one
// of its own while it judges a host, and leaves what it learnt to whoever comes next. As many as
// judged at once. Shared: any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/esxi/image/software_memo.h"

namespace quotemill {

class SoftwareMemoPool {
 public:
  class Lease {
   public:
    Lease(SoftwareMemoPool& pool, std::unique_ptr<SoftwareMemo> memo)
        : pool_(pool), memo_(std::move(memo)) {}

    ~Lease() { pool_.give_back(std::move(memo_)); }

    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] SoftwareMemo* get() const { return memo_.get(); }

   private:
    SoftwareMemoPool& pool_;
    std::unique_ptr<SoftwareMemo> memo_;
  };

  // Not to be kept for longer than the pool.
  Lease take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      return {*this, std::make_unique<SoftwareMemo>()};
    }
    std::unique_ptr<SoftwareMemo> memo = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(memo)};
  }

  // Of all memos that nobody has at the moment.
  [[nodiscard]] SoftwareMemo::Counters counters() const {
    const std::lock_guard lock(mutex_);
    SoftwareMemo::Counters sum;
    for (const auto& memo : free_) {
      sum.found += memo->counters().found;
      sum.inferred += memo->counters().inferred;
    }
    return sum;
  }

 private:
  void give_back(std::unique_ptr<SoftwareMemo> memo) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(memo));
  }

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<SoftwareMemo>> free_;
};

}  // namespace quotemill
