// What an operator is told of an Error. Pure functions: any thread.
#pragma once

#include <string>

#include "transport/control/control_message.h"

namespace quotemill::transport {

// The error as it tells itself ("store: …"), and what to do about it.
ControlError control_error(const Error& error, std::string hint = {});

// Its detail without what was being done, for what names itself: mistakes in an operator's files,
// which are lines ("prod.toml:3:1: …"), where a message is one. Printable.
ControlError control_error_of_detail(const Error& error);

}  // namespace quotemill::transport
