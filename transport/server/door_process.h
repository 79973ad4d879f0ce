// The enrolment door: the process that unknown keys can reach.
//
// A child of the daemon with a memory limit of its own, because libzmq bounds neither the number
// nor the sum of the frames of a message: one peer's endless MORE frames took 1.6 GB in 5 s in
// spite of MAXMSGSIZE. Whatever happens in here, the daemon and its attestation endpoint go on.
//
// It ends CURVE (any client key is welcome, and is the user id), bounds messages per client and in
// total, checks envelope, kind and size, and passes what is left to the daemon. Over its bound of
// memory or connections it closes its socket with all that libzmq holds, and opens it again; honest
// clients reconnect by themselves.
#pragma once

namespace quotemill::transport {

// The descriptor that the daemon gives its door.
inline constexpr int kDoorFd = 3;

// Runs the door on the socketpair `fd` until the daemon is gone; the process's exit status. For
// `quotemilld --enrolment-door`, before anything else is opened or any thread is started.
int run_enrolment_door(int fd);

}  // namespace quotemill::transport
