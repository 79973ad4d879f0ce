// The folder of transport/agent/agent_state.h.
#include <fcntl.h>
#include <utility>

#include <sys/file.h>
#include <sys/stat.h>

#include "transport/agent/agent_state.h"
#include "transport/agent/whole_file.h"
#include "transport/files/private_file.h"

namespace quotemill::agent {
namespace {

constexpr const char* kContext = "state folder";
constexpr const char* kSetting = "host.state_folder";  // of the agent's settings file
constexpr const char* kStateFile = "state";
constexpr const char* kCurveKeyFile = "curve_key";
constexpr std::size_t kFileSizeMax = 16 * 1024;  // blobs of an AK are 1 kB

}  // namespace

Result<StateFolder> StateFolder::open(const std::string& path) {
  if (const Result<void> prepared = transport::prepare_private_folder(path, kSetting); !prepared) {
    return prepared.error();
  }
  const std::string lock_path = path + "/lock";
  transport::Descriptor lock(
      ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (lock.get() < 0) {
    return file_error(kContext, lock_path);
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kBusy, kContext, 0,
                 path + " is in use by another agent; stop that one, or set another " + kSetting};
  }
  return StateFolder(path, std::move(lock));
}

Result<std::optional<AgentState>> StateFolder::load_state() {
  const Result<std::optional<Bytes>> contents =
      transport::read_private_file(file(kStateFile), kFileSizeMax);
  if (!contents) {
    return contents.error();
  }
  if (!contents->has_value()) {
    return std::optional<AgentState>();
  }
  Result<AgentState> state = decode_agent_state(**contents);
  if (!state) {
    Error error = state.error();
    error.detail = file(kStateFile) + " is damaged; remove it to enrol this host again";
    return error;
  }
  return std::optional<AgentState>(std::move(*state));
}

Result<void> StateFolder::save_state(const AgentState& state) {
  return transport::replace_private_file(file(kStateFile), encode_agent_state(state));
}

Result<std::optional<Bytes>> StateFolder::load_curve_key() {
  return transport::read_private_file(file(kCurveKeyFile), kFileSizeMax);
}

Result<void> StateFolder::save_curve_key(ByteView key_pair) {
  return transport::replace_private_file(file(kCurveKeyFile), key_pair);
}

}  // namespace quotemill::agent
