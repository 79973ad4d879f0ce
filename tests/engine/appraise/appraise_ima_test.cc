#include "engine/appraise/appraise_ima.h"

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/engine/verify/ima_signing.h"

namespace quotemill {
namespace {

using testing::binary_entry;
using testing::cached_key;
using testing::digest_field;
using ::testing::ElementsAre;
using testing::field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::joined;
using testing::measured_entry;
using testing::self_signed;
using testing::text_field;

Digest digest_of(std::string_view text) {
  return hash(HashAlgorithm::kSha256, as_bytes(text));
}

// One entry, judged, and what it borrows.
class Judged {
 public:
  Judged(const ImaRules& rules, Bytes list) : list_(std::move(list)), reader_(list_) {
    entry_ = reader_.next();
    EXPECT_NE(entry_, nullptr);
    judgement_ = appraise_ima_entry(rules, *entry_);
  }

  Judged(const Judged&) = delete;
  Judged& operator=(const Judged&) = delete;

  [[nodiscard]] const ImaJudgement& operator*() const { return judgement_; }

  [[nodiscard]] ImaOutcome outcome() const { return judgement_.outcome; }

  [[nodiscard]] std::vector<std::pair<FindingCode, Severity>> remarks() const {
    std::vector<std::pair<FindingCode, Severity>> all;
    for (const ImaRemark& remark : judgement_.remarks()) {
      all.emplace_back(remark.code, remark.severity);
    }
    return all;
  }

  [[nodiscard]] Finding finding() const {
    return finding_of(judgement_.remarks().front(), judgement_, *entry_, 7);
  }

 private:
  Bytes list_;
  ImaReader reader_;
  const ImaEntry* entry_ = nullptr;
  ImaJudgement judgement_;
};

Bytes file(std::string_view path, const Digest& digest, ByteView signature = {}) {
  return measured_entry("ima-sig", joined({digest_field(name_of(digest.algorithm()), digest.view()),
                                           text_field(path), field(signature)}));
}

Bytes buffer(std::string_view name, ByteView bytes) {
  return measured_entry("ima-buf",
                        joined({digest_field("sha256", hash(HashAlgorithm::kSha256, bytes).view()),
                                text_field(name), field(bytes)}));
}

class AppraiseIma : public ::testing::Test {
 protected:
  AppraiseIma() {
    ImaReferencesBuilder builder;
    EXPECT_TRUE(builder.add("/usr/bin/ls", digest_of("ls"), "coreutils 9.1"));
    EXPECT_TRUE(builder.add("kexec-cmdline", digest_of("ro quiet")));
    references_ = builder.build();
    exclusions_ = *PathPatterns::compile(std::vector<std::string>{"/var/.*", "/usr/bin/excluded"});
    EXPECT_TRUE(keyring_.add(certificate_));
    rules_ = {.references = &references_, .exclusions = &exclusions_, .keyring = &keyring_};
  }

  Bytes signature_of(const Digest& digest) const {
    return testing::file_signature(key_, ima_key_id(certificate_), digest);
  }

  testing::SigningKey key_ = cached_key(KeyKind::kEcP256);
  Certificate certificate_ = self_signed({.common_name = "Vendor"}, key_);
  ImaReferences references_;
  PathPatterns exclusions_;
  ImaKeyring keyring_;
  ImaRules rules_;
};

TEST_F(AppraiseIma, AKnownFileIsReferenced) {
  const Judged judged(rules_, file("/usr/bin/ls", digest_of("ls")));
  EXPECT_EQ(judged.outcome(), ImaOutcome::kReferenced);
  EXPECT_EQ((*judged).proof, ImaProof::kDataProven);
  EXPECT_EQ((*judged).reference.package, "coreutils 9.1");
  EXPECT_THAT(judged.remarks(), IsEmpty());
}

TEST_F(AppraiseIma, KnownContentsElsewhereAreTold) {
  EXPECT_EQ(Judged(rules_, file("/container/bin/ls", digest_of("ls"))).outcome(),
            ImaOutcome::kReferencedElsewhere);
}

TEST_F(AppraiseIma, AnotherDigestOfAKnownPathFails) {
  const Judged judged(rules_, file("/usr/bin/ls", digest_of("trojan")));
  EXPECT_EQ(judged.outcome(), ImaOutcome::kWrongDigest);
  EXPECT_THAT(judged.remarks(),
              ElementsAre(std::pair(FindingCode::kImaFileDigest, Severity::kFail)));
  EXPECT_EQ(message_of(judged.finding()),
            "PCR 10, event 7: /usr/bin/ls has digest sha256:" + digest_of("trojan").hex() +
                ", the references expect sha256:" + digest_of("ls").hex());
}

TEST_F(AppraiseIma, AValidSignatureMakesAnotherDigestAWarning) {
  const Judged judged(rules_,
                      file("/usr/bin/ls", digest_of("ls 2"), signature_of(digest_of("ls 2"))));
  EXPECT_EQ(judged.outcome(), ImaOutcome::kWrongDigest);
  EXPECT_THAT(judged.remarks(),
              ElementsAre(std::pair(FindingCode::kImaFileDigest, Severity::kWarning)));
}

TEST_F(AppraiseIma, AnUnknownFileHasTheSeverityOfTheRule) {
  for (const Severity severity : {Severity::kInfo, Severity::kWarning, Severity::kFail}) {
    rules_.unknown_file = severity;
    const Judged judged(rules_, file("/tmp/x", digest_of("x")));
    EXPECT_EQ(judged.outcome(), ImaOutcome::kUnknown);
    EXPECT_THAT(judged.remarks(), ElementsAre(std::pair(FindingCode::kImaFileUnknown, severity)));
  }
}

TEST_F(AppraiseIma, ASignedFileNeedsNoReference) {
  const Judged judged(rules_, file("/opt/x", digest_of("x"), signature_of(digest_of("x"))));
  EXPECT_EQ(judged.outcome(), ImaOutcome::kSigned);
  EXPECT_THAT(judged.remarks(), IsEmpty());
  ASSERT_NE((*judged).signature.signer, nullptr);
}

TEST_F(AppraiseIma, AForgedSignatureFails) {
  const Judged judged(rules_, file("/opt/x", digest_of("y"), signature_of(digest_of("x"))));
  EXPECT_EQ(judged.outcome(), ImaOutcome::kUnknown);
  EXPECT_THAT(judged.remarks(),
              ElementsAre(std::pair(FindingCode::kImaSignature, Severity::kFail),
                          std::pair(FindingCode::kImaFileUnknown, Severity::kWarning)));
}

TEST_F(AppraiseIma, AnExcludedPathIsNotJudged) {
  EXPECT_EQ(Judged(rules_, file("/var/log/x", digest_of("x"))).outcome(), ImaOutcome::kExcluded);
  EXPECT_EQ(Judged(rules_, file("/var", digest_of("x"))).outcome(), ImaOutcome::kUnknown);
}

TEST_F(AppraiseIma, WithoutReferencesAndKeysNothingIsJudged) {
  rules_.references = nullptr;
  rules_.keyring = nullptr;
  const Judged judged(rules_, file("/tmp/x", digest_of("x")));
  EXPECT_EQ(judged.outcome(), ImaOutcome::kNotJudged);
  EXPECT_THAT(judged.remarks(), IsEmpty());
}

TEST_F(AppraiseIma, ADigestOfAnUnknownHashIsNotTheReferences) {
  const Bytes md5 = measured_entry(
      "ima-ng", joined({digest_field("md5", Bytes(16, 1)), text_field("/usr/bin/ls")}));
  EXPECT_EQ(Judged(rules_, md5).outcome(), ImaOutcome::kWrongDigest);
}

TEST_F(AppraiseIma, BuffersAreHeldAgainstTheirDigestAndReferences) {
  EXPECT_EQ(Judged(rules_, buffer("kexec-cmdline", as_bytes("ro quiet"))).outcome(),
            ImaOutcome::kReferenced);
  EXPECT_EQ(Judged(rules_, buffer("kexec-cmdline", as_bytes("rw"))).outcome(),
            ImaOutcome::kWrongDigest);
  EXPECT_EQ(Judged(rules_, buffer("selinux-state", as_bytes("enforcing=1"))).outcome(),
            ImaOutcome::kBuffer);
  const Bytes forged =
      measured_entry("ima-buf", joined({digest_field("sha256", digest_of("ro quiet").view()),
                                        text_field("kexec-cmdline"), field(as_bytes("rw"))}));
  EXPECT_THAT(Judged(rules_, forged).remarks(),
              ElementsAre(std::pair(FindingCode::kImaBufferDigest, Severity::kFail)));
}

TEST_F(AppraiseIma, KeysThatAreLoadedAreDecoded) {
  const Certificate other =
      self_signed({.common_name = "Mallory"}, cached_key(KeyKind::kEcP256, 1));
  const Judged good(rules_, buffer(".ima", certificate_.der()));
  EXPECT_EQ(good.outcome(), ImaOutcome::kKey);
  EXPECT_THAT(good.remarks(), IsEmpty());
  const Judged bad(rules_, buffer(".ima", other.der()));
  EXPECT_THAT(bad.remarks(),
              ElementsAre(std::pair(FindingCode::kImaKeyUnknown, Severity::kWarning)));
  EXPECT_THAT(message_of(bad.finding()), HasSubstr(".ima CN=Mallory"));
  const Judged builtin(rules_, buffer(".builtin_trusted_keys", other.der()));
  EXPECT_THAT(builtin.remarks(),
              ElementsAre(std::pair(FindingCode::kImaKeyUnknown, Severity::kInfo)));
  EXPECT_EQ(Judged(rules_, buffer(".ima", as_bytes("no key"))).outcome(), ImaOutcome::kBuffer);
}

// --- Hostile -------------------------------------------------------------------------------------

TEST_F(AppraiseIma, Hostile_AViolationIsAFindingAndNoExclusionIsBelievedForIt) {
  const auto violation = [](std::string_view path) {
    return binary_entry(10, Bytes(20, 0), "ima-ng",
                        joined({digest_field("sha256", Bytes(32, 0)), text_field(path)}));
  };
  const Judged sensitive(rules_, violation("/usr/bin/ls"));
  EXPECT_EQ(sensitive.outcome(), ImaOutcome::kViolation);
  EXPECT_EQ((*sensitive).proof, ImaProof::kNotMeasured);
  EXPECT_THAT(sensitive.remarks(),
              ElementsAre(std::pair(FindingCode::kImaViolation, Severity::kFail)));
  EXPECT_THAT(message_of(sensitive.finding()), HasSubstr("/usr/bin/ls"));
  EXPECT_THAT(Judged(rules_, violation("/var/log/x")).remarks(),
              ElementsAre(std::pair(FindingCode::kImaViolation, Severity::kWarning)));
}

TEST_F(AppraiseIma, Hostile_WithKeysAloneAnUnsignedFileIsUnknown) {
  rules_.references = nullptr;
  rules_.unknown_file = Severity::kFail;
  const Judged malware(rules_, file("/tmp/malware", digest_of("malware")));
  EXPECT_EQ(malware.outcome(), ImaOutcome::kUnknown);
  EXPECT_THAT(malware.remarks(),
              ElementsAre(std::pair(FindingCode::kImaFileUnknown, Severity::kFail)));
  EXPECT_EQ(Judged(rules_, file("/opt/x", digest_of("x"), signature_of(digest_of("x")))).outcome(),
            ImaOutcome::kSigned);
}

TEST_F(AppraiseIma, Hostile_WhereAllAreToBeSignedAReferencedFileWithoutSignatureIsTold) {
  const Bytes unsigned_file = file("/usr/bin/ls", digest_of("ls"));
  rules_.unknown_file = Severity::kFail;
  EXPECT_THAT(Judged(rules_, unsigned_file).remarks(), IsEmpty());
  rules_.signatures = ImaSignatures::kAll;
  const Judged judged(rules_, unsigned_file);
  EXPECT_EQ(judged.outcome(), ImaOutcome::kReferenced);
  EXPECT_THAT(judged.remarks(),
              ElementsAre(std::pair(FindingCode::kImaFileUnknown, Severity::kFail)));
  EXPECT_THAT(message_of(judged.finding()),
              HasSubstr("nor the signature that the policy asks for"));
  EXPECT_THAT(
      Judged(rules_, file("/usr/bin/ls", digest_of("ls"), signature_of(digest_of("ls")))).remarks(),
      IsEmpty());
}

TEST_F(AppraiseIma, Hostile_AChangedPathOrDigestIsUnproven) {
  Bytes entry = file("/usr/bin/xx", digest_of("ls"));
  const std::string_view text = as_text(entry);
  const std::size_t at = text.find("/usr/bin/xx");
  entry[at + 9] = 'l';
  entry[at + 10] = 's';
  const Judged judged(rules_, entry);
  EXPECT_EQ(judged.outcome(), ImaOutcome::kUnproven);
  EXPECT_THAT(judged.remarks(),
              ElementsAre(std::pair(FindingCode::kImaTemplateHash, Severity::kFail)));
  EXPECT_NE(judged.finding().digest, judged.finding().expected);
}

TEST_F(AppraiseIma, Hostile_AnEntryOfAnotherPcrProvesNothing) {
  const Bytes data = joined(
      {digest_field("sha256", digest_of("ls").view()), text_field("/usr/bin/ls"), field({})});
  const Judged judged(rules_,
                      binary_entry(11, hash(HashAlgorithm::kSha1, data).view(), "ima-sig", data));
  EXPECT_EQ((*judged).proof, ImaProof::kUnproven);
  EXPECT_EQ(judged.outcome(), ImaOutcome::kNotJudged);
}

TEST_F(AppraiseIma, Hostile_AnUnknownTemplateIsNeverFine) {
  const Judged judged(rules_, measured_entry("ima-new", as_bytes("whatever")));
  EXPECT_EQ(judged.outcome(), ImaOutcome::kUnreadable);
  EXPECT_THAT(judged.remarks(),
              ElementsAre(std::pair(FindingCode::kImaTemplateUnknown, Severity::kFail)));
  EXPECT_THAT(Judged(rules_, measured_entry("ima-ng", as_bytes("whatever"))).remarks(),
              ElementsAre(std::pair(FindingCode::kImaEntryMalformed, Severity::kFail)));
}

TEST_F(AppraiseIma, Hostile_AFileCalledBootAggregateIsAFile) {
  const Bytes entry = file("boot_aggregate", digest_of("malware"));
  EXPECT_EQ(Judged(rules_, entry).outcome(), ImaOutcome::kUnknown);
  rules_.boot_aggregate = digest_of("aggregate");
  EXPECT_EQ(Judged(rules_, entry).outcome(), ImaOutcome::kUnknown);
  EXPECT_EQ(Judged(rules_, file("boot_aggregate", digest_of("aggregate"))).outcome(),
            ImaOutcome::kBootAggregate);
}

TEST_F(AppraiseIma, Hostile_NamesAreEscapedAndCut) {
  const Judged judged(
      rules_, file("/tmp/\n10 0000 \x1B[31m\xFF " + std::string(4'000, 'x'), digest_of("x")));
  const std::string message = message_of(judged.finding());
  EXPECT_LE(message.size(), 760U);
  for (const char letter : message) {
    EXPECT_TRUE(letter >= ' ' && letter <= '~');
  }
}

TEST_F(AppraiseIma, Hostile_AFileListedAsABufferIsNoKnownBuffer) {
  const Bytes entry =
      measured_entry("ima-buf", joined({digest_field("sha256", digest_of("malware").view()),
                                        text_field("/tmp/malware"), field({})}));
  EXPECT_THAT(Judged(rules_, entry).remarks(),
              ElementsAre(std::pair(FindingCode::kImaBufferDigest, Severity::kFail)));
}

// A template's name is not measured, and root writes what he likes into a file's security.ima, from
// where the kernel measures it behind the file's own digest and path.
TEST_F(AppraiseIma, Hostile_AnAttributeListedAsTheDigestIsNotTheFiles) {
  const Bytes data =
      joined({digest_field("sha256", digest_of("malware").view()), text_field("/usr/bin/ls"),
              digest_field("\x03:sha256", digest_of("ls").view())});
  EXPECT_EQ(Judged(rules_, measured_entry("ima-sig", data)).outcome(), ImaOutcome::kWrongDigest);
  for (const char* const name : {"d-ng|n-ng|d-ngv2", "sig|n-ng|d-ngv2"}) {
    const Judged judged(rules_, measured_entry(name, data));
    EXPECT_EQ(judged.outcome(), ImaOutcome::kUnreadable) << name;
    EXPECT_THAT(judged.remarks(),
                ElementsAre(std::pair(FindingCode::kImaTemplateUnknown, Severity::kFail)));
  }
}

TEST_F(AppraiseIma, Hostile_AFileWhoseAttributeIsItsContentsIsAFileThoughListedAsABuffer) {
  rules_.unknown_file = Severity::kFail;
  const auto unknown = ElementsAre(std::pair(FindingCode::kImaFileUnknown, Severity::kFail));
  EXPECT_THAT(Judged(rules_, buffer("/tmp/malware", as_bytes("#!/bin/sh"))).remarks(), unknown);
  for (const char type : {'\x03', '\x05', '\x06'}) {
    // Of a file that lies in no mounted tree the kernel lists the bare name.
    const std::string contents = type + std::string(" malware");
    EXPECT_THAT(Judged(rules_, buffer("kernel_version", as_bytes(contents))).remarks(), unknown);
    EXPECT_THAT(Judged(rules_, buffer(".ima", as_bytes(contents))).remarks(), unknown);
  }
  EXPECT_THAT(Judged(rules_, buffer("kernel_version", {})).remarks(), unknown);
  EXPECT_THAT(Judged(rules_, buffer("kernel_version", as_bytes("6.1"))).remarks(), IsEmpty());
}

TEST_F(AppraiseIma, Hostile_ABufferWhoseDigestCannotBeCheckedMayBeAFile) {
  rules_.unknown_file = Severity::kFail;
  const Bytes entry =
      measured_entry("ima-buf", joined({digest_field("wp512", Bytes(64, 1)), text_field("malware"),
                                        field(as_bytes("harmless"))}));
  EXPECT_THAT(Judged(rules_, entry).remarks(),
              ElementsAre(std::pair(FindingCode::kImaFileUnknown, Severity::kFail)));
}

TEST_F(AppraiseIma, Hostile_ABufferAmongMetadataMayBeAnAttributeOfAFile) {
  rules_.unknown_file = Severity::kFail;
  const Bytes contents = to_bytes(as_bytes("#!/bin/sh"));
  const Bytes entry = measured_entry(
      "d-ng|n-ng|evmsig|xattrnames|xattrlengths|buf|iuid|igid|imode",
      joined({digest_field("sha256", hash(HashAlgorithm::kSha256, contents).view()),
              text_field("malware"), field({}), text_field("security.x"), field(Bytes(4, 1)),
              field(contents), field({}), field({}), field({})}));
  EXPECT_THAT(Judged(rules_, entry).remarks(),
              ElementsAre(std::pair(FindingCode::kImaFileUnknown, Severity::kFail)));
}

}  // namespace
}  // namespace quotemill
