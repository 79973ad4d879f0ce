// What deploy/install-packages --tests unpacked below the build folder, and did not install:
// programs that would push a service out, or start one. Tests run from the project's root.
#pragma once

#include <filesystem>
#include <string>

namespace quotemill::testing {

// `path` is as in the package: "usr/bin/promtool". It may not be there.
inline std::string unpacked(const std::string& path) {
  return (std::filesystem::absolute("build/unpacked") / path).string();
}

// Where its programs find its libraries: for LD_LIBRARY_PATH.
inline std::string unpacked_libraries() {
  std::string folders = unpacked("usr/lib/syslog-ng");
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(unpacked("usr/lib"), none)) {
    if (entry.path().filename().string().ends_with("-linux-gnu")) {
      folders += ":" + entry.path().string();
    }
  }
  return folders;
}

}  // namespace quotemill::testing
