// What the sentences of findings are made of, and the families of sentences that have a file of
// their own. For the catalogue alone (finding_message.cc). Pure functions: any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/verdict/finding.h"

namespace quotemill::sentences {

// The digest that was found, and the one that should have been: "sha256:5a…"; "none".
std::string seen(const Finding& finding);
std::string expected(const Finding& finding);

// " (subject)"; empty without one.
std::string about(const Finding& finding);

// `from`, the number that was expected, `to`, the one that was seen.
std::string numbers(const Finding& finding, std::string_view from, std::string_view to);

// A family gives an empty text for a code of another one.
std::string ima_list_message(const Finding& finding);
std::string ima_file_message(const Finding& finding);
std::string esxi_log_message(const Finding& finding);
std::string esxi_message(const Finding& finding);
std::string esxi_setting_message(const Finding& finding);

}  // namespace quotemill::sentences
