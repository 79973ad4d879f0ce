// What the agent must still know after a restart, and the folder that keeps it.
//
// The folder holds `state` (the AK and the enrolment), `curve_key` (the agent's CURVE key pair,
// bytes made elsewhere) and `lock`. All of it is ours alone: the folder 0700, files 0600. A folder
// or file that others may read or write is refused with kDenied and a remedy, never repaired
// silently: somebody may have read the key already.
//
// Files are replaced atomically (written beside, fsync, rename, fsync of the folder): after a crash
// there is the old one or the new one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"
#include "transport/agent/tpm_device.h"
#include "transport/files/private_file.h"

namespace quotemill::agent {

// Where the engine knows this AK as a host's.
struct Enrolment {
  HostUid host;
  std::uint32_t generation = 0;
  std::uint64_t receipt = 0;  // number of the last receipt

  friend bool operator==(const Enrolment&, const Enrolment&) = default;
};

struct AgentState {
  EkKind ek_kind = EkKind::kRsa2048;
  AkKind ak_kind = AkKind::kEcdsaP256;
  AkBlobs ak;
  std::optional<Enrolment> enrolment;  // none before the first ENROLLED
};

// The file's bytes, little-endian:
//   u8[8] "QMAGENT\0"  u16 version (1)  u8 ek kind  u8 ak kind
//   u16 size, TPM2B_PUBLIC   u16 size, TPM2B_PRIVATE
//   u8 enrolled; if 1: u8[16] host uid, u32 generation, u64 receipt
//   u8[32] SHA-256 of all before
Bytes encode_agent_state(const AgentState& state);
Result<AgentState> decode_agent_state(ByteView bytes);

// One agent's folder, locked while it is open. Move-only; one thread.
class StateFolder {
 public:
  // Makes the folder if it is not there. kBusy if another agent has it open.
  static Result<StateFolder> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }

  // nullopt before the first save. kMalformed if the file is damaged: the host must be enrolled
  // again.
  Result<std::optional<AgentState>> load_state();
  Result<void> save_state(const AgentState& state);

  // nullopt before the first save.
  Result<std::optional<Bytes>> load_curve_key();
  Result<void> save_curve_key(ByteView key_pair);

 private:
  StateFolder(std::string path, transport::Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }

  std::string path_;
  transport::Descriptor lock_;  // of the file `lock`
};

}  // namespace quotemill::agent
