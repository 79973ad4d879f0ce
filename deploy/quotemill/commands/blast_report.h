// What a change of policies or baselines would do to the hosts, for people.
#pragma once

#include <string>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

// Prints a `blast` of the daemon's: how many hosts get worse or better, grouped by cause.
void print_blast(const Session& session, const Json& blast);

// Asks for what may hit many hosts, or what it would come to. Where the daemon counts these first,
// that is followed with a bar, and then it is asked again: whoever leaves meanwhile (Ctrl-C) has
// changed nothing. `extra_ms`: how long each answer may take by its nature. Null after an error,
// which is printed.
std::optional<Json> ask_counted(Session& session, const std::string& verb, const Json& args,
                                int extra_ms = 0);

// Makes a change that may hit many hosts: adds who asks and whether it is confirmed, shows people
// whom it hits before anything is changed (with --dry-run: instead), and asks for it. Null after an
// error, which is printed.
std::optional<Json> change_with_blast(Session& session, const std::string& verb, Json args,
                                      int extra_ms = 0);

}  // namespace quotemill::cli
