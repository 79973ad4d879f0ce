// How baselines are named on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

// NAME or NAME@VERSION.
struct BaselineName {
  std::string name;
  std::uint32_t version = 0;  // 0: the one in use
};

// Null if it is of another form, which is said.
std::optional<BaselineName> parse_baseline_name(Session& session, const std::string& text);

// What the daemon's verbs take.
Json name_args(const BaselineName& named);

// The version of "--as NAME VERSION"; 0 if there is none. Null if it is no number, which is said.
std::optional<std::uint32_t> version_wanted(Session& session, const std::vector<std::string>& as);

}  // namespace quotemill::cli
