#include "storage/ulid.h"

#include <gtest/gtest.h>

namespace quotemill::storage {
namespace {

TEST(Ulid, IsAsTheSpecificationHasIt) {
  // The example of github.com/ulid/spec: 01ARZ3NDEKTSV4RRFFQ69G5FAV.
  const Bytes random(10, 0x5A);
  EXPECT_EQ(make_ulid({1469922850259}, random).substr(0, 10), "01ARZ3NDEK");
  EXPECT_EQ(make_ulid({0}, Bytes(10)), "00000000000000000000000000");
  EXPECT_EQ(make_ulid({281'474'976'710'655}, Bytes(10, 0xFF)), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST(Ulid, SortsByTime) {
  EXPECT_LT(make_ulid({1}, Bytes(10, 0xFF)), make_ulid({2}, Bytes(10)));
}

}  // namespace
}  // namespace quotemill::storage
