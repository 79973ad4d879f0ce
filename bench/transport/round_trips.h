// What a message from a host and the answer to it cost on the way, ROUTER and CURVE alone, without
// an engine behind them.
#pragma once

namespace quotemill::bench {

// transport/round_trip/<size>: a message of this size to the server, a receipt's size back. The
// counter server_cpu is the CPU time that the server's threads spend on one, in seconds.
//
// transport/round_trip/16_hosts: the first, but sixteen of these in one message, and one answer to
// all; an item is one of the sixteen.
void register_round_trips();

}  // namespace quotemill::bench
