// Lists of digests as coreutils print them, one "<digest>  <name>" a line: the plainest form of
// reference values.
//
// Lines are those of sha1sum, sha256sum, sha384sum or sha512sum (also with the backslash that they
// put before escaped names), where "sha256:" may stand before the digits and "./" before the path
// means "/". "# package: NAME" names what the lines behind it are from; all else behind '#' is a
// comment.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace quotemill {

struct ReferenceLine {
  Digest digest;
  std::string name;
  std::string_view package;  // borrows the text; empty if none was named
};

// kMalformed names line and column; an Error of `visit` gets its line. Stops at the first one.
Result<void> for_each_reference_line(
    std::string_view text, const std::function<Result<void>(const ReferenceLine& line)>& visit);

// The digest of "sha256:<hex>", or of digits alone whose number tells the algorithm.
std::optional<Digest> digest_of_text(std::string_view text);

}  // namespace quotemill
