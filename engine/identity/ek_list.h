// EkList: the operator's list of the fleet's EKs and the hosts they are in.
//
// An EK that is listed is pinned as well: the operator vouches for it, with or without an EK
// certificate. One host may have several EKs (an RSA and an ECC one); an EK has one host.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace quotemill {

class EkList {
 public:
  // `ek_sha256`: SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal. kConflict if the EK
  // is listed under another name. REQUIRES: is_host_name(name)
  Result<void> add(std::string ek_sha256, std::string name);

  // The host that this EK is in.
  [[nodiscard]] std::optional<std::string> name_of(std::string_view ek_sha256) const;

  // Whether the list gives `name` to EKs, and not to this one.
  [[nodiscard]] bool is_reserved(const std::string& name, std::string_view ek_sha256) const;

  // For EnrolmentRules::pinned_eks.
  [[nodiscard]] std::set<std::string, std::less<>> eks() const;

  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> names_;  // by EK
  std::set<std::string, std::less<>> reserved_;            // the names
};

}  // namespace quotemill
