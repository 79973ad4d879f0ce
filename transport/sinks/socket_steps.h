// Steps of a client's non-blocking socket, each with a time limit. For connections of this folder.
#pragma once

#include <chrono>
#include <string>

#include "engine/base/result.h"
#include "transport/files/private_file.h"
#include "transport/sinks/connection.h"

namespace quotemill::transport {

// To the first address of the receiver that answers; kNotFound if none does. `type` is SOCK_STREAM
// or SOCK_DGRAM.
Result<Descriptor> connected_socket(const ReceiverAddress& address, int type);

// False if it takes too long. `events` are poll()'s.
bool wait_for(int socket, short events, std::chrono::milliseconds timeout);

// "HOST:PORT: what".
Error receiver_error(const ReceiverAddress& address, const std::string& what,
                     ErrorCode code = ErrorCode::kIo);

}  // namespace quotemill::transport
