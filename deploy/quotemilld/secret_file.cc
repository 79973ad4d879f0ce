#include "deploy/quotemilld/secret_file.h"

#include <algorithm>

#include <sys/stat.h>

#include "deploy/common/text_file.h"
#include "engine/base/limits.h"

namespace quotemill::daemon {
namespace {

Error wrong(ErrorCode code, const std::string& path, const char* what) {
  return {code, "secret", 0, path + " " + what};
}

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
  struct stat about {};

  if (path.empty() || path.front() != '/' || ::stat(path.c_str(), &about) != 0) {
    return wrong(ErrorCode::kConfig, path, "is no absolute path of a file that is there");
  }
  // The group may: systemd gives credentials by it.
  if ((about.st_mode & S_IRWXO) != 0) {
    return wrong(ErrorCode::kDenied, path, "may be read by everybody: chmod o= it");
  }
  Result<std::string> text = program::read_text_file(path, limits::kSinkSecretSizeMax);
  if (!text) {
    return text.error();
  }
  std::string secret = *std::move(text);
  secret.erase(std::find_if(secret.rbegin(), secret.rend(),
                            [](char c) { return c != '\n' && c != '\r' && c != ' '; })
                   .base(),
               secret.end());
  const bool is_one_line =
      std::all_of(secret.begin(), secret.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
  if (secret.empty() || !is_one_line) {
    return wrong(ErrorCode::kConfig, path, "must hold one line of printable ASCII");
  }
  return secret;
}

}  // namespace quotemill::daemon
