#include "tests/architecture/rules.h"

#include <algorithm>
#include <array>
#include <optional>

namespace quotemill::testing {
namespace {

// A total order: each folder includes itself and those before it.
constexpr std::array<std::string_view, 17> kEngineOrder = {
    "base",     "crypto",   "tpm",     "eventlog", "claims",   "esxi",
    "evidence", "identity", "verdict", "verify",   "baseline", "rollout",
    "policy",   "appraise", "ports",   "pipeline", ""};

bool is_in(std::string_view path, std::string_view folder) {
  return path.substr(0, folder.size()) == folder && path.size() > folder.size() &&
         path[folder.size()] == '/';
}

bool is_in_any(std::string_view path, const std::vector<std::string_view>& folders) {
  return std::any_of(folders.begin(), folders.end(),
                     [path](std::string_view folder) { return is_in(path, folder); });
}

std::optional<std::size_t> engine_rank(std::string_view path) {
  for (std::size_t rank = 0; rank < kEngineOrder.size() && !kEngineOrder[rank].empty(); ++rank) {
    if (is_in(path, "engine/" + std::string(kEngineOrder[rank]))) {
      return rank;
    }
  }
  return std::nullopt;
}

std::string engine_problem(std::string_view file, std::string_view header) {
  if (!is_in(header, "engine")) {
    return "the engine includes the engine only";
  }
  const std::optional<std::size_t> from = engine_rank(file);
  const std::optional<std::size_t> to = engine_rank(header);
  if (!from || !to) {
    return "a folder of the engine that has no place in the order (tests/architecture/rules.cc)";
  }
  return *to <= *from ? "" : "engine folders include only those to their left in the order";
}

// Which folders the files of each top-level folder may include.
std::vector<std::string_view> allowed_for(std::string_view file) {
  if (is_in(file, "storage")) {
    return {"engine", "storage"};
  }
  if (is_in(file, "transport")) {
    return {"engine", "transport"};
  }
  // The machines know the host's side alone; what measures them knows both.
  if (is_in(file, "bench/fleet")) {
    return {"engine", "transport/agent", "bench/fleet"};
  }
  // The simulated fleet is the whole of the host's side, and writes what an operator imports.
  if (is_in(file, "bench/scale_store")) {  // asks the daemon that it measures
    return {"engine", "storage", "transport/socket", "transport/control", "bench"};
  }
  if (is_in(file, "bench/simulator")) {
    return {"engine",           "transport/socket", "transport/wire", "transport/control",
            "transport/render", "transport/files",  "bench"};
  }
  if (is_in(file, "bench")) {
    return {"engine", "storage", "transport/socket", "transport/wire", "bench"};
  }
  if (is_in(file, "deploy")) {
    return {"engine", "storage", "transport", "deploy"};
  }
  // The fuzzers take decoders from wherever they are.
  if (is_in_any(file, {"tests/deploy", "tests/fuzz"})) {
    return {"engine", "storage", "transport", "bench", "deploy", "tests"};
  }
  return {"engine", "storage", "transport", "bench", "tests"};
}

struct Home {
  std::string_view prefix;  // of the header
  std::vector<std::string_view> folders;
};

// A header of a library is known in one place, and in the tests of that place.
const std::vector<Home>& homes() {
  static const std::vector<Home> all = {
      {"openssl/", {"engine/crypto", "transport/sinks", "bench/fleet", "bench/micro", "tests"}},
      {"tbb/", {"engine/pipeline", "tests/engine/pipeline"}},
      {"oneapi/", {}},
      {"toml++/", {"engine/policy"}},
      {"re2/", {"engine/policy"}},
      {"rocksdb/", {"storage", "bench/micro", "tests/storage"}},
      {"records.pb.h", {"storage", "tests/storage"}},
      {"zmq.h", {"transport/socket", "tests/transport"}},
      {"zmq.hpp", {"transport/socket", "tests/transport"}},
      {"sodium", {"transport/socket", "tests/transport"}},
      {"control.pb.h", {"transport/wire", "tests/transport/wire"}},
      {"google/protobuf", {"storage", "transport/wire", "tests"}},
      {"tss2/", {"transport/agent", "tests"}},
      {"nlohmann/", {"transport/render", "deploy", "tests"}},
      {"spdlog/", {"deploy"}},
      {"CLI/", {"deploy", "bench"}},
      {"benchmark/", {"bench"}},
      {"systemd/", {"deploy"}},
      {"archive", {"deploy/quotemill", "tests/deploy/quotemill"}},
      {"libxml/", {"deploy/xml"}},
      {"boost/beast", {"transport/http"}},
      {"librdkafka/", {"transport/sinks", "tests/transport/sinks"}},
      {"prometheus/", {"transport/http", "tests/transport/http"}},
      {"curl/", {"transport/sinks", "transport/vsphere"}},
  };
  return all;
}

// Headers that would bring I/O, clocks or threads below the pipeline.
const std::vector<std::string_view>& impure_headers() {
  static const std::vector<std::string_view> all = {
      "iostream", "fstream",    "filesystem", "thread",    "mutex",    "shared_mutex",
      "future",   "atomic",     "random",     "semaphore", "unistd.h", "condition_variable",
      "fcntl.h",  "sys/types.h"};
  return all;
}

}  // namespace

std::string edge_problem(std::string_view file, std::string_view header) {
  if (is_in(file, "engine")) {
    return engine_problem(file, header);
  }
  const std::vector<std::string_view> allowed = allowed_for(file);
  if (is_in_any(header, allowed)) {
    return "";
  }
  std::string names;
  for (const std::string_view folder : allowed) {
    names += (names.empty() ? "" : ", ") + std::string(folder);
  }
  return "may include " + names;
}

std::string third_party_problem(std::string_view file, std::string_view header) {
  for (const Home& home : homes()) {
    const bool matches = header.substr(0, home.prefix.size()) == home.prefix;
    if (matches && !is_in_any(file, home.folders)) {
      return "lives in " +
             (home.folders.empty() ? "no folder" : std::string(home.folders.front())) +
             ": go through what that folder offers";
    }
  }
  const std::optional<std::size_t> rank = engine_rank(file);
  const bool is_pure = rank && kEngineOrder[*rank] != "ports" && kEngineOrder[*rank] != "pipeline";
  if (is_pure && std::find(impure_headers().begin(), impure_headers().end(), header) !=
                     impure_headers().end()) {
    return "the engine below the pipeline has no I/O, clock or threads: take it as an argument";
  }
  return "";
}

std::vector<BannedCall> banned_calls(std::string_view file) {
  std::vector<BannedCall> banned = {{"strcpy(", "std::string or std::copy"},
                                    {"strcat(", "std::string"},
                                    {"sprintf(", "std::to_string or std::to_chars"},
                                    {"vsprintf(", "std::to_chars"},
                                    {"gets(", "ByteReader"},
                                    {"strtok(", "std::string_view::find"},
                                    {"tmpnam(", "a folder of your own"},
                                    {"mktemp(", "mkdtemp"},
                                    {"alloca(", "std::vector"}};
  if (is_in(file, "tests")) {
    return banned;
  }
  banned.push_back({"system(", "posix_spawn with a list of arguments"});
  banned.push_back({"popen(", "posix_spawn with a list of arguments"});
  banned.push_back({"rand(", "engine/crypto/random.h"});
  if (is_in(file, "engine")) {
    for (const BannedCall& call :
         std::vector<BannedCall>{{"std::cout", "return a value; printing is the rim's"},
                                 {"std::cerr", "return an Error"},
                                 {"printf(", "return a value; printing is the rim's"},
                                 {"fprintf(", "return an Error"},
                                 {"puts(", "return a value"},
                                 {"exit(", "return an Error"},
                                 {"time(", "take a Moment as an argument"},
                                 {"clock_gettime(", "take a Moment as an argument"},
                                 {"gettimeofday(", "take a Moment as an argument"},
                                 {"system_clock::now(", "take a Moment as an argument"},
                                 {"srand(", "engine/crypto/random.h"},
                                 {"getenv(", "take a setting as an argument"},
                                 {"throw", "return an Error"},
                                 {"fopen(", "take the bytes as an argument"}}) {
      banned.push_back(call);
    }
  }
  // A process that cannot hash cannot judge: fetching SHA-256 from OpenSSL may not fail.
  if (is_in(file, "engine") && !is_in(file, "engine/crypto")) {
    banned.push_back({"abort(", "assert for programmers' errors, an Error for all else"});
  }
  return banned;
}

}  // namespace quotemill::testing
