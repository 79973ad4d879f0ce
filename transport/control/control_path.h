// Where the operator's socket lies, and who may use it: whoever may enter its folder.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace quotemill::transport {

// Makes the socket's folder with mode 0750 if it is not there. kDenied, with the remedy, if it
// belongs to another user or others may enter it: they could take the socket's place
// (CVE-2022-23950). kConfig if the path is longer than a socket's may be. kConflict if somebody
// listens there already: libzmq would silently take its place.
Result<void> prepare_control_socket(const std::string& socket_path);

// The socket's own mode: its owner and group alone.
Result<void> restrict_control_socket(const std::string& socket_path);

// Whether somebody listens there, at once, where libzmq would try for ever: kNotFound, kDenied, or
// kIo if the daemon that made the socket is gone.
Result<void> probe_control_socket(const std::string& socket_path);

// "ipc://<path>".
std::string control_endpoint(const std::string& socket_path);

}  // namespace quotemill::transport
