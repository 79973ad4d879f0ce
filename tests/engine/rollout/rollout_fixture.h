// Hosts and requests for the tests of rollouts.
#pragma once

#include <vector>

#include "engine/rollout/rollout.h"

namespace quotemill::testing {

inline HostUid host_uid(unsigned number) {
  HostUid uid;
  uid.bytes[14] = static_cast<std::uint8_t>(number >> 8U);
  uid.bytes[15] = static_cast<std::uint8_t>(number);
  return uid;
}

inline std::vector<HostUid> host_uids(unsigned count) {
  std::vector<HostUid> uids;
  for (unsigned i = 0; i < count; ++i) {
    uids.push_back(host_uid(i));
  }
  return uids;
}

// Thirty hosts in three waves, for an hour from 1,000 on.
inline RolloutRequest sample_request() {
  RolloutRequest request;
  request.name = "image-2";
  request.from = {"golden", 1};
  request.to = {"next", 1};
  request.cohort = in_waves(host_uids(30), {5, 10});
  request.deadline = {3'601'000};
  request.by = "alice";
  return request;
}

}  // namespace quotemill::testing
