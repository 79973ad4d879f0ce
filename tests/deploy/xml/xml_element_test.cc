#include "deploy/xml/xml_element.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quotemill {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::string_view xml, const XmlLimits& limits = {}) {
  const Result<XmlElement> read = parse_xml(xml, limits);
  return read ? "none" : read.error().detail;
}

std::string nested(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) {
    out += "<a>";
  }
  for (std::size_t i = 0; i < depth; ++i) {
    out += "</a>";
  }
  return out;
}

TEST(XmlElement, ReadsElementsAttributesAndText) {
  const Result<XmlElement> root = parse_xml(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding='UTF-8'?>\n<!-- x --><s:vib xmlns:s='urn:x' "
      "version=\"5.0\" s:type='t&amp;&#65;'>\n<name> esx&lt;base </name><a/>tail<![CDATA[<raw>]]>"
      "</s:vib>\n");
  ASSERT_TRUE(root) << root.error().detail;
  EXPECT_EQ(root->name, "vib");
  EXPECT_EQ(root->attribute("version"), "5.0");
  EXPECT_EQ(root->attribute("s:type"), "t&A");
  EXPECT_EQ(root->attribute("none"), "");
  EXPECT_EQ(root->text_of("name"), "esx<base");
  EXPECT_EQ(root->text_of("none"), "");
  EXPECT_EQ(root->children.size(), 2U);
  EXPECT_EQ(trimmed(root->text), "tail<raw>");
}

TEST(XmlElement, RefusesEntities) {
  EXPECT_THAT(refusal("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), HasSubstr("document type"));
  EXPECT_THAT(refusal("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), HasSubstr("document type"));
  EXPECT_THAT(refusal("<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><a/>"),
              HasSubstr("document type"));
  EXPECT_THAT(refusal("<a>&b;</a>"), HasSubstr("line 1"));
  EXPECT_THAT(refusal("<a b='&c;'/>"), HasSubstr("line 1"));
}

TEST(XmlElement, RefusesABillionLaughsBeforeTheFirstOne) {
  std::string bomb = "<!DOCTYPE lolz [<!ENTITY l0 'lol'>";
  for (int i = 1; i < 20; ++i) {
    const std::string below = "&l" + std::to_string(i - 1) + ";";
    bomb += "<!ENTITY l" + std::to_string(i) + " '";
    for (int j = 0; j < 10; ++j) {
      bomb += below;
    }
    bomb += "'>";
  }
  EXPECT_THAT(refusal(bomb + "]><lolz>&l19;</lolz>"), HasSubstr("document type"));
}

TEST(XmlElement, RefusesWhatIsTooDeepTooManyOrTooLarge) {
  EXPECT_EQ(refusal(nested(32)), "none");
  EXPECT_THAT(refusal(nested(33)), HasSubstr("too deep"));
  EXPECT_THAT(refusal(nested(200'000)), HasSubstr("too deep"));
  EXPECT_EQ(refusal("<a><b/><b/></a>", {.elements = 3}), "none");
  EXPECT_THAT(refusal("<a><b/><b/></a>", {.elements = 2}), HasSubstr("more elements"));
  EXPECT_THAT(refusal("<a b='1' c='2'/>", {.attributes = 1}), HasSubstr("attributes"));
  EXPECT_THAT(refusal("<a/>", {.size = 3}), HasSubstr("larger than 3 bytes"));
}

TEST(XmlElement, RefusesOtherEncodings) {
  EXPECT_THAT(refusal("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal("<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-"), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal(std::string_view("\xFF\xFE<\0a\0/\0>\0", 10)), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal(std::string_view("<\0a\0/\0>\0", 8)), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal("\x4C\x6F\xA7\x94"), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal("<a>\xC3\x28</a>"), HasSubstr("line 1"));
}

TEST(XmlElement, RefusesWhatIsNotWellFormed) {
  for (const char* const xml : {"", "x", "<", "<a>", "<a></b>", "<a/><b/>", "<a b='1' b='2'/>",
                                "<a b=1/>", "<a>\x01</a>", "<a/>x", "<?xml version='1.0'?>"}) {
    EXPECT_NE(refusal(xml), "none") << xml;
  }
  EXPECT_THAT(refusal("<a/><?php x?>"), HasSubstr("processing instruction"));
  EXPECT_THAT(refusal("<a>\n\n<\x1b></a>"), HasSubstr("line 3"));
}

TEST(XmlElement, RefusesEveryBeginningOfAFile) {
  const std::string whole = "<?xml version='1.0'?><a b='c'>t<d>&lt;</d><![CDATA[x]]></a>";
  ASSERT_EQ(refusal(whole), "none");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(std::string_view(whole).substr(0, size)), "none") << size;
  }
}

}  // namespace
}  // namespace quotemill
