#include "storage/key_order.h"

#include <gtest/gtest.h>

#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using Places = std::vector<std::size_t>;

// Of two rows of one key in a batch the later one counts.
TEST(KeyOrder, LeavesRowsOfOneKeyInTheirOrder) {
  std::vector<HostUid> hosts;
  for (const unsigned number : {9U, 3U, 9U, 3U, 9U}) {
    HostUid& host = hosts.emplace_back();
    host.bytes[0] = static_cast<std::uint8_t>(number);
  }
  const auto id_of = [](const HostUid& host) { return host.view(); };
  EXPECT_EQ(in_key_order(hosts, id_of), (Places{1, 3, 0, 2, 4}));
  EXPECT_EQ(in_key_order(std::vector<HostUid>(), id_of), Places());
}

TEST(KeyOrder, IsThatOfTheBytes) {
  std::vector<HostUid> hosts(3);
  hosts[0].bytes = {1, 0, 0, 0, 0, 0, 0, 2};
  hosts[1].bytes = {0xFF};
  hosts[2].bytes = {1, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(in_key_order(hosts, [](const HostUid& host) { return host.view(); }),
            (Places{2, 0, 1}));
}

}  // namespace
}  // namespace quotemill::storage
