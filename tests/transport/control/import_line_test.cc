#include "transport/control/import_line.h"

#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "transport/socket/curve.h"

namespace quotemill::transport {
namespace {

using ::testing::HasSubstr;

ImportedIdentity identity() {
  ImportedIdentity out;
  out.name = "web-01";
  out.ak_public = {1, 2, 3};
  out.curve_key.fill(7);
  return out;
}

std::string refusal(const Json& line) {
  const Result<ImportedIdentity> read = read_import(line);
  return read ? "no refusal" : read.error().to_string();
}

TEST(ImportLine, IsReadAsItIsWritten) {
  ImportedIdentity wanted = identity();
  for (const bool is_full : {false, true}) {
    if (is_full) {
      wanted.ek_public = {4, 5};
      wanted.ek_certificate = {6};
      wanted.uid = HostUid{{8}};
    }
    const Result<ImportedIdentity> read = read_import(render_import(wanted));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read->name, wanted.name);
    EXPECT_EQ(read->ak_public, wanted.ak_public);
    EXPECT_EQ(read->curve_key, wanted.curve_key);
    EXPECT_EQ(read->ek_public, wanted.ek_public);
    EXPECT_EQ(read->ek_certificate, wanted.ek_certificate);
    EXPECT_EQ(read->uid, wanted.uid);
  }
}

TEST(ImportLine, NamesTheFieldThatIsWrong) {
  const Json good = render_import(identity());
  const std::vector<std::tuple<std::string, Json, std::string>> cases = {
      {"name", nullptr, "name is missing"},
      {"name", 7, "name is no text"},
      {"ak_public", nullptr, "ak_public is missing"},
      {"ak_public", "0g", "ak_public is no even number of hexadecimal digits"},
      {"ak_public", "123", "ak_public is no even number of hexadecimal digits"},
      {"ak_public", std::string(2 * (limits::kPublicSizeMax + 3), '0'), "ak_public is longer"},
      {"curve_key", nullptr, "curve_key is missing"},
      {"curve_key", std::string(64, 'a'), "curve_key is no CURVE public key"},
      {"uid", "12", "uid is no 32 hexadecimal digits"},
      {"akpublic", "00", "did you mean ak_public?"},
      {"\x1b[2J", "00", "\\x1b[2J is no field"}};
  for (const auto& [field, value, wanted] : cases) {
    Json line = good;
    line[field] = value;
    EXPECT_THAT(refusal(line), HasSubstr(wanted)) << field;
  }
  EXPECT_THAT(refusal(Json::array()), HasSubstr("is no JSON object"));
}

}  // namespace
}  // namespace quotemill::transport
