// Bodies of control messages as Protocol Buffers messages, and back: field by field, all bounds
// checked on the way in. For control_codec.cc alone. Pure functions: any thread.
#pragma once

#include "control.pb.h"
#include "engine/base/result.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

pb::Challenge to_pb(const ChallengeMessage& message);
pb::Enrol to_pb(const EnrolMessage& message);
pb::Credential to_pb(const CredentialMessage& message);
pb::Proof to_pb(const ProofMessage& message);
pb::Enrolled to_pb(const EnrolledMessage& message);
pb::Hello to_pb(const HelloMessage& message);
pb::Need to_pb(const NeedMessage& message);
pb::Logs to_pb(const LogsMessage& message);
pb::Busy to_pb(const BusyMessage& message);
pb::Error to_pb(const ErrorMessage& message);

// kMalformed, kTooLarge, kUnsupported: with the field.
Result<ChallengeMessage> from_pb(const pb::Challenge& in);
Result<EnrolMessage> from_pb(const pb::Enrol& in);
Result<CredentialMessage> from_pb(const pb::Credential& in);
Result<ProofMessage> from_pb(const pb::Proof& in);
Result<EnrolledMessage> from_pb(const pb::Enrolled& in);
Result<HelloMessage> from_pb(const pb::Hello& in);
Result<NeedMessage> from_pb(const pb::Need& in);
Result<LogsMessage> from_pb(const pb::Logs& in);
Result<BusyMessage> from_pb(const pb::Busy& in);
Result<ErrorMessage> from_pb(const pb::Error& in);

}  // namespace quotemill::transport
