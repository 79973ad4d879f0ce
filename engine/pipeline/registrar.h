// Registrar: how enrolment and operators change who a host is.
//
// All that changes a host goes through the commit thread, one after another, so that a decision is
// made on what is true at that moment: two hosts that claim one name at once cannot both get it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/identity/host_record.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/ports/records.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

// What the decision of an identity change may look at. Borrowed, for the call only.
struct RegistryView {
  const HostTable& hosts;
  const std::unordered_map<std::string, TokenRecord>& tokens;  // by hexadecimal id
  Moment now;
};

// What an identity change writes. The record's host gets a fresh `unknown` state if `reset_state`.
struct IdentityUpdate {
  std::optional<HostRecord> record;
  bool reset_state = false;
  Findings reasons;  // why, for the change of trust
  // A host's state after something that no evidence says: of the sequence that it has, which is
  // why nothing in flight is lost by it.
  std::optional<HostState> state;
  std::vector<HostRecord> added;                        // new hosts, all `unknown`
  std::vector<HostRecord> records;                      // others; their states stay
  std::vector<EkCertificate> ek_certificates;           // that those records name, if they are new
  std::vector<TokenRecord> tokens;                      // created or spent
  std::vector<HostUid> removed;                         // pending hosts that expired
  std::shared_ptr<const Baseline> baseline;             // captured, imported, or as it is retired
  std::shared_ptr<const Baseline> replaced;             // the one that it stands in for, as retired
  std::shared_ptr<const Rollout> rollout;               // started, or as it goes on or ends
  std::shared_ptr<const ReferenceFile> reference_file;  // that it was imported from
  std::optional<PolicyChange> policies;                 // planned in this very decision
  std::optional<AuditAct> audit;  // whose deed it is; kept with it, if it is one
  bool is_act_alone = false;      // the act is kept though nothing else is written
};

using IdentityDecision = std::function<Result<IdentityUpdate>(const RegistryView&)>;

class Registrar {
 public:
  Registrar() = default;
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;
  virtual ~Registrar() = default;

  // Runs `decide` on the commit thread, where nothing else can change meanwhile, makes its update
  // durable, and returns the record as it now is (null if the update has none). `decide` must not
  // block. Any thread; blocks until durable. kBusy while shutting down.
  virtual Result<std::shared_ptr<const HostRecord>> change(IdentityDecision decide) = 0;
};

}  // namespace quotemill
