// Reads files of reference values, in the formats in which other tools have them.
//
//   list              "<hexadecimal>  <name>" a line, as sha256sum prints (reference_list.h)
//   json              our own, with everything that a value can say (own_references.cc)
//   pcrlock           a component of systemd-pcrlock, *.pcrlock
//   keylime-refstate  Keylime's measured boot reference state
//   keylime-policy    Keylime's runtime policy, for IMA
//   esxi-image        an image of ESXi, as 'quotemill images import' makes it (esxi/image_file.h)
//
// A file is read as a whole or refused as a whole, with the place of its first mistake.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/baseline/baseline.h"

namespace quotemill::references {

struct ReferenceReading {
  std::string format;
  std::vector<ReferenceValue> values;                // in the order of in_value_order()
  std::shared_ptr<const BaseImage> image = nullptr;  // of esxi-image, which has no values beside it
  // What the file says beside reference values, in words: nobody shall believe that it was taken.
  std::vector<std::string> left_out;
};

const std::vector<std::string>& reference_formats();

// `format` is one of reference_formats(), or empty: it is told from the content. kConfig for
// another one; kMalformed, kMismatch (contradictory), kTooLarge with the place: "line 3, column 1:
// …" or a JSON pointer. A file without any value is kMalformed. Pure.
Result<ReferenceReading> read_reference_file(std::string_view content, std::string_view format);

// Our own form of any baseline: what `baseline export` gives for a captured one. Its reading gives
// the same values.
std::string write_own_references(const Baseline& baseline);

}  // namespace quotemill::references
