// House rules as a test: reads every source file of the tree, and fails with the place, what is
// wrong, and what to do instead.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/architecture/rules.h"
#include "tests/architecture/source_text.h"

namespace quotemill::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::array kFolders = {"engine", "storage", "transport", "bench", "deploy", "tests"};

struct SourceFile {
  std::string path;
  std::string text;
};

SourceFile read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return {path.generic_string(), text.str()};
}

bool is_cpp(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cc";
}

bool is_text(const fs::path& path) {
  static const std::set<std::string> kKinds = {
      ".h", ".cc", ".txt", ".cmake", ".md", ".proto", ".sh", ".service", ".toml", ".json", ".yml"};
  return kKinds.contains(path.extension().string());
}

template <class Predicate>
std::vector<SourceFile> files(Predicate wanted) {
  std::vector<SourceFile> out;
  for (const char* const folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && wanted(entry.path())) {
        out.push_back(read(entry.path()));
      }
    }
  }
  std::sort(out.begin(), out.end(),
            [](const SourceFile& left, const SourceFile& right) { return left.path < right.path; });
  return out;
}

const std::vector<SourceFile>& sources() {
  static const std::vector<SourceFile> all = files(is_cpp);
  return all;
}

std::string place(const SourceFile& file, std::size_t line) {
  return file.path + ":" + std::to_string(line) + ": ";
}

// --- The tree

TEST(SourceTree, HasSources) {
  EXPECT_GT(sources().size(), 200U) << "run it from the project's root";
}

TEST(SourceTree, KeepsTheLayers) {
  for (const SourceFile& file : sources()) {
    for (const Include& include : includes_of(file.text)) {
      const bool is_generated = include.path.find(".pb.h") != std::string::npos;
      if (include.is_ours && !is_generated) {
        EXPECT_THAT(edge_problem(file.path, include.path), IsEmpty())
            << place(file, include.line) << "includes \"" << include.path << "\"";
      }
    }
  }
}

TEST(SourceTree, RootsIncludesAtTheRepository) {
  for (const SourceFile& file : sources()) {
    for (const Include& include : includes_of(file.text)) {
      const bool is_generated = include.path.find(".pb.h") != std::string::npos;
      if (include.is_ours && !is_generated) {
        EXPECT_TRUE(fs::exists(include.path))
            << place(file, include.line) << "\"" << include.path << "\" is no path from the root";
      }
    }
  }
}

TEST(SourceTree, KeepsThirdPartyHeadersAtHome) {
  for (const SourceFile& file : sources()) {
    for (const Include& include : includes_of(file.text)) {
      EXPECT_THAT(third_party_problem(file.path, include.path), IsEmpty())
          << place(file, include.line) << "includes <" << include.path << ">";
    }
  }
}

TEST(SourceTree, CallsNothingThatIsBanned) {
  for (const SourceFile& file : sources()) {
    const std::string code = without_comments_and_literals(file.text);
    for (const BannedCall& banned : banned_calls(file.path)) {
      EXPECT_FALSE(uses(code, banned.word))
          << place(file, line_of(code, std::min(code.find(banned.word), code.size()))) << "names "
          << banned.word << "; instead: " << banned.instead;
    }
  }
}

TEST(SourceTree, KeepsCodeAscii) {
  for (const SourceFile& file : sources()) {
    if (file.path.rfind("tests/", 0) == 0) {
      continue;  // hostile text has to be written somewhere
    }
    const std::string code = without_comments(file.text);
    const auto bad = std::find_if(code.begin(), code.end(),
                                  [](char letter) { return static_cast<signed char>(letter) < 0; });
    EXPECT_TRUE(bad == code.end())
        << place(file, line_of(code, static_cast<std::size_t>(bad - code.begin())))
        << "a character outside ASCII in code: look-alikes hide there";
  }
}

TEST(SourceTree, StartsEveryHeaderWithItsContract) {
  for (const SourceFile& file : sources()) {
    if (file.path.size() < 2 || file.path.substr(file.path.size() - 2) != ".h") {
      continue;
    }
    EXPECT_EQ(file.text.rfind("//", 0), 0U) << file.path << ": say first what it is for";
    EXPECT_THAT(file.text, HasSubstr("#pragma once")) << file.path;
  }
}

TEST(SourceTree, NamesNoPathOfThisMachine) {
  const std::vector<std::string> forbidden = {
      std::string("/wo") + "rk/", std::string("/ho") + "me/", std::string("/ro") + "ot/"};
  for (const SourceFile& file : files(is_text)) {
    for (const std::string& path : forbidden) {
      const std::size_t at = file.text.find(path);
      EXPECT_EQ(at, std::string::npos)
          << place(file, line_of(file.text, std::min(at, file.text.size()))) << "names " << path;
    }
  }
}

// CVE-2022-23950: a fixed name in a folder where everybody may write.
TEST(SourceTree, Cve2022_23950_NamesNoFixedPathInTmp) {
  for (const SourceFile& file : sources()) {
    if (file.path.rfind("tests/", 0) != 0) {
      EXPECT_EQ(without_comments(file.text).find(std::string("\"/tm") + "p"), std::string::npos)
          << file.path;
    }
  }
}

// CVE-2022-23951: a kilobyte that inflates to gigabytes. Nothing that hosts send is compressed; the
// packages that operators give their own tool are, and have their bounds there.
TEST(SourceTree, Cve2022_23951_InflatesNothing) {
  for (const SourceFile& file : sources()) {
    if (file.path.find("deploy/quotemill/packages/") != std::string::npos) {
      continue;
    }
    for (const Include& include : includes_of(file.text)) {
      for (const char* const library :
           {"zlib", "zstd", "lz4", "lzma", "bzlib", "brotli", "snappy", "archive"}) {
        EXPECT_NE(include.path.rfind(library, 0), 0U)
            << place(file, include.line) << include.path << ": has its output a bound?";
      }
    }
  }
}

// CVE-2026-6420: a switch that fixes a nonce, left over from a benchmark.
TEST(SourceTree, Cve2026_6420_HasNoSwitchThatFixesANonce) {
  for (const SourceFile& file : sources()) {
    if (file.path.rfind("tests/", 0) == 0) {
      continue;
    }
    for (const char* const word : {"fixed_nonce", "fixed-nonce", "static_nonce", "test_nonce",
                                   "test-nonce", "QUOTEMILL_NONCE", "insecure"}) {
      EXPECT_EQ(without_comments(file.text).find(word), std::string::npos)
          << file.path << " has " << word;
    }
  }
}

// --- The rules themselves: a check that finds nothing may be a check that looks at nothing.

TEST(SourceTreeRules, KnowTheLayers) {
  EXPECT_THAT(edge_problem("engine/tpm/a.cc", "engine/base/bytes.h"), IsEmpty());
  EXPECT_THAT(edge_problem("engine/tpm/a.cc", "engine/tpm/b.h"), IsEmpty());
  EXPECT_FALSE(edge_problem("engine/tpm/a.cc", "engine/verify/b.h").empty());
  EXPECT_FALSE(edge_problem("engine/ports/a.h", "engine/pipeline/b.h").empty());
  EXPECT_FALSE(edge_problem("engine/tpm/a.cc", "engine/unknown/b.h").empty());
  for (const char* const header :
       {"storage/a.h", "transport/wire/a.h", "deploy/a.h", "bench/a.h", "tests/a.h"}) {
    EXPECT_FALSE(edge_problem("engine/pipeline/a.cc", header).empty()) << header;
  }
  EXPECT_FALSE(edge_problem("storage/a.cc", "transport/wire/a.h").empty());
  EXPECT_FALSE(edge_problem("transport/server/a.cc", "storage/a.h").empty());
  EXPECT_THAT(edge_problem("storage/a.cc", "engine/ports/a.h"), IsEmpty());
  EXPECT_THAT(edge_problem("bench/fleet/a.cc", "transport/agent/a.h"), IsEmpty());
  EXPECT_FALSE(edge_problem("bench/fleet/a.cc", "transport/server/a.h").empty());
  EXPECT_FALSE(edge_problem("bench/fleet/a.cc", "storage/a.h").empty());
  EXPECT_THAT(edge_problem("bench/pipeline/a.cc", "storage/a.h"), IsEmpty());
  EXPECT_FALSE(edge_problem("bench/pipeline/a.cc", "tests/support/a.h").empty());
  EXPECT_THAT(edge_problem("deploy/quotemilld/a.cc", "storage/a.h"), IsEmpty());
  EXPECT_THAT(edge_problem("tests/deploy/a.cc", "deploy/a.h"), IsEmpty());
  EXPECT_FALSE(edge_problem("tests/engine/a.cc", "deploy/a.h").empty());
  EXPECT_FALSE(edge_problem("deploy/quotemilld/a.cc", "tests/a.h").empty());
}

TEST(SourceTreeRules, KnowTheHomesOfLibraries) {
  EXPECT_THAT(third_party_problem("engine/crypto/a.cc", "openssl/evp.h"), IsEmpty());
  EXPECT_FALSE(third_party_problem("engine/tpm/a.cc", "openssl/evp.h").empty());
  EXPECT_FALSE(third_party_problem("engine/pipeline/a.cc", "rocksdb/db.h").empty());
  EXPECT_FALSE(third_party_problem("storage/a.cc", "zmq.h").empty());
  EXPECT_FALSE(third_party_problem("transport/wire/a.cc", "zmq.hpp").empty());
  EXPECT_FALSE(third_party_problem("engine/verify/a.cc", "mutex").empty());
  EXPECT_FALSE(third_party_problem("engine/policy/a.cc", "fstream").empty());
  EXPECT_THAT(third_party_problem("engine/pipeline/a.cc", "mutex"), IsEmpty());
  EXPECT_THAT(third_party_problem("storage/a.cc", "mutex"), IsEmpty());
}

TEST(SourceTreeRules, FindWholeWordsOnly) {
  EXPECT_TRUE(uses("x = time(nullptr);", "time("));
  EXPECT_TRUE(uses("x = std::time(nullptr);", "time("));
  EXPECT_FALSE(uses("x = real_time(1);", "time("));
  EXPECT_FALSE(uses("clock.time(1); clock->time(1);", "time("));
  EXPECT_FALSE(uses("mytime = 3;", "time("));
  EXPECT_TRUE(uses("throw 1;", "throw"));
  EXPECT_FALSE(uses("nothrow_t x; rethrow();", "throw"));
  EXPECT_TRUE(uses("std::cout << 1;", "std::cout"));
}

TEST(SourceTreeRules, SeeThroughCommentsAndLiterals) {
  const std::string_view text =
      "int a = 1'000;  // rand()\n"
      "/* rand()\n */ const char* b = \"rand() \\\" // no\"; char c = '\"'; char d = '\\'';\n"
      "const char* e = R\"x(rand() \" )\" )x\"; int f;\n";
  const std::string bare = without_comments_and_literals(text);
  EXPECT_EQ(bare.size(), text.size());
  EXPECT_FALSE(uses(bare, "rand("));
  EXPECT_THAT(bare, HasSubstr("1'000"));
  EXPECT_THAT(bare, HasSubstr("int f;"));
  EXPECT_EQ(line_of(bare, bare.find("int f;")), 4U);
  EXPECT_THAT(without_comments(text), HasSubstr("\"rand() \\\" // no\""));
}

TEST(SourceTreeRules, ReadIncludes) {
  const std::vector<Include> includes =
      includes_of("// #include \"no.h\"\n#include <a/b.h>\n#include \"c/d.h\"  // e\n");
  ASSERT_EQ(includes.size(), 2U);
  EXPECT_EQ(includes[0].path, "a/b.h");
  EXPECT_FALSE(includes[0].is_ours);
  EXPECT_EQ(includes[1].path, "c/d.h");
  EXPECT_TRUE(includes[1].is_ours);
  EXPECT_EQ(includes[1].line, 3U);
}

}  // namespace
}  // namespace quotemill::testing
