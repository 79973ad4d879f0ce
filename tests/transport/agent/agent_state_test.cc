#include "transport/agent/agent_state.h"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace quotemill::agent {
namespace {

using testing::read_file;
using testing::TempFolder;
using testing::write_file;

AgentState enrolled_state() {
  AgentState state;
  state.ek_kind = EkKind::kEccP384;
  state.ak_kind = AkKind::kRsapss2048;
  state.ak = {{1, 2, 3}, {4, 5}};
  state.enrolment = Enrolment{HostUid{{7, 7, 7}}, 3, 0x1'0000'0002};
  return state;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};

  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

void expect_equal(const AgentState& left, const AgentState& right) {
  EXPECT_EQ(left.ek_kind, right.ek_kind);
  EXPECT_EQ(left.ak_kind, right.ak_kind);
  EXPECT_EQ(left.ak.public_blob, right.ak.public_blob);
  EXPECT_EQ(left.ak.private_blob, right.ak.private_blob);
  EXPECT_EQ(left.enrolment, right.enrolment);
}

TEST(AgentState, DecodesWhatItEncodes) {
  AgentState state = enrolled_state();
  Result<AgentState> decoded = decode_agent_state(encode_agent_state(state));
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  expect_equal(*decoded, state);
  state.enrolment.reset();
  decoded = decode_agent_state(encode_agent_state(state));
  ASSERT_TRUE(decoded);
  expect_equal(*decoded, state);
}

TEST(AgentState, RefusesEveryChangedByteAndEveryTruncation) {
  const Bytes whole = encode_agent_state(enrolled_state());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes changed = whole;
    changed[i] ^= 1U;
    EXPECT_FALSE(decode_agent_state(changed)) << i;
    EXPECT_FALSE(decode_agent_state(ByteView(whole).first(i))) << i;
  }
}

TEST(StateFolder, IsMadeForItsOwnerAlone) {
  const TempFolder parent;
  const auto path = parent / "state";
  Result<StateFolder> folder = StateFolder::open(path);
  ASSERT_TRUE(folder) << folder.error().to_string();
  ASSERT_TRUE(folder->save_state(enrolled_state()));
  ASSERT_TRUE(folder->save_curve_key(Bytes(64, 9)));
  EXPECT_EQ(mode_of(path), 0700U);
  EXPECT_EQ(mode_of(path / "state"), 0600U);
  EXPECT_EQ(mode_of(path / "curve_key"), 0600U);
}

TEST(StateFolder, IsEmptyBeforeTheFirstSave) {
  const TempFolder parent;
  Result<StateFolder> folder = StateFolder::open(parent / "state");
  ASSERT_TRUE(folder);
  const auto state = folder->load_state();
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->has_value());
  const auto key = folder->load_curve_key();
  ASSERT_TRUE(key);
  EXPECT_FALSE(key->has_value());
}

TEST(StateFolder, KeepsTheLastSaveAcrossRestarts) {
  const TempFolder parent;
  AgentState state = enrolled_state();
  {
    Result<StateFolder> folder = StateFolder::open(parent / "state");
    ASSERT_TRUE(folder && folder->save_state(state));
    state.enrolment->receipt += 1;
    ASSERT_TRUE(folder->save_state(state));
    ASSERT_TRUE(folder->save_curve_key(Bytes(64, 9)));
  }
  Result<StateFolder> folder = StateFolder::open(parent / "state");
  ASSERT_TRUE(folder) << folder.error().to_string();
  const auto loaded = folder->load_state();
  ASSERT_TRUE(loaded && loaded->has_value());
  expect_equal(**loaded, state);
  const auto key = folder->load_curve_key();
  ASSERT_TRUE(key && key->has_value());
  EXPECT_EQ(**key, Bytes(64, 9));
}

TEST(StateFolder, ReplacesWhatACrashLeftHalfWritten) {
  const TempFolder parent;
  Result<StateFolder> folder = StateFolder::open(parent / "state");
  ASSERT_TRUE(folder && folder->save_state(enrolled_state()));
  write_file(parent / "state" / "state.new", Bytes{1});
  const auto loaded = folder->load_state();
  ASSERT_TRUE(loaded && loaded->has_value());
  ASSERT_TRUE(folder->save_state(enrolled_state()));
  EXPECT_FALSE(std::filesystem::exists(parent / "state" / "state.new"));
}

TEST(StateFolder, AdmitsOneAgentAtATime) {
  const TempFolder parent;
  const Result<StateFolder> first = StateFolder::open(parent / "state");
  ASSERT_TRUE(first);
  const Result<StateFolder> second = StateFolder::open(parent / "state");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_NE(second.error().detail.find("set another host.state_folder"), std::string::npos);
}

// CVE-2022-23952: secrets that others could read.
TEST(StateFolderCve, Cve2022_23952_RefusesAFolderOpenToOthersAndNamesTheRemedy) {
  const TempFolder parent;
  const auto path = parent / "state";
  for (const mode_t mode : {0750U, 0705U, 0770U, 0777U, 0701U}) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const Result<StateFolder> folder = StateFolder::open(path);
    ASSERT_FALSE(folder) << std::oct << mode;
    EXPECT_EQ(folder.error().code, ErrorCode::kDenied);
    EXPECT_NE(folder.error().detail.find("chmod 0700 " + path.string()), std::string::npos)
        << folder.error().detail;
  }
}

TEST(StateFolderCve, Cve2022_23952_RefusesFilesOpenToOthers) {
  const TempFolder parent;
  Result<StateFolder> folder = StateFolder::open(parent / "state");
  ASSERT_TRUE(folder && folder->save_state(enrolled_state()));
  ASSERT_TRUE(folder->save_curve_key(Bytes(64, 9)));
  for (const char* name : {"state", "curve_key"}) {
    ASSERT_EQ(chmod((parent / "state" / name).c_str(), 0644), 0);
  }
  const auto state = folder->load_state();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kDenied);
  EXPECT_NE(state.error().detail.find("chmod 0600"), std::string::npos);
  EXPECT_FALSE(folder->load_curve_key());
}

TEST(StateFolder, RefusesLinksInPlaceOfFolderOrFile) {
  const TempFolder parent;
  std::filesystem::create_directory(parent / "real");
  ASSERT_EQ(chmod((parent / "real").c_str(), 0700), 0);
  std::filesystem::create_directory_symlink(parent / "real", parent / "link");
  EXPECT_FALSE(StateFolder::open(parent / "link"));
  Result<StateFolder> folder = StateFolder::open(parent / "real");
  ASSERT_TRUE(folder);
  write_file(parent / "elsewhere", encode_agent_state(enrolled_state()));
  ASSERT_EQ(chmod((parent / "elsewhere").c_str(), 0600), 0);
  std::filesystem::create_symlink(parent / "elsewhere", parent / "real" / "state");
  EXPECT_FALSE(folder->load_state());
}

TEST(StateFolder, SaysWhatToDoAboutADamagedState) {
  const TempFolder parent;
  Result<StateFolder> folder = StateFolder::open(parent / "state");
  ASSERT_TRUE(folder && folder->save_state(enrolled_state()));
  Bytes contents = read_file(parent / "state" / "state");
  contents[10] ^= 0x80U;
  write_file(parent / "state" / "state", contents);
  const auto state = folder->load_state();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kMalformed);
  EXPECT_NE(state.error().detail.find("enrol"), std::string::npos);
}

TEST(StateFolder, NamesAFolderThatCannotBeMadeAndSaysWhatToDo) {
  const TempFolder parent;
  const Result<StateFolder> folder = StateFolder::open(parent / "absent" / "state");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().detail.find("absent/state"), std::string::npos);
  EXPECT_NE(folder.error().detail.find("mkdir -p " + std::string(parent / "absent")),
            std::string::npos)
      << folder.error().detail;
  EXPECT_NE(folder.error().detail.find("host.state_folder"), std::string::npos);
}

}  // namespace
}  // namespace quotemill::agent
