#include "deploy/quotemill/output.h"

#include <sstream>

#include <gtest/gtest.h>

namespace quotemill::cli {
namespace {

std::string printed(const Table& table, const Style& style) {
  std::ostringstream out;
  table.print(out, style);
  return out.str();
}

Table two_hosts() {
  Table table({"HOST", "STATE", "WHY"});
  table.add({{"web-01"}, {"trusted", Colour::kGreen}, {""}});
  table.add({{"a-longer-name"}, {"failed", Colour::kRed}, {std::string(60, 'x')}});
  return table;
}

TEST(OutputCve, Cve2022_23949_TerminalEscapesAreNotPrinted) {
  EXPECT_EQ(printable("web\x1b[2J\n\t\x7f\xff|=\"<b>"), "web\\x1b[2J\\x0a\\x09\\x7f\\xff|=\"<b>");
  EXPECT_EQ(text_of(Json("\xe2\x80\xae")), "\\xe2\\x80\\xae");  // right-to-left override
  EXPECT_EQ(text_of(Json("a\\x1bb")), "a\\x1bb");               // escaped already: as it is
  EXPECT_EQ(text_of(Json{{"k", "\x1b"}}), R"({"k":"\u001b"})");
  EXPECT_EQ(time_of(Json("2026-11-24T03:31\x1b[31m:09.123Z")).find('\x1b'), std::string::npos);
}

TEST(Output, ReadsWhatIsThereAndShowsWhatIsNot) {
  const Json object = {{"name", "web"}, {"count", 3}, {"none", nullptr}};
  EXPECT_EQ(text_at(object, "name"), "web");
  EXPECT_EQ(text_at(object, "count"), "3");
  EXPECT_EQ(text_at(object, "none"), "-");
  EXPECT_EQ(text_at(object, "absent"), "-");
  EXPECT_EQ(text_at(Json("no object"), "name"), "-");
  EXPECT_EQ(time_of(Json("2026-11-24T03:31:09.123Z")), "2026-11-24T03:31:09Z");
  EXPECT_EQ(time_of(nullptr), "-");
  EXPECT_EQ(size_of(Json(512)), "512 B");
  EXPECT_EQ(size_of(Json(1536)), "1.5 KiB");
  EXPECT_EQ(size_of(nullptr), "-");
  EXPECT_EQ(seconds_of(Json(6000)), "6s");
  EXPECT_EQ(seconds_of(Json(6001)), "7s");
  EXPECT_EQ(seconds_of(Json(0)), "0s");
  EXPECT_EQ(seconds_of(Json("x")), "-");
}

TEST(Output, AlignsColumns) {
  const std::string text = printed(two_hosts(), {});
  EXPECT_EQ(text.substr(0, text.find("\nweb")), "HOST           STATE    WHY");
  EXPECT_NE(text.find("web-01         trusted  \n"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "colours without a terminal";
}

TEST(Output, CutsTheLastColumnAtTheTerminalsWidth) {
  Style style;
  style.width = 40;
  std::istringstream lines(printed(two_hosts(), style));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 40U) << line;
  }
}

TEST(Output, PlainTablesAreFieldsBetweenTabsAndNothingElse) {
  EXPECT_EQ(printed(two_hosts(), kPlainStyle),
            "web-01\ttrusted\t-\na-longer-name\tfailed\t" + std::string(60, 'x') + "\n");
}

TEST(Output, PlainFieldsAreALineForEachValueUnderItsKeys) {
  std::ostringstream out;
  print_fields(out, {{"a", {{"b", 1}, {"c\t", "x\ty\n"}}},
                     {"d", {"e", {{"f", nullptr}}}},
                     {"empty", Json::array()},
                     {"g", true}});
  EXPECT_EQ(out.str(), "a.b\t1\na.c\\x09\tx\\x09y\\x0a\nd.0\te\nd.1.f\t-\ng\ttrue\n");
  out.str({});
  print_fields(out, nullptr);
  EXPECT_EQ(out.str(), "answer\t-\n");
}

TEST(Output, ColoursStatesAndHidesHeadersWhenAsked) {
  Style style;
  style.has_colour = true;
  style.has_headers = false;
  const std::string text = printed(two_hosts(), style);
  EXPECT_EQ(text.find("HOST"), std::string::npos);
  EXPECT_NE(text.find("\x1b[32mtrusted\x1b[0m"), std::string::npos);
  EXPECT_EQ(colour_of_state("stale"), Colour::kGrey);
  EXPECT_EQ(colour_of_state("anything else"), Colour::kGrey);
}

TEST(Output, HasNoColourWithoutATerminal) {
  EXPECT_FALSE(style_of(-1, false, false).has_colour);
  EXPECT_EQ(style_of(-1, false, false).width, 0U);
}

}  // namespace
}  // namespace quotemill::cli
