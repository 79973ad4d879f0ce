// Baseline: a named, versioned set of reference values. Either the boot of a golden host, event by
// event, as it was captured (hosts are compared with it per PCR), or the values of a file that an
// operator imported (what hosts booted must be among them). Immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/baseline/reference_value.h"
#include "engine/esxi/image/base_image.h"
#include "engine/eventlog/boot_log.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

// One measured event of the golden boot, with its digest in every bank of the log.
struct ReferenceEvent {
  std::uint32_t number = 0;  // in the golden log
  std::uint32_t pcr = 0;
  std::uint32_t type = 0;
  std::vector<Digest> digests;
  std::string description;  // what it is, in words; already escaped
};

// The file that a baseline was imported from; its content is kept beside it.
struct ImportedFile {
  Digest id;  // SHA-256 of the content
  std::uint64_t size = 0;
  std::string format;  // as deploy/references names them
  std::string name;    // as the operator had it; any bytes
  std::string by;      // the operator; escaped
  // How many values it gave: those of a retired baseline are not kept apart from the file.
  std::uint64_t values = 0;
};

struct Baseline {
  std::string name;           // as host names: [a-z0-9._-]{1,64}
  std::uint32_t version = 1;  // + 1 with each capture under the same name
  WallTime captured;          // or imported
  HostUid source;             // the golden host
  std::string source_name;
  std::vector<ReferenceEvent> events = {};  // in the log's order
  std::optional<ImportedFile> file = {};
  std::vector<ReferenceValue> values = {};  // in the order of in_value_order()
  // An image of ESXi; its payloads are the values, which are not kept apart. Null: no image.
  std::shared_ptr<const BaseImage> image = nullptr;
  WallTime approved = {};        // when hosts were allowed to boot the image; zero: they are not
  std::string approved_by = {};  // escaped
  WallTime retired = {};         // when it was taken out of use; zero: it was not
  std::string retired_by = {};   // escaped

  [[nodiscard]] bool is_imported() const { return file.has_value(); }

  [[nodiscard]] bool is_image() const { return image != nullptr; }

  [[nodiscard]] bool is_approved() const { return approved.ms != 0 && !is_retired(); }

  [[nodiscard]] bool is_retired() const { return retired.ms != 0; }
};

// The measured events of a log as references. Whoever calls this has proven the log by a quote.
std::vector<ReferenceEvent> reference_events(const BootLog& log);

// What it holds as values, in the order of in_value_order(): those of a captured boot are its
// events.
std::vector<ReferenceValue> values_of(const Baseline& baseline);

// SHA-256 over everything in it that a verdict rests on: what snapshot ids are made of.
Digest content_id(const Baseline& baseline);

}  // namespace quotemill
