#include "engine/esxi/log/esxi_grammar.h"

#include <vector>

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using Kind = EsxiEventKind;
using Steps = std::vector<EsxiStep>;

const EsxiPcrs& loader() {
  return *known_esxi_format().pcrs(EsxiLayout::kLoader);
}

// The first thing that is wrong; empty if nothing.
std::string_view wrong(const Steps& steps) {
  EsxiGrammar grammar(loader());
  for (const EsxiStep& step : steps) {
    if (const auto problem = grammar.next(step)) {
      return *problem;
    }
  }
  return grammar.finish().value_or("");
}

const EsxiStep kKernel = {Kind::kModule, 12, "b.b00"};
const EsxiStep kModule = {Kind::kModule, 13, "vmx.v00"};
const EsxiStep kOptions = {Kind::kBootOptions, 14, "useropts.gz"};
const EsxiStep kSigner = {Kind::kSigner, 14, ""};
const EsxiStep kCommand = {Kind::kCommandLine, 14, "b.b00"};
const EsxiStep kTag = {Kind::kAssetTag, 14, ""};
const EsxiStep kUnknown = {Kind::kUnknown, 14, ""};

EsxiStep version(std::string_view name) {
  return {Kind::kVersion, 13, name};
}

TEST(EsxiGrammar, ReadsModulesSignersCommandLineTagKernel) {
  EXPECT_EQ(wrong({version("b.b00"), kKernel, kModule, kOptions, kSigner, kSigner, kCommand, kTag,
                   kUnknown}),
            "");
  EXPECT_EQ(wrong({kKernel, kCommand}), "") << "7.0.3, Secure Boot off, no tag";
}

TEST(EsxiGrammar, KnowsThePcrOfEachName) {
  const EsxiGrammar grammar(loader());
  EXPECT_EQ(grammar.pcr_of("esxupdt.v00"), 11U);
  EXPECT_EQ(grammar.pcr_of("esxupdt"), 11U);
  EXPECT_EQ(grammar.pcr_of("k.gz"), 12U) << "the stem comes first";
  EXPECT_EQ(grammar.pcr_of("sb.v00"), 12U);
  EXPECT_EQ(grammar.pcr_of("SB.v00"), 13U);
  EXPECT_EQ(grammar.pcr_of("b.b00.x"), 13U) << "its stem is b.b00";
  EXPECT_EQ(grammar.pcr_of("useropts.gz"), 14U);
  EXPECT_EQ(grammar.pcr_of("state.tgz"), 13U);
}

TEST(EsxiGrammar, RefusesAnyOtherOrder) {
  EXPECT_NE(wrong({kKernel, kSigner, kModule, kCommand}), "");
  EXPECT_NE(wrong({kKernel, kSigner, kOptions, kCommand}), "");
  EXPECT_NE(wrong({kKernel, kCommand, kOptions}), "");
  EXPECT_NE(wrong({kSigner, kKernel, kCommand}), "");
  EXPECT_NE(wrong({kKernel, kCommand, kSigner}), "");
  EXPECT_NE(wrong({kKernel, kCommand, kSigner, kCommand}), "");
  EXPECT_NE(wrong({kKernel, kCommand, kCommand}), "");
  EXPECT_NE(wrong({kKernel, kTag, kCommand}), "");
  EXPECT_NE(wrong({kKernel, kCommand, kTag, kTag}), "");
  EXPECT_NE(wrong({kKernel, kCommand, kUnknown, kTag}), "");
  EXPECT_NE(wrong({kKernel, kUnknown, kCommand}), "");
  EXPECT_NE(wrong({kKernel}), "");
  EXPECT_NE(wrong({}), "");
}

TEST(EsxiGrammar, RefusesAnotherFirstModuleThanTheKernelOfTheCommandLine) {
  EXPECT_NE(wrong({kModule, kKernel, kCommand}), "");
  EXPECT_NE(wrong({kModule, kKernel, {Kind::kCommandLine, 14, "vmx.v00"}}), "");
  EXPECT_NE(wrong({kOptions, kKernel, kCommand}), "");
  EXPECT_NE(wrong({kKernel, {Kind::kCommandLine, 14, "k.b00"}}), "");
}

TEST(EsxiGrammar, RefusesMisplacedModules) {
  EXPECT_NE(wrong({kKernel, {Kind::kModule, 12, "vmx.v00"}, kCommand}), "");
  EXPECT_NE(wrong({kKernel, {Kind::kModule, 13, "s.v00"}, kCommand}), "");
  EXPECT_NE(wrong({kKernel, {Kind::kModule, 13, "useropts.gz"}, kCommand}), "");
  EXPECT_NE(wrong({kKernel, {Kind::kModule, 14, "useropts.gz"}, kCommand}), "");
  EXPECT_NE(wrong({kKernel, {Kind::kBootOptions, 13, "vmx.v00"}, kCommand}), "");
  EXPECT_NE(wrong({kKernel, {Kind::kCommandLine, 13, "b.b00"}}), "");
  EXPECT_NE(wrong({kKernel, {Kind::kSigner, 13, ""}, kCommand}), "");
  EXPECT_NE(wrong({kKernel, kCommand, {Kind::kAssetTag, 13, ""}}), "");
  EXPECT_NE(wrong({kKernel, kCommand, {Kind::kUnknown, 13, ""}}), "");
}

TEST(EsxiGrammar, RefusesWhatIsThereTwiceAndMayBeOnce) {
  EXPECT_NE(wrong({kKernel, kKernel, kCommand}), "");
  const EsxiStep state = {Kind::kModule, 13, "state.tgz"};
  EXPECT_NE(wrong({kKernel, state, state, kCommand}), "");
  EXPECT_EQ(wrong({kKernel, kModule, kModule, kCommand}), "") << "the loader does not mind";
}

TEST(EsxiGrammar, RefusesVersionRecordsOfOthers) {
  const EsxiStep second = {Kind::kModule, 12, "k.b00"};
  EXPECT_EQ(wrong({version("b.b00"), kKernel, version("k.b00"), second, kCommand}), "");
  EXPECT_NE(wrong({kKernel, version("k.b00"), second, kCommand}), "") << "not the first module's";
  EXPECT_NE(wrong({version("k.b00"), kKernel, kCommand}), "");
  EXPECT_NE(wrong({version("b.b00"), version("b.b00"), kKernel, kCommand}), "");
  EXPECT_NE(wrong({version("b.b00"), kKernel, version("vmx.v00"), kModule, kCommand}), "");
  EXPECT_NE(wrong({version("b.b00"), kKernel, kCommand, version("k.b00")}), "");
  EXPECT_NE(wrong({version("b.b00"), kKernel, version("k.b00"), kCommand}), "");
  EXPECT_NE(wrong({{Kind::kVersion, 14, "b.b00"}, kKernel, kCommand}), "");
}

}  // namespace
}  // namespace quotemill
