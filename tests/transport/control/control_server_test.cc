#include "transport/control/control_server.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/base/limits.h"
#include "tests/support/temp_folder.h"
#include "transport/control/control_client.h"
#include "transport/control/control_path.h"

namespace quotemill::transport {
namespace {

using namespace std::chrono_literals;
using quotemill::testing::TempFolder;
namespace fs = std::filesystem;

// "echo" gives its args back, "fail" and "throw" do, "wait" answers once `ready` is set.
class TestHandler final : public ControlHandler {
 public:
  ControlOutcome handle(const ControlRequest& request) override {
    if (request.verb == "echo") {
      return request.args;
    }
    if (request.verb == "throw") {
      throw std::runtime_error("thrown");
    }
    if (request.verb == "slow") {
      std::this_thread::sleep_for(300ms);
      return Json("slow");
    }
    if (request.verb == "wait") {
      ++asked;
      if (ready) {
        return Json("ready");
      }
      return request.is_final ? ControlOutcome(Json("nothing"))
                              : ControlWait{std::chrono::milliseconds(request.args.value("ms", 0))};
    }
    return ControlError{ErrorCode::kNotFound, "no verb " + request.verb, "see --help"};
  }

  std::atomic<bool> ready{false};
  std::atomic<int> asked{0};
};

// A socket at `path`, which nobody listens to.
int bound_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const int bound = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(bound, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address), 0);
  return bound;
}

class ControlServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    context_ = *Context::create();
    server_ = start();
    ASSERT_TRUE(server_);
  }

  std::unique_ptr<ControlServer> start() {
    Result<std::unique_ptr<ControlServer>> server =
        ControlServer::start(*context_, path(), handler_);
    EXPECT_TRUE(server) << server.error().to_string();
    return server ? *std::move(server) : nullptr;
  }

  [[nodiscard]] std::string path() const { return folder_ / "run/control.sock"; }

  Json ask(const std::string& verb, const Json& args = Json::object()) {
    ControlClient client(path(), 5'000);
    const ControlAnswer answer = client.call(verb, args);
    const auto* result = std::get_if<Json>(&answer);
    return result != nullptr ? *result : Json("error: " + std::get<ControlError>(answer).message);
  }

  TempFolder folder_;
  TestHandler handler_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlServerTest, AnswersRequests) {
  ControlClient client(path());
  for (int i = 0; i < 5; ++i) {
    const ControlAnswer answer = client.call("echo", {{"i", i}});
    ASSERT_TRUE(std::holds_alternative<Json>(answer)) << std::get<ControlError>(answer).message;
    EXPECT_EQ(std::get<Json>(answer)["i"], i);
  }
  const ControlAnswer refused = client.call("nonsense");
  EXPECT_EQ(std::get<ControlError>(refused).code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::get<ControlError>(refused).is_unreachable);
}

TEST_F(ControlServerTest, Cve2026_1709_IsForItsOwnerAndGroupAlone) {
  EXPECT_EQ(fs::status(fs::path(path()).parent_path()).permissions(),
            fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write |
                                                  fs::perms::group_read | fs::perms::group_write);
}

TEST_F(ControlServerTest, Cve2022_23950_RefusesAFolderThatOthersMayEnter) {
  const fs::path open = folder_ / "open";
  fs::create_directory(open);
  for (const unsigned mode : {0755U, 0770U, 0777U}) {
    fs::permissions(open, static_cast<fs::perms>(mode));
    const auto server = ControlServer::start(*context_, open / "control.sock", handler_);
    ASSERT_FALSE(server) << std::oct << mode;
    EXPECT_EQ(server.error().code, ErrorCode::kDenied);
  }
  const fs::path link = folder_ / "link";
  fs::create_directory_symlink(folder_ / "run", link);
  EXPECT_FALSE(ControlServer::start(*context_, link / "control.sock", handler_));
}

TEST_F(ControlServerTest, RefusesAPathThatIsNoSocketPath) {
  const std::string path = "/tmp/" + std::string(120, 'x') + "/s";
  EXPECT_EQ(ControlServer::start(*context_, path, handler_).error().code, ErrorCode::kConfig);
}

TEST_F(ControlServerTest, LeavesTheSocketOfADaemonThatLivesAlone) {
  const auto second = ControlServer::start(*context_, path(), handler_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  ControlClient client(path());
  EXPECT_TRUE(std::holds_alternative<Json>(client.call("echo")));
}

TEST_F(ControlServerTest, TakesThePlaceOfADeadDaemonsSocket) {
  fs::remove(path());  // of a server that goes on: ZeroMQ closes sockets when it likes
  close(bound_socket(path()));
  const auto server = start();
  ASSERT_TRUE(server);
  EXPECT_EQ(ask("echo", {{"a", 1}})["a"], 1);
}

TEST_F(ControlServerTest, TurnsExceptionsIntoErrors) {
  ControlClient client(path());
  const ControlAnswer answer = client.call("throw");
  EXPECT_EQ(std::get<ControlError>(answer).code, ErrorCode::kInternal);
  EXPECT_EQ(ask("echo", {{"a", 1}})["a"], 1);
}

TEST_F(ControlServerTest, WaitEndsWhenSomethingHappens) {
  auto waiting = std::async(std::launch::async, [&] { return ask("wait", {{"ms", 4'000}}); });
  std::this_thread::sleep_for(100ms);
  server_->notify();  // not what it waits for: asked again, and goes on waiting
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout);
  handler_.ready = true;
  server_->notify();
  EXPECT_EQ(waiting.get(), "ready");
  EXPECT_EQ(handler_.asked, 3);
}

TEST_F(ControlServerTest, WaitEndsWithItsTime) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask("wait", {{"ms", 200}}), "nothing");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, 190ms);
  EXPECT_LT(took, 3s);
}

TEST_F(ControlServerTest, WaitersDelayNobody) {
  std::vector<std::future<Json>> waiting;
  for (int i = 0; i < 10; ++i) {
    waiting.push_back(std::async(std::launch::async, [&] { return ask("wait", {{"ms", 3'000}}); }));
  }
  std::this_thread::sleep_for(100ms);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask("echo", {{"a", 1}})["a"], 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  handler_.ready = true;
  server_->notify();
  for (auto& one : waiting) {
    EXPECT_EQ(one.get(), "ready");
  }
}

TEST_F(ControlServerTest, SurvivesHostileBytes) {
  Result<Socket> socket = Socket::create(*context_, {.type = SocketType::kDealer});
  ASSERT_TRUE(socket);
  ASSERT_TRUE(socket->connect(control_endpoint(path())));
  for (const std::string& bytes :
       {std::string("\0\0\0", 3), std::string("{\"verb\""), std::string(60'000, '[')}) {
    EXPECT_EQ(socket->send(as_bytes(bytes)), SendOutcome::kSent);
    wait(*socket, -1, 3'000);
    const std::optional<Received> answer = socket->receive();
    ASSERT_TRUE(answer);
    const Result<ControlAnswer> decoded = decode_answer(answer->payload);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(std::get<ControlError>(*decoded).code, ErrorCode::kMalformed);
  }
  socket->send(Bytes(limits::kControlRequestSizeMax + 1));  // disconnected by libzmq
  EXPECT_EQ(ask("echo", {{"a", 1}})["a"], 1);
}

TEST_F(ControlServerTest, EndsWhileRequestsAreBeingHandled) {
  auto slow = std::async(std::launch::async, [&] {
    ControlClient client(path(), 1'000);
    return client.call("slow");
  });
  auto waiting = std::async(std::launch::async, [&] {
    ControlClient client(path(), 1'000);
    return client.call("wait", {{"ms", 10'000}});
  });
  std::this_thread::sleep_for(100ms);
  server_.reset();
  EXPECT_TRUE(std::get<ControlError>(waiting.get()).is_unreachable);
  slow.get();
}

TEST(ControlClient, SaysAtOnceThatNobodyIsThere) {
  const TempFolder folder;
  const std::string path = folder / "control.sock";
  ControlClient client(path);
  const auto begin = std::chrono::steady_clock::now();
  ControlAnswer answer = client.call("status");
  ASSERT_TRUE(std::holds_alternative<ControlError>(answer));
  EXPECT_TRUE(std::get<ControlError>(answer).is_unreachable);
  EXPECT_NE(std::get<ControlError>(answer).message.find("daemon unreachable at " + path),
            std::string::npos);
  EXPECT_NE(std::get<ControlError>(answer).hint.find("is quotemilld running?"), std::string::npos);
  EXPECT_NE(std::get<ControlError>(answer).hint.find("'systemctl status quotemilld'"),
            std::string::npos);

  // A socket whose daemon died.
  close(bound_socket(path));
  answer = client.call("status");
  EXPECT_TRUE(std::get<ControlError>(answer).is_unreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(ControlClient, GivesUpOnADaemonThatDoesNotAnswer) {
  const TempFolder folder;
  const std::string path = folder / "control.sock";
  const int mute = bound_socket(path);
  ASSERT_EQ(::listen(mute, 8), 0);
  ControlClient client(path, 200);
  const ControlAnswer answer = client.call("status");
  ASSERT_TRUE(std::holds_alternative<ControlError>(answer));
  EXPECT_TRUE(std::get<ControlError>(answer).is_unreachable);
  EXPECT_NE(std::get<ControlError>(answer).message.find("no answer within"), std::string::npos);
  close(mute);
}

}  // namespace
}  // namespace quotemill::transport
