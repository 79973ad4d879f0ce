#include "transport/control/control_error.h"

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

TEST(ControlErrors, TellsAnErrorAsItTellsItself) {
  const ControlError error = control_error({ErrorCode::kStorage, "store", 0, "disk full"}, "wait");
  EXPECT_EQ(error.code, ErrorCode::kStorage);
  EXPECT_EQ(error.message, "store: disk full");
  EXPECT_EQ(error.hint, "wait");
  EXPECT_EQ(control_error({ErrorCode::kBusy, "queue"}).message, "queue: busy");
  EXPECT_EQ(control_error({ErrorCode::kBusy, "queue"}).hint, "");
}

TEST(ControlErrors, TellsMistakesInOnePrintableLine) {
  const ControlError error =
      control_error_of_detail({ErrorCode::kConfig, "config", 0, "a.toml:1: x\na.toml:2: \x1b\n"});
  EXPECT_EQ(error.code, ErrorCode::kConfig);
  EXPECT_EQ(error.message, "a.toml:1: x; a.toml:2: \\x1b; ");
  EXPECT_EQ(control_error_of_detail({ErrorCode::kBusy, "queue"}).message, "queue: busy");
}

}  // namespace
}  // namespace quotemill::transport
