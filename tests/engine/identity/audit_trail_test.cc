#include "engine/identity/audit_trail.h"

#include <functional>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

std::vector<AuditRecord> trail(int acts) {
  std::vector<AuditRecord> out;
  AuditHead head;
  for (int i = 0; i < acts; ++i) {
    out.push_back(next_record(head, {"alice", "retire", "host " + std::to_string(i)}, {100 + i}));
    head = {out.back().number, out.back().id};
  }
  return out;
}

bool is_whole(const std::vector<AuditRecord>& records) {
  AuditHead head;
  for (const AuditRecord& record : records) {
    if (!follows(head, record)) {
      return false;
    }
    head = {record.number, record.id};
  }
  return true;
}

TEST(AuditTrail, IsWholeAsItWasMade) {
  EXPECT_TRUE(is_whole(trail(20)));
}

TEST(AuditTrail, IsBrokenByWhateverIsChanged) {
  const std::vector<std::function<void(AuditRecord&)>> changes = {
      [](AuditRecord& r) { r.act.who = "mallory"; },
      [](AuditRecord& r) { r.act.verb = "restore"; },
      [](AuditRecord& r) { r.act.subject += "x"; },
      [](AuditRecord& r) { ++r.time.ms; },
      [](AuditRecord& r) { ++r.number; },
      [](AuditRecord& r) { r.id.writable()[5] ^= 1; },
      // The same letters, parted elsewhere.
      [](AuditRecord& r) {
        r.act = {r.act.who + r.act.verb, "", r.act.subject};
      },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    std::vector<AuditRecord> records = trail(9);
    changes[i](records[4]);
    EXPECT_FALSE(is_whole(records)) << i;
  }
}

TEST(AuditTrail, IsBrokenByWhatIsTakenOutOrPutIn) {
  std::vector<AuditRecord> records = trail(9);
  records.erase(records.begin() + 3);
  EXPECT_FALSE(is_whole(records));
  records = trail(9);
  records.insert(records.begin() + 3, records[3]);
  EXPECT_FALSE(is_whole(records));
  records = trail(9);
  std::swap(records[2], records[3]);
  EXPECT_FALSE(is_whole(records));
}

}  // namespace
}  // namespace quotemill
