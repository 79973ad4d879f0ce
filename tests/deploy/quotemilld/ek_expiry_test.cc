#include "deploy/quotemilld/ek_expiry.h"

#include <gtest/gtest.h>

#include "deploy/quotemilld/limits.h"
#include "tests/support/certificate_builder.h"

namespace quotemill::daemon {
namespace {

class EkExpiryTest : public ::testing::Test {
 protected:
  void add(std::uint16_t number, std::int64_t days, LifeCycle life_cycle = LifeCycle::kActive) {
    HostRecord record;
    record.uid.bytes = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)};
    record.curve_key = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)};
    record.name = "host-" + std::to_string(10'000 + number);
    record.ek_sha256 = record.name;
    record.life_cycle = life_cycle;
    if (days != 0) {
      record.ek_certificate = {{}, {testing::kTestTime.ms + days * testing::kDayMs}};
    }
    hosts_.put(std::make_shared<const HostRecord>(record));
  }

  [[nodiscard]] std::int64_t days() const {
    return (expiry_.soonest().value_or(testing::kTestTime).ms - testing::kTestTime.ms) /
           testing::kDayMs;
  }

  HostTable hosts_;
  EkExpiry expiry_;
};

TEST_F(EkExpiryTest, IsTheFirstOfThoseThatAttest) {
  expiry_.look(hosts_);
  EXPECT_FALSE(expiry_.soonest());
  add(1, 0);
  add(2, 300);
  add(3, 200);
  add(4, 100, LifeCycle::kRetired);
  expiry_.look(hosts_);
  EXPECT_EQ(days(), 200);
}

TEST_F(EkExpiryTest, IsFoundAPartOfTheFleetAtATimeAndForgottenWithItsHost) {
  for (std::uint16_t number = 0; number < limits::kExpiryHostsALook + 10; ++number) {
    add(number, 0);
  }
  add(limits::kExpiryHostsALook + 11, 50);
  expiry_.look(hosts_);
  EXPECT_FALSE(expiry_.soonest()) << "not yet there";
  expiry_.look(hosts_);
  EXPECT_EQ(days(), 50);
  add(limits::kExpiryHostsALook + 11, 50, LifeCycle::kRetired);
  expiry_.look(hosts_);
  EXPECT_EQ(days(), 50) << "as of the last time through all of them";
  expiry_.look(hosts_);
  EXPECT_FALSE(expiry_.soonest());
}

}  // namespace
}  // namespace quotemill::daemon
