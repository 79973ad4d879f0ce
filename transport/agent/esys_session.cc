#include "transport/agent/esys_session.h"

#include <array>
#include <cstdio>
#include <string_view>

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

namespace quotemill::agent {
namespace {

// What an operator can do about the codes that are seen in the field.
std::string_view remedy_for(TSS2_RC code) {
  switch (base_code(code)) {
    case TPM2_RC_BAD_AUTH:
    case TPM2_RC_AUTH_FAIL:
      return "the endorsement hierarchy has a password; clear it (tpm2_changeauth -c endorsement)";
    case TPM2_RC_HIERARCHY:
      return "the endorsement hierarchy is disabled; enable it in the firmware's setup";
    case TPM2_RC_INITIALIZE:
      return "the TPM was not started (TPM2_Startup); firmware does it on a real machine";
    case TPM2_RC_OBJECT_MEMORY:
    case TPM2_RC_SESSION_MEMORY:
      return "other programs left objects in the TPM; use its resource manager "
             "(device:/dev/tpmrm0)";
    case TPM2_RC_LOCKOUT:
      return "the TPM is in dictionary attack lockout; wait, or tpm2_dictionarylockout "
             "--clear-lockout";
    default:
      return {};
  }
}

// Whether the code is the TPM's own, which a resource manager may pass on under its layer.
bool is_of_tpm(TSS2_RC code) {
  const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
  return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

ErrorCode error_code_of(TSS2_RC code) {
  if (!is_of_tpm(code)) {
    return (code & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER ? ErrorCode::kIo : ErrorCode::kTpm;
  }
  return wants_retry(code) ? ErrorCode::kBusy : ErrorCode::kTpm;
}

}  // namespace

TSS2_RC base_code(TSS2_RC code) {
  const TSS2_RC low = code & 0xFFFFU;
  // Part 2, 6.6.2: format one (bit 7) carries the error in bits 0-5, P in bit 6, the number in
  // 8-11.
  return (low & TPM2_RC_FMT1) != 0 ? low & 0x00BFU : low;
}

bool wants_retry(TSS2_RC code) {
  if (!is_of_tpm(code)) {
    return false;
  }
  const TSS2_RC base = base_code(code);
  return base == TPM2_RC_RETRY || base == TPM2_RC_TESTING || base == TPM2_RC_YIELDED;
}

Error tpm_error(TSS2_RC code, const char* context) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), " (0x%x)", code);
  std::string detail = Tss2_RC_Decode(code);
  detail += number.data();
  if (const std::string_view remedy = is_of_tpm(code) ? remedy_for(code) : ""; !remedy.empty()) {
    detail += ": ";
    detail += remedy;
  }
  return {error_code_of(code), context, 0, std::move(detail)};
}

Result<std::shared_ptr<EsysSession>> EsysSession::open(const std::string& tcti) {
  TSS2_TCTI_CONTEXT* tcti_context = nullptr;
  TSS2_RC code = Tss2_TctiLdr_Initialize(tcti.c_str(), &tcti_context);
  if (code != TSS2_RC_SUCCESS) {
    Error error = tpm_error(code, "TPM");
    return Error{ErrorCode::kIo, "TPM", 0,
                 "cannot open \"" + tcti + "\": " + error.detail +
                     "; is there a TPM, and may this user use it (group tss)?"};
  }
  ESYS_CONTEXT* esys = nullptr;
  code = Esys_Initialize(&esys, tcti_context, nullptr);
  if (code != TSS2_RC_SUCCESS) {
    Tss2_TctiLdr_Finalize(&tcti_context);
    return tpm_error(code, "TPM");
  }
  std::shared_ptr<EsysSession> session(new EsysSession(tcti_context, esys));
  if (tcti.starts_with("swtpm")) {
    session->flush_leftovers();
  }
  return session;
}

EsysSession::~EsysSession() {
  Esys_Finalize(&esys_);
  Tss2_TctiLdr_Finalize(&tcti_);
}

std::uint32_t EsysSession::property(std::uint32_t name, std::uint32_t otherwise) {
  TPMI_YES_NO more = TPM2_NO;
  EsysOut<TPMS_CAPABILITY_DATA> data;
  const Result<void> asked = run("TPM2_GetCapability", [&] {
    return Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                              TPM2_CAP_TPM_PROPERTIES, name, 1, &more, data.out());
  });
  if (!asked || data->data.tpmProperties.count == 0) {
    return otherwise;
  }
  const TPMS_TAGGED_PROPERTY& found = data->data.tpmProperties.tpmProperty[0];
  return found.property == name ? found.value : otherwise;
}

Result<bool> EsysSession::has_handle(std::uint32_t handle) {
  TPMI_YES_NO more = TPM2_NO;
  EsysOut<TPMS_CAPABILITY_DATA> data;
  const Result<void> asked = run("TPM2_GetCapability", [&] {
    return Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
                              handle, 1, &more, data.out());
  });
  if (!asked) {
    return asked.error();
  }
  const TPML_HANDLE& handles = data->data.handles;
  return handles.count != 0 && handles.handle[0] == handle;
}

void EsysSession::flush_leftovers() {
  flush_range(TPM2_TRANSIENT_FIRST);
  flush_range(TPM2_LOADED_SESSION_FIRST);
}

void EsysSession::flush_range(std::uint32_t first) {
  TPMI_YES_NO more = TPM2_NO;
  EsysOut<TPMS_CAPABILITY_DATA> data;
  const Result<void> asked = run("TPM2_GetCapability", [&] {
    return Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
                              first, TPM2_MAX_CAP_HANDLES, &more, data.out());
  });
  if (!asked) {
    return;
  }
  const TPML_HANDLE& handles = data->data.handles;
  for (std::uint32_t i = 0; i < handles.count; ++i) {
    ESYS_TR handle = ESYS_TR_NONE;
    if (Esys_TR_FromTPMPublic(esys_, handles.handle[i], ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                              &handle) == TSS2_RC_SUCCESS) {
      Esys_FlushContext(esys_, handle);
    }
  }
}

Result<void> start_ek_policy(EsysSession& session, FlushedHandle& policy) {
  TPMT_SYM_DEF symmetric{};
  symmetric.algorithm = TPM2_ALG_NULL;
  Result<void> started = session.run("TPM2_StartAuthSession", [&] {
    return Esys_StartAuthSession(session.context(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                 ESYS_TR_NONE, ESYS_TR_NONE, nullptr, TPM2_SE_POLICY, &symmetric,
                                 TPM2_ALG_SHA256, policy.out());
  });
  if (!started) {
    return started;
  }
  return session.run("TPM2_PolicySecret", [&] {
    return Esys_PolicySecret(session.context(), ESYS_TR_RH_ENDORSEMENT, policy.get(),
                             ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, nullptr, nullptr,
                             nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace quotemill::agent
