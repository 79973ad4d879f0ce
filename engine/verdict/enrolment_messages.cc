#include "engine/verdict/enrolment_messages.h"

#include <algorithm>
#include <array>

namespace quotemill {
namespace {

constexpr std::string_view kInternalFailure = "Internal failure";

constexpr std::array kMessages = {
    EnrolmentMessage{"ek.certificate_missing", ErrorCode::kDenied, "enrol.ek_certificate",
                     "The TPM has no EK certificate (some makers leave it out), and no list of EKs "
                     "names its key.",
                     "Compare the EK's SHA-256 with the machine's own, then put it into "
                     "'trust.ek_list' or the inventory.",
                     "No RSA Endorsement Key certificate found in TPM 2.0 device's non-volatile "
                     "memory."},
    EnrolmentMessage{"ek.certificate_key", ErrorCode::kMismatch, "enrol.ek_certificate",
                     "The EK certificate is of another key than the EK.",
                     "Look for a firmware update that mends the certificate; a TPM that shows "
                     "another one's is not to be trusted.",
                     "Endorsement key does not match EK certificate."},
    EnrolmentMessage{"ek.chain_untrusted",
                     ErrorCode::kDenied,
                     "EK certificate",
                     "The EK certificate does not end at a trusted root, or one of the chain is "
                     "not valid: the error names it.",
                     "If the maker is known, put its root and intermediate certificates into "
                     "'trust.roots'; if not, pin the EK in 'trust.ek_list' or replace the TPM.",
                     {}},
    EnrolmentMessage{"ak.attributes",
                     ErrorCode::kDenied,
                     "attestation key",
                     "The attestation key could sign what no TPM has measured.",
                     "Look at the agent: a released one makes no such key.",
                     {}},
    EnrolmentMessage{"ak.activation", ErrorCode::kDenied, "enrol.hmac",
                     "The TPM did not open what was encrypted for its EK and this attestation key: "
                     "they are not of one TPM.",
                     "Isolate the host: somebody shows another TPM's certificate.",
                     kInternalFailure},
    EnrolmentMessage{"ak.quote", ErrorCode::kMismatch, "enrol.quote.*",
                     "The first quote is not of the key that was to be enrolled.",
                     "Isolate the host, and look at its agent.", kInternalFailure},
    EnrolmentMessage{"ak.quote", ErrorCode::kDenied, "enrol.quote.*",
                     "The first quote is not of the key that was to be enrolled.",
                     "Isolate the host, and look at its agent.", kInternalFailure},
    EnrolmentMessage{"ek.changed", ErrorCode::kConflict, "admission.curve_key",
                     "Another TPM speaks with the channel key of an enrolled host: its board or "
                     "TPM was swapped, or its disk was cloned.",
                     "If it was swapped: 'quotemill retire' the host, remove the agent's state "
                     "folder, and let it enrol. If not, isolate the newcomer.",
                     "The new host TPM endorsement key doesn't match the one stored in the DB"},
    EnrolmentMessage{"ek.denied",
                     ErrorCode::kDenied,
                     "admission.denied",
                     "An operator denied this EK.",
                     "'quotemill restore', if that was a mistake.",
                     {}},
    EnrolmentMessage{"ek.retired",
                     ErrorCode::kDenied,
                     "admission.retired",
                     "The host of this EK was retired.",
                     "'quotemill restore', if it shall come back.",
                     {}},
};

bool is_of(const EnrolmentMessage& message, const Error& refusal) {
  const std::string_view context(refusal.context);
  const bool is_family = message.context.ends_with('*');
  return message.code == refusal.code &&
         (is_family ? context.starts_with(message.context.substr(0, message.context.size() - 1))
                    : context == message.context);
}

}  // namespace

std::span<const EnrolmentMessage> enrolment_messages() {
  return kMessages;
}

const EnrolmentMessage* enrolment_message_of(const Error& refusal) {
  const auto* const found =
      std::find_if(kMessages.begin(), kMessages.end(),
                   [&refusal](const EnrolmentMessage& each) { return is_of(each, refusal); });
  return found == kMessages.end() ? nullptr : found;
}

}  // namespace quotemill
