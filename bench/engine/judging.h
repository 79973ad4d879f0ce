// What the engine makes of evidence on one thread: from the bytes of a batch in memory to verdicts,
// by judge(), the body of the pipeline's parallel stage.
#pragma once

#include "bench/workload/settings.h"

namespace quotemill::bench {

// engine/quote_only/<key>: hosts of which nothing changed since their last complete proof.
// engine/first_seen/<image>/rsa2048: quote and log of a host, by an engine that saw no log before.
// engine/fleet/<image>/rsa2048: quotes and logs of many machines of one image, each log for the
// first time, by an engine that saw that of another machine before.
void register_judging(const Settings& settings);

// growth/events/<n>: as engine/first_seen, by logs of so many events.
// growth/images/<n>: as engine/fleet, by machines of so many images in turn.
void register_growth(const Settings& settings);

}  // namespace quotemill::bench
