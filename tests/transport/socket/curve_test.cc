#include "transport/socket/curve.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/base/bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill::transport {
namespace {

using testing::TempFolder;

CurveKeyPair fresh_pair() {
  const Result<CurveKeyPair> pair = generate_key_pair();
  EXPECT_TRUE(pair);
  return *pair;
}

TEST(Curve, MakesADifferentPairEachTime) {
  EXPECT_NE(fresh_pair().public_key, fresh_pair().public_key);
}

TEST(Curve, FindsThePublicKeyOfASecretOne) {
  const Result<CurveKeyPair> pair = generate_key_pair();
  ASSERT_TRUE(pair);
  const Result<CurveKeyPair> found = key_pair_of(pair->secret_key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->public_key, pair->public_key);
  EXPECT_EQ(found->secret_key, pair->secret_key);
}

TEST(Curve, Z85RoundTrips) {
  const CurveKeyPair pair = fresh_pair();
  const std::string text = to_z85(pair.public_key);
  EXPECT_EQ(text.size(), 40U);
  EXPECT_EQ(from_z85(text), pair.public_key);
}

TEST(Curve, Z85RefusesWhatIsNot) {
  const std::string good = to_z85(fresh_pair().public_key);
  EXPECT_FALSE(from_z85(""));
  EXPECT_FALSE(from_z85(good.substr(1)));
  EXPECT_FALSE(from_z85(good + "0"));
  EXPECT_FALSE(from_z85(good.substr(1) + "\n"));
  EXPECT_FALSE(from_z85(good.substr(1) + "\x80"));
  EXPECT_FALSE(from_z85(std::string(40, '#')));  // above 2^32
}

TEST(CurveKeyFile, IsReadBackAndBelongsToItsOwnerAlone) {
  const TempFolder folder;
  const auto path = folder / "key";
  const CurveKeyPair pair = fresh_pair();
  ASSERT_TRUE(write_key_file(path, pair));

  struct stat info {};

  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const Result<CurveKeyPair> read = read_key_file(path);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->public_key, pair.public_key);
  EXPECT_EQ(read->secret_key, pair.secret_key);
}

TEST(CurveKeyFile, NeverReplacesAKey) {
  const TempFolder folder;
  const auto path = folder / "key";
  const CurveKeyPair first = fresh_pair();
  ASSERT_TRUE(write_key_file(path, first));
  EXPECT_EQ(write_key_file(path, fresh_pair()).error().code, ErrorCode::kConflict);
  EXPECT_EQ(read_key_file(path)->public_key, first.public_key);
}

TEST(CurveKeyFile, IsRefusedWhenOthersMayReadIt) {
  const TempFolder folder;
  const auto path = folder / "key";
  ASSERT_TRUE(write_key_file(path, fresh_pair()));
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(read_key_file(path).error().code, ErrorCode::kDenied);
}

TEST(CurveKeyFile, IsRefusedWhenDamaged) {
  const TempFolder folder;
  const auto path = folder / "key";
  const CurveKeyPair pair = fresh_pair();
  const CurveKeyPair mixed{fresh_pair().public_key, pair.secret_key};
  ASSERT_TRUE(write_key_file(path, mixed));
  EXPECT_EQ(read_key_file(path).error().code, ErrorCode::kMalformed);
  for (const std::string& content :
       {std::string(), std::string("public x\n"), "public " + to_z85(pair.public_key) + "\n",
        "public " + to_z85(pair.public_key) + "\nsecret " + to_z85(pair.secret_key) + "\nmore"}) {
    testing::write_file(path, as_bytes(content));
    EXPECT_EQ(read_key_file(path).error().code, ErrorCode::kMalformed) << content;
  }
}

TEST(CurveKeyFile, IsMadeOnceAndThenLoaded) {
  const TempFolder folder;
  const auto path = folder / "key";
  EXPECT_EQ(read_key_file(path).error().code, ErrorCode::kNotFound);
  const Result<CurveKeyPair> made = load_or_create_key_file(path);
  ASSERT_TRUE(made);
  EXPECT_EQ(load_or_create_key_file(path)->public_key, made->public_key);
}

TEST(CurveKeyFile, TellsThatAFolderIsMissing) {
  const Result<CurveKeyPair> made = load_or_create_key_file("/nonexistent-folder/key");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kNotFound);
  EXPECT_NE(made.error().to_string().find("/nonexistent-folder"), std::string::npos);
}

}  // namespace
}  // namespace quotemill::transport
