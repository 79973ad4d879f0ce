// Runs a fuzz target without libFuzzer: over every file of a corpus, over beginnings of it and over
// copies damaged by a fixed seed, so that the same run happens on every machine.
//
//   TARGET_replay PATH[::SUFFIX]...   folders are searched through, for names that end so
//
// Exit 77 (skipped, for ctest) if there is no file at all.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

using Input = std::vector<std::uint8_t>;

constexpr int kExitSkipped = 77;
constexpr std::size_t kFileSizeMax = 256 * 1024;  // larger ones are only run as they are
constexpr std::size_t kBeginnings = 64;
constexpr std::size_t kDamagedBytes = 4 * 1024 * 1024;  // of all damaged copies of one file
constexpr std::size_t kDamagedMax = 500;

void run(const Input& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

void damage(Input& input, std::mt19937& random) {
  const std::size_t at = random() % input.size();
  switch (random() % 4) {
    case 0:
      input[at] = static_cast<std::uint8_t>(input[at] ^ (1U << (random() % 8)));
      break;
    case 1:
      std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(at),
                  std::min<std::size_t>(4, input.size() - at), std::uint8_t{0xFF});
      break;
    case 2:
      input[at] = static_cast<std::uint8_t>(random());
      break;
    default:
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), 4, input[at]);
      break;
  }
}

void run_variants(const Input& input) {
  run(input);
  if (input.empty() || input.size() > kFileSizeMax) {
    return;
  }
  const std::size_t step = input.size() / kBeginnings + 1;
  for (std::size_t size = 0; size < input.size(); size += step) {
    run(Input(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  std::mt19937 random(1);
  const std::size_t copies = std::min(kDamagedMax, kDamagedBytes / input.size());
  for (std::size_t i = 0; i < copies; ++i) {
    Input copy = input;
    const std::size_t times = 1 + random() % 4;
    for (std::size_t n = 0; n < times; ++n) {
      damage(copy, random);
    }
    run(copy);
  }
}

std::vector<std::filesystem::path> files_of(const std::string& argument) {
  const std::size_t mark = argument.find("::");
  const std::filesystem::path path = argument.substr(0, mark);
  const std::string suffix = mark == std::string::npos ? "" : argument.substr(mark + 2);
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_regular_file(path)) {
    return {path};
  }
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      const std::string name = entry.path().filename();
      if (entry.is_regular_file() && name.ends_with(suffix)) {
        files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (const std::string& argument : std::vector<std::string>(argv + 1, argv + argc)) {
    for (const std::filesystem::path& file : files_of(argument)) {
      std::ifstream in(file, std::ios::binary);
      run_variants({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
      ++files;
    }
  }
  std::printf("%zu files\n", files);
  return files == 0 ? kExitSkipped : 0;
}
