#include "deploy/common/operator_name.h"

#include <array>
#include <cstdlib>
#include <pwd.h>
#include <unistd.h>

#include "engine/base/text.h"

namespace quotemill::program {

std::string operator_name() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it meanwhile
  if (const char* behind_sudo = std::getenv("SUDO_USER"); behind_sudo != nullptr) {
    return printable(behind_sudo);
  }
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> strings{};
  if (getpwuid_r(geteuid(), &entry, strings.data(), strings.size(), &found) == 0 &&
      found != nullptr) {
    return printable(found->pw_name);
  }
  return "uid " + std::to_string(geteuid());
}

}  // namespace quotemill::program
