// Ownership over tpm2-tss: the ESAPI context, what it allocates, transient handles and sessions.
//
// Private to transport/agent: the only header that names tss2 types.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <tss2/tss2_esys.h>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill::agent {

// The Error of a failed call. `context` is the command's name ("TPM2_Quote").
Error tpm_error(TSS2_RC code, const char* context);

// RETRY, TESTING, YIELDED: the TPM asks to be asked again.
bool wants_retry(TSS2_RC code);

// The code as the TPM gave it, without the layer and, for format-one codes, the number of the
// handle, session or parameter.
TSS2_RC base_code(TSS2_RC code);

// An output parameter that ESAPI allocates; freed when it goes.
template <class T>
class EsysOut {
 public:
  EsysOut() = default;
  EsysOut(const EsysOut&) = delete;
  EsysOut& operator=(const EsysOut&) = delete;

  ~EsysOut() { Esys_Free(value_); }

  // Where ESAPI writes; what was there before is freed.
  T** out() {
    Esys_Free(value_);
    value_ = nullptr;
    return &value_;
  }

  const T& operator*() const { return *value_; }

  const T* operator->() const { return value_; }

 private:
  T* value_ = nullptr;
};

// The connection: a TCTI and the ESAPI context over it.
class EsysSession {
 public:
  static Result<std::shared_ptr<EsysSession>> open(const std::string& tcti);

  EsysSession(const EsysSession&) = delete;
  EsysSession& operator=(const EsysSession&) = delete;
  ~EsysSession();

  [[nodiscard]] ESYS_CONTEXT* context() const { return esys_; }

  // Runs `call` (→ TSS2_RC) until the TPM does not ask to be asked again, for about two seconds.
  // ESAPI itself repeats five times without waiting, which a self-test outlasts.
  template <class Call>
  Result<void> run(const char* name, Call call) {
    TSS2_RC code = call();
    for (int wait_ms = 10; wants_retry(code) && wait_ms <= 1280; wait_ms *= 2) {
      std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
      code = call();
    }
    if (code != TSS2_RC_SUCCESS) {
      return tpm_error(code, name);
    }
    return {};
  }

  // One fixed TPM property (TPM2_PT_…), or `otherwise` if the TPM does not tell.
  std::uint32_t property(std::uint32_t name, std::uint32_t otherwise);

  // Whether a persistent object or NV index is defined. Asked before it is used, because ESAPI
  // writes an error to the standard error stream for one that is not.
  Result<bool> has_handle(std::uint32_t handle);

  // Flushes every transient object and loaded session that the TPM shows.
  void flush_leftovers();

 private:
  EsysSession(TSS2_TCTI_CONTEXT* tcti, ESYS_CONTEXT* esys) : tcti_(tcti), esys_(esys) {}

  void flush_range(std::uint32_t first);

  TSS2_TCTI_CONTEXT* tcti_;
  ESYS_CONTEXT* esys_;
};

// A handle that is flushed when it goes: a transient object or a session. Borrows the session.
class FlushedHandle {
 public:
  explicit FlushedHandle(const EsysSession& session) : session_(&session) {}

  FlushedHandle(const FlushedHandle&) = delete;
  FlushedHandle& operator=(const FlushedHandle&) = delete;

  ~FlushedHandle() {
    if (handle_ != ESYS_TR_NONE) {
      Esys_FlushContext(session_->context(), handle_);
    }
  }

  ESYS_TR* out() { return &handle_; }

  [[nodiscard]] ESYS_TR get() const { return handle_; }

  // The handle, no longer ours to flush.
  ESYS_TR release() { return std::exchange(handle_, ESYS_TR_NONE); }

 private:
  const EsysSession* session_;
  ESYS_TR handle_ = ESYS_TR_NONE;
};

// A handle of something that stays in the TPM (NV index, persistent key): forgotten, not flushed.
class ClosedHandle {
 public:
  explicit ClosedHandle(const EsysSession& session) : session_(&session) {}

  ClosedHandle(const ClosedHandle&) = delete;
  ClosedHandle& operator=(const ClosedHandle&) = delete;

  ~ClosedHandle() {
    if (handle_ != ESYS_TR_NONE) {
      Esys_TR_Close(session_->context(), &handle_);
    }
  }

  ESYS_TR* out() { return &handle_; }

  [[nodiscard]] ESYS_TR get() const { return handle_; }

  ESYS_TR release() { return std::exchange(handle_, ESYS_TR_NONE); }

 private:
  const EsysSession* session_;
  ESYS_TR handle_ = ESYS_TR_NONE;
};

// A policy session that satisfies PolicyA of the EK Credential Profile: PolicySecret with the
// endorsement hierarchy's (empty) authorisation. For one use.
Result<void> start_ek_policy(EsysSession& session, FlushedHandle& policy);

}  // namespace quotemill::agent
