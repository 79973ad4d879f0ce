// KeepingRegistrar: keeps acts in a store, on the caller's thread; nothing else of an update.
#pragma once

#include <atomic>
#include <utility>

#include "engine/pipeline/registrar.h"
#include "storage/memory_store.h"

namespace quotemill::testing {

class KeepingRegistrar final : public Registrar {
 public:
  // Borrowed.
  explicit KeepingRegistrar(storage::MemoryStore& store) : store_(store) {}

  Result<std::shared_ptr<const HostRecord>> change(IdentityDecision decide) override {
    if (failures_to_come > 0) {
      --failures_to_come;
      return Error{ErrorCode::kBusy, "a test wants it to fail"};
    }
    const Result<IdentityUpdate> update = decide({hosts_, tokens_, {}});
    if (!update) {
      return update.error();
    }
    CommitBatch batch;
    batch.audit = {next_record(*store_.audit_head(), *update->audit, {})};
    if (const Result<void> kept = store_.commit(batch); !kept) {
      return kept.error();
    }
    return std::shared_ptr<const HostRecord>();
  }

  std::atomic<int> failures_to_come{0};

 private:
  storage::MemoryStore& store_;
  const HostTable hosts_;
  const std::unordered_map<std::string, TokenRecord> tokens_;
};

}  // namespace quotemill::testing
