// The program that the door's tests start: the door itself, or (--hold) a parent that opens one,
// says the door's process id, and waits to be killed.
#include <cstdio>
#include <string_view>
#include <unistd.h>

#include "transport/server/door_process.h"
#include "transport/server/enrolment_door.h"

namespace quotemill::transport {
namespace {

int hold() {
  const Result<CurveKeyPair> keys = generate_key_pair();
  const auto refuse = [](const CurveKey&, const MessageBody&) {
    return MessageBody(BusyMessage{1});
  };
  EnrolmentDoorConfig config;
  config.endpoint = "tcp://127.0.0.1:*";
  config.secret_key = keys->secret_key;
  const Result<std::unique_ptr<EnrolmentDoor>> door = EnrolmentDoor::open(config, refuse, {});
  if (!door) {
    return 1;
  }
  std::printf("%d\n", (*door)->pid());
  std::fflush(stdout);
  ::sleep(60);
  return 0;
}

}  // namespace
}  // namespace quotemill::transport

int main(int count, char** arguments) {
  const std::string_view option = count == 2 ? arguments[1] : "";
  if (option == "--enrolment-door") {
    return quotemill::transport::run_enrolment_door(quotemill::transport::kDoorFd);
  }
  return option == "--hold" ? quotemill::transport::hold() : 2;
}
