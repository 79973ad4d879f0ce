#include "engine/identity/host_record.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(HostRecord, OnlyActiveHostsAndThoseInMaintenanceMayAttest) {
  HostRecord record;
  for (const auto& [life_cycle, may] : {std::pair{LifeCycle::kPending, false},
                                        {LifeCycle::kActive, true},
                                        {LifeCycle::kMaintenance, true},
                                        {LifeCycle::kRetired, false},
                                        {LifeCycle::kDenied, false}}) {
    record.life_cycle = life_cycle;
    EXPECT_EQ(record.may_attest(), may) << name_of(life_cycle);
  }
}

TEST(HostRecord, LifeCyclesHaveNames) {
  EXPECT_EQ(name_of(LifeCycle::kPending), "pending");
  EXPECT_EQ(name_of(LifeCycle::kActive), "active");
  EXPECT_EQ(name_of(LifeCycle::kMaintenance), "maintenance");
  EXPECT_EQ(name_of(LifeCycle::kRetired), "retired");
  EXPECT_EQ(name_of(LifeCycle::kDenied), "denied");
}

TEST(HostRecord, IsImportedByItsBeginningOnly) {
  HostRecord record;
  for (const char* proven :
       {"", "ek_list", "operator:imported:ana", "token:imported", "imported"}) {
    record.admitted_by = proven;
    EXPECT_FALSE(record.is_imported()) << proven;
  }
  for (const char* imported : {"imported:ana", "imported:"}) {
    record.admitted_by = imported;
    EXPECT_TRUE(record.is_imported()) << imported;
  }
}

}  // namespace
}  // namespace quotemill
