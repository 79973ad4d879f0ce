// XML from files of strangers, read into a small tree: elements, attributes and text, nothing else.
//
// There are no document type declarations and so no entities but the five predefined ones, no
// processing instructions, and no encoding but UTF-8. Depth, number and size are bounded. This
// folder alone knows libxml2, which is never let near a file name or the network.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deploy/xml/limits.h"
#include "engine/base/result.h"

namespace quotemill {

struct XmlElement {
  std::string name;                                             // without a prefix
  std::vector<std::pair<std::string, std::string>> attributes;  // names as written: "xsi:type"
  std::string text;  // its own, without that of its children
  std::vector<XmlElement> children;

  // The first child of the name; null if there is none. Borrows.
  [[nodiscard]] const XmlElement* child(std::string_view wanted) const;
  // The text of that child without the white space around it; empty if there is none. Borrows.
  [[nodiscard]] std::string_view text_of(std::string_view wanted) const;
  // Empty if there is none. Borrows.
  [[nodiscard]] std::string_view attribute(std::string_view wanted) const;
};

// The text without the white space around it. Borrows.
std::string_view trimmed(std::string_view text);

// The root. kMalformed if it is no well-formed XML in UTF-8, or has a document type declaration or
// processing instructions; kTooLarge beyond the limits. The detail says what and in which line;
// escaped. Pure; any thread.
Result<XmlElement> parse_xml(std::string_view bytes, const XmlLimits& limits = {});

}  // namespace quotemill
