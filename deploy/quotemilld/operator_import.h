// The bulk import of identities that no TPM proved, one batch at a time.
//
//   hosts.import {hosts: [line…], check}  ->  {imported, unchanged, mistakes: [{index, what,
//   hint}]}
//
// A batch is one durable write, and is written whole or, if it has a mistake, not at all; with
// "check" it is never written. Lines are those of transport/control/import_line.h. What is enrolled
// is never replaced: a name, AK, EK, channel key or uid that another host has is a mistake. A host
// that is there already with all of the line's keys is `unchanged`, so that a file may be imported
// again after an interruption.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/pipeline/registrar.h"

namespace quotemill::daemon {

struct ImportMistake {
  std::size_t index = 0;  // of the line in the batch
  std::string what;
  std::string hint;
};

struct ImportReport {
  std::size_t imported = 0;
  std::size_t unchanged = 0;
  std::vector<ImportMistake> mistakes;
};

// A record, and the line of the batch that it came from.
struct ImportCandidate {
  std::size_t index = 0;
  HostRecord record;
  Bytes ek_certificate;  // that the record names; empty: none
  bool has_uid = false;  // the line gave it
};

// Decides on the commit thread which of `candidates` are free; adds to `report`, which is borrowed
// until the decision was made. Writes nothing if the report has mistakes, or with `is_check`.
IdentityDecision import_hosts(std::vector<ImportCandidate> candidates, bool is_check,
                              ImportReport& report);

}  // namespace quotemill::daemon
