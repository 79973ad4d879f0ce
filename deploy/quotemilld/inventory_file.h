// Inventory files: which TPMs are in which hosts of the fleet, as an operator's asset list says it.
//
//   ek,name,env,rack                                      CSV: RFC 4180, the first line names the
//   3f0c…64 digits…,web-01,prod,b12                       columns; all but ek and name are labels
//
//   [{"ek": "3f0c…", "name": "web-01", "labels": {"env": "prod"}}]                          JSON
//
// `ek` is the SHA-256 of the EK's public key (SubjectPublicKeyInfo) in hexadecimal, or its
// certificate or public key: PEM, or DER in hexadecimal or base64. An empty cell is no label.
//
// Pure. Files are taken as a whole or not at all: whoever reads one looks at its mistakes first.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quotemill::daemon {

inline constexpr std::size_t kInventoryRowsMax = 100'000;  // bound: one durable write of some 30 MB
inline constexpr std::size_t kInventoryColumnsMax = 66;    // bound: ek, name and limits::kLabelsMax
inline constexpr std::size_t kInventoryMistakesMax = 100;  // bound: told; all are counted

struct Place {
  std::size_t line = 1;
  std::size_t column = 1;  // in bytes
};

struct InventoryRow {
  Place place;
  std::string ek_sha256;
  std::string name;
  std::map<std::string, std::string> labels;
};

struct InventoryMistake {
  Place place;
  std::string what;  // escaped
};

struct Inventory {
  std::vector<InventoryRow> rows;  // in the file's order
  std::vector<InventoryMistake> mistakes;
  std::size_t mistakes_found = 0;

  void add_mistake(const Place& place, std::string what) {
    if (++mistakes_found <= kInventoryMistakesMax) {
      mistakes.push_back({place, std::move(what)});
    }
  }
};

// JSON if it begins with '[' or '{', else CSV. Each EK and each name is there once.
Inventory read_inventory(std::string_view text);

}  // namespace quotemill::daemon
