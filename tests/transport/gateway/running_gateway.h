// A gateway on a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "tests/transport/socket/loopback.h"
#include "transport/gateway/gateway.h"

namespace quotemill::testing {

// A gateway that runs until it goes.
class RunningGateway {
 public:
  explicit RunningGateway(const transport::GatewaySettings& settings) : context_(make_context()) {
    auto opened = transport::Gateway::open(*context_, settings);
    EXPECT_TRUE(opened) << opened.error().to_string();
    gateway_ = *std::move(opened);
    thread_ = std::thread([this] { gateway_->run(stop_fd_); });
  }

  RunningGateway(const RunningGateway&) = delete;
  RunningGateway& operator=(const RunningGateway&) = delete;

  ~RunningGateway() {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(stop_fd_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    thread_.join();
    gateway_.reset();
    ::close(stop_fd_);
  }

  [[nodiscard]] const std::string& endpoint() const { return gateway_->endpoint(); }

  [[nodiscard]] const transport::GatewayTally& tally() const { return gateway_->tally(); }

 private:
  int stop_fd_ = ::eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<transport::Context> context_;
  std::unique_ptr<transport::Gateway> gateway_;
  std::thread thread_;
};

}  // namespace quotemill::testing
