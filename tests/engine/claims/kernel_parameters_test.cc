#include "engine/claims/kernel_parameters.h"

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using namespace std::string_view_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(KernelParameters, AreSplitAtWhiteSpaceOutsideOfDoubleQuotes) {
  EXPECT_THAT(kernel_parameters("  ro\tquiet\nroot=/dev/sda1\v"),
              ElementsAre("ro", "quiet", "root=/dev/sda1"));
  EXPECT_THAT(kernel_parameters("dyndbg=\"file a +p\" ro"), ElementsAre("dyndbg=file a +p", "ro"));
  EXPECT_THAT(kernel_parameters("a='b c'"), ElementsAre("a='b", "c'"));
  EXPECT_THAT(kernel_parameters(""), IsEmpty());
  EXPECT_THAT(kernel_parameters(" \t "), IsEmpty());
}

TEST(KernelParameters, LoseTheQuotesThatTheKernelTakesOff) {
  EXPECT_THAT(kernel_parameters("\"init=/bin/sh\""), ElementsAre("init=/bin/sh"));
  EXPECT_THAT(kernel_parameters("init=\"/bin/sh\""), ElementsAre("init=/bin/sh"));
  EXPECT_THAT(kernel_parameters("\"init=/bin/sh"), ElementsAre("init=/bin/sh")) << "left open";
}

TEST(KernelParametersHostile, NoByteHidesWhatFollows) {
  for (const std::string_view space : {"\0"sv, "\xA0"sv, "\f"sv, "\r"sv}) {
    EXPECT_THAT(kernel_parameters("quiet" + std::string(space) + "init=/bin/sh"),
                ElementsAre("quiet", "init=/bin/sh"));
  }
}

TEST(KernelParameters, HaveTheSpellingsThatTheirReadersTakeForTheSame) {
  EXPECT_EQ(spellings("ima-appraise=a-b").front(), "ima-appraise=a-b");
  EXPECT_THAT(spellings("ima-appraise=a-b"), Contains("ima_appraise=a-b")) << "the name alone";
  EXPECT_THAT(spellings("systemd.debug_shell"), Contains("systemd.debug-shell"));
  EXPECT_THAT(spellings("'systemd.debug-shell'"), Contains("systemd.debug-shell"));
  EXPECT_THAT(spellings("systemd.\"debug\"-shell"), Contains("systemd.debug-shell"));
  EXPECT_THAT(spellings("ro"), ElementsAre("ro"));
}

TEST(KernelParameters, AreShownWithoutSecrets) {
  EXPECT_EQ(shown_parameter("rd.luks.password=open sesame"), "rd.luks.password=[redacted]");
  EXPECT_EQ(shown_parameter("root=/dev/sda1"), "root=/dev/sda1");
  EXPECT_THAT(shown_parameter("a\nb"), Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace quotemill
