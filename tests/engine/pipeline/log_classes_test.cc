#include "engine/pipeline/log_classes.h"

#include <map>
#include <random>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

Digest id_of(std::uint64_t number) {
  return hash(HashAlgorithm::kSha256, as_bytes("log " + std::to_string(number)));
}

// Has nothing but logs, and tells log n as n modulo 10; those of odd thousands are not stored.
class Told final : public History {
 public:
  Result<void> for_each_host(
      const std::function<void(HostRecord, std::optional<HostState>)>&) const override {
    return nothing_;
  }

  [[nodiscard]] Result<std::vector<std::shared_ptr<const Baseline>>> baselines() const override {
    return nothing_;
  }

  [[nodiscard]] Result<std::vector<std::shared_ptr<const PolicyRecord>>> policies() const override {
    return nothing_;
  }

  [[nodiscard]] Result<Rollouts> rollouts() const override { return nothing_; }

  [[nodiscard]] Result<std::vector<TokenRecord>> tokens() const override { return nothing_; }

  [[nodiscard]] Result<std::vector<HistoryEntry>> history(const HostUid&, std::uint64_t,
                                                          std::size_t) const override {
    return nothing_;
  }

  [[nodiscard]] Result<std::vector<VerdictRevision>> revisions(const HostUid&, std::uint64_t,
                                                               std::uint64_t,
                                                               std::size_t) const override {
    return nothing_;
  }

  [[nodiscard]] Result<HostRecord> former_identity(const HostUid&, std::uint32_t) const override {
    return nothing_;
  }

  [[nodiscard]] Result<Bytes> ek_certificate(const HostUid&, const Digest&) const override {
    return nothing_;
  }

  [[nodiscard]] Result<std::vector<Change>> changes(std::uint64_t, std::size_t) const override {
    return nothing_;
  }

  [[nodiscard]] Result<std::vector<AuditRecord>> audit(std::uint64_t, std::size_t) const override {
    return nothing_;
  }

  [[nodiscard]] Result<AuditHead> audit_head() const override { return nothing_; }

  [[nodiscard]] Result<Bytes> boot_log(const Digest&) const override { return nothing_; }

  [[nodiscard]] Result<Bytes> reference_file(const Digest&) const override { return nothing_; }

  [[nodiscard]] Result<StoreStatus> status() const override { return nothing_; }

  Result<void> boot_log_tellings(
      std::span<const Digest> ids,
      const std::function<void(std::size_t place, ByteView telling)>& visit) const override {
    if (fails) {
      return nothing_;
    }
    for (std::size_t place = 0; place < ids.size(); ++place) {
      EXPECT_TRUE(place == 0 || ids[place - 1] < ids[place]) << "in order, each once";
      const std::uint64_t number = numbers.at(ids[place]);
      if (number / 1'000 % 2 == 0) {
        visit(place, as_bytes(std::to_string(number % 10)));
      }
    }
    return {};
  }

  std::map<Digest, std::uint64_t> numbers;
  bool fails = false;

 private:
  const Error nothing_{ErrorCode::kStorage, "nothing but logs"};
};

class LogClassesTest : public ::testing::TestWithParam<unsigned> {
 protected:
  std::vector<Digest> logs(std::uint64_t count) {
    std::vector<Digest> out;
    for (std::uint64_t number = 0; number < count; ++number) {
      out.push_back(id_of(number));
      store_.numbers[out.back()] = number;
    }
    out.insert(out.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count / 2));
    return out;
  }

  Told store_;
};

TEST_P(LogClassesTest, LogsThatAreToldAlikeAreOfOneClass) {
  const std::uint64_t count = 50'000;
  const Result<LogClasses> classes = LogClasses::of(logs(count), store_, GetParam());
  ASSERT_TRUE(classes);
  EXPECT_EQ(classes->count(), 10U);
  std::map<std::uint64_t, std::uint32_t> of_telling;
  for (std::uint64_t number = 0; number < count; ++number) {
    const auto found = classes->find(id_of(number));
    if (number / 1'000 % 2 != 0) {
      ASSERT_FALSE(found) << number;
      continue;
    }
    ASSERT_TRUE(found) << number;
    ASSERT_LT(*found, 10U);
    ASSERT_EQ(of_telling.try_emplace(number % 10, *found).first->second, *found);
  }
  EXPECT_EQ(of_telling.size(), 10U);
}

TEST_P(LogClassesTest, FindsNoLogThatItWasNotAskedFor) {
  for (const std::uint64_t count : {0U, 1U, 2U}) {
    const Result<LogClasses> classes = LogClasses::of(logs(count), store_, GetParam());
    ASSERT_TRUE(classes);
    EXPECT_EQ(classes->count(), count);
    EXPECT_FALSE(classes->find(id_of(77)));
    EXPECT_FALSE(classes->find(Digest(HashAlgorithm::kSha384)));
  }
}

TEST_P(LogClassesTest, FindsTheFirstAndTheLastOfAllIds) {
  Digest first;
  Digest last;
  std::fill(last.writable().begin(), last.writable().end(), std::uint8_t{0xFF});
  store_.numbers = {{first, 1}, {last, 2}};
  const Result<LogClasses> classes = LogClasses::of({last, first}, store_, GetParam());
  ASSERT_TRUE(classes);
  ASSERT_TRUE(classes->find(first));
  ASSERT_TRUE(classes->find(last));
  EXPECT_NE(*classes->find(first), *classes->find(last));
}

TEST_P(LogClassesTest, AFailureOfTheHistoryIsAnError) {
  store_.fails = true;
  EXPECT_FALSE(LogClasses::of(logs(10), store_, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Threads, LogClassesTest, ::testing::Values(1U, 2U, 5U));

TEST(LogClasses, KnowsNoLogUnlessItWasMade) {
  EXPECT_FALSE(LogClasses().find(id_of(1)));
  EXPECT_EQ(LogClasses().count(), 0U);
}

}  // namespace
}  // namespace quotemill
