// What an administrator reads of a TPM that could not be enrolled: why it is so, what to do, and
// what vSphere Client says of such a host. It has no state and no findings yet: all that is known
// is the error that it was refused by (identity/enrolment.h, identity/admission.h).
#pragma once

#include <span>
#include <string_view>

#include "engine/base/result.h"

namespace quotemill {

struct EnrolmentMessage {
  std::string_view key;  // "ek.chain_untrusted": stable
  ErrorCode code = ErrorCode::kDenied;
  std::string_view context;  // of the error; with '*' behind it: of all that begin so
  std::string_view cause;
  std::string_view remedy;
  std::string_view vsphere;  // empty: no word of vSphere's is known
};

std::span<const EnrolmentMessage> enrolment_messages();

// nullptr if the refusal says nothing about TPM or identity (busy, an internal error, …).
const EnrolmentMessage* enrolment_message_of(const Error& refusal);

}  // namespace quotemill
