// The import of an inventory (inventory_file.h): hosts that are expected, by their EK.
//
//   inventory.import {upload, file}  ->  {expected, approved, labelled, unchanged, mistakes_found,
//                                         mistakes: [{line, column, what}]}
//   inventory.list {after, limit}, inventory.remove {host}
//
// An EK that is not known is expected: when its TPM proves itself, it is admitted under that name
// and with those labels, whatever it calls itself; nobody else gets the name. One that waits to be
// admitted is. One that is enrolled gets the labels and keeps its name. A file with a mistake
// changes nothing; else all of it is one durable write.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "deploy/quotemilld/inventory_file.h"
#include "engine/pipeline/registrar.h"

namespace quotemill::daemon {

struct InventoryReport {
  std::size_t expected = 0;
  std::size_t approved = 0;
  std::size_t labelled = 0;
  std::size_t unchanged = 0;
  // What is wrong with rows is told as for the file: `rows` stays empty.
  Inventory mistakes;
};

// `fresh_uids`: random, one for each row. The report is borrowed until the decision was made.
IdentityDecision import_inventory(std::vector<InventoryRow> rows, std::vector<HostUid> fresh_uids,
                                  const std::string& who, InventoryReport& report);

// Nobody is expected under that name any more. kNotFound if nobody was.
IdentityDecision remove_expected(const std::string& name);

}  // namespace quotemill::daemon
