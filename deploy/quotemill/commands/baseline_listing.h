// How the values of a baseline are listed: a page after the other, under a head for people.
#pragma once

#include <span>
#include <string>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

struct ValueColumn {
  const char* header;
  const char* key;  // of a value in the daemon's answer
};

struct BaselineListing {
  std::span<const ValueColumn> columns;
  // What people read before the values; of the first page.
  void (*print_head)(const Session& session, const Json& baseline);
  // Whether it is a baseline of the kind that is listed; if not, that is said. Null: any is.
  bool (*is_meant)(Session& session, const Json& baseline) = nullptr;
};

// NAME or NAME@VERSION.
Exit list_baseline(Session& session, const std::string& baseline, const BaselineListing& how);

}  // namespace quotemill::cli
