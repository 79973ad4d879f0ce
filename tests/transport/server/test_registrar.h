// TestRegistrar: the commit thread's promise (one change after another) without a commit thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/registrar.h"

namespace quotemill::transport {

class TestRegistrar final : public Registrar {
 public:
  Result<std::shared_ptr<const HostRecord>> change(IdentityDecision decide) override {
    const std::lock_guard lock(mutex_);
    if (failure) {
      return *failure;
    }
    Result<IdentityUpdate> update = decide(RegistryView{hosts, tokens, now});
    if (!update) {
      return update.error();
    }
    for (const TokenRecord& token : update->tokens) {
      tokens[token.id.hex()] = token;
    }
    for (const HostUid& uid : update->removed) {
      hosts.remove(uid);
    }
    updates.push_back(*update);
    if (!update->record) {
      return std::shared_ptr<const HostRecord>();
    }
    std::shared_ptr<const HostRecord> record = std::make_shared<const HostRecord>(*update->record);
    hosts.put(record);
    return record;
  }

  HostTable hosts;
  std::unordered_map<std::string, TokenRecord> tokens;
  Moment now;
  std::optional<Error> failure;
  std::vector<IdentityUpdate> updates;  // in order

 private:
  std::mutex mutex_;
};

}  // namespace quotemill::transport
