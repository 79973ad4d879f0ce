// Images of ESXi as operators import, approve, look at and retire them.
#include <gmock/gmock.h>

#include "deploy/references/esxi/image_file.h"
#include "tests/deploy/quotemilld/operator_fixture.h"
#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill::daemon {
namespace {

using quotemill::testing::image_802;
using quotemill::testing::image_803;
using ::testing::HasSubstr;
using transport::Json;

class OperatorImagesTest : public OperatorFixture {
 protected:
  Json import(const BaseImage& image, const std::string& name) {
    return ask("baseline.import", {{"upload", upload(references::write_image_file(image), 4'096)},
                                   {"name", name},
                                   {"version", 0},
                                   {"format", "esxi-image"},
                                   {"file", "imgdb.tgz"},
                                   {"operator", "alice"},
                                   {"confirmed", false}});
  }

  static Json names(const std::string& name) {
    return {{"name", name}, {"operator", "bob"}, {"confirmed", false}};
  }

  Digest file_id() const { return policies_->baselines().front()->file->id; }

  // As if a quote had proven that the host booted an image.
  void booted(const HostRecord& record, const Digest& image) {
    auto state = std::make_shared<HostState>(*hosts_.find(record.uid)->state);
    BootProof proof;
    proof.generation = record.generation;
    Finding finding;
    finding.code = FindingCode::kEsxiImage;
    finding.severity = Severity::kInfo;
    finding.expected = image;
    proof.findings = {finding};
    state->proof = std::make_shared<const BootProof>(proof);
    hosts_.put_state(state);
  }
};

TEST_F(OperatorImagesTest, AnImportedImageIsKnownAndNotApproved) {
  const Json answer = import(image_803(), "esxi-8u3");
  EXPECT_EQ(answer["version"], 1) << answer;
  EXPECT_EQ(answer["values"], 5);
  EXPECT_EQ(answer["image"]["name"], "ESXi-8.0U3-24280767-standard");
  EXPECT_EQ(answer["image"]["version"], "8.0.3");
  EXPECT_EQ(answer["image"]["build"], "24280767");
  EXPECT_EQ(answer["image"]["approved"], nullptr);
  const auto kept = *store_.baselines();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(*kept[0]->image, image_803());
  EXPECT_FALSE(kept[0]->is_approved());
  const Json shown = ask("baseline.show", {{"name", "esxi-8u3"}, {"version", 0}, {"from", 0}});
  EXPECT_EQ(shown["references"].size(), 5U);
}

TEST_F(OperatorImagesTest, AnOperatorApprovesItOnceAndItIsAudited) {
  import(image_803(), "esxi-8u3");
  EXPECT_EQ(ask("image.approve.check", names("esxi-8u3"))["dry_run"], true);
  EXPECT_FALSE((*store_.baselines())[0]->is_approved());
  const Json answer = ask("image.approve", names("esxi-8u3"));
  EXPECT_EQ(answer["version"], 1) << answer;
  EXPECT_EQ(answer["image"]["approved_by"], "bob");
  const auto kept = *store_.baselines();
  ASSERT_EQ(kept.size(), 1U) << "the same version";
  EXPECT_TRUE(kept[0]->is_approved());
  EXPECT_EQ(store_.audit(1, 10)->back().act.verb, "image.approve");
  EXPECT_EQ(store_.audit(1, 10)->back().act.who, "bob");
  EXPECT_THAT(refusal("image.approve", names("esxi-8u3")).message,
              HasSubstr("is approved already"));
}

TEST_F(OperatorImagesTest, ARetiredOneIsNotApprovedAnyMore) {
  import(image_803(), "esxi-8u3");
  ask("image.approve", names("esxi-8u3"));
  EXPECT_EQ(ask("baseline.retire", names("esxi-8u3"))["retired_by"], "bob");
  const auto kept = *store_.baselines();
  EXPECT_FALSE(kept[0]->is_approved());
  EXPECT_TRUE(kept[0]->is_image()) << "it still tells what hosts booted";
  EXPECT_THAT(refusal("image.approve", names("esxi-8u3")).message, HasSubstr("is retired"));
}

TEST_F(OperatorImagesTest, OnlyImagesAreApproved) {
  const std::string list = std::string(64, 'a') + "  shimx64.efi\n";
  ask("baseline.import", {{"upload", upload(list)},
                          {"name", "shim"},
                          {"version", 0},
                          {"file", "f"},
                          {"operator", "alice"},
                          {"confirmed", false}});
  EXPECT_THAT(refusal("image.approve", names("shim")).message, HasSubstr("is no image of ESXi"));
  EXPECT_EQ(refusal("image.approve", names("absent")).code, ErrorCode::kNotFound);
  EXPECT_TRUE(ask("image.list")["images"].empty());
}

TEST_F(OperatorImagesTest, ListsWhenAHostLastAttestedToEach) {
  import(image_803(), "esxi-8u3");
  const Digest image = file_id();
  import(image_802(), "esxi-8u2");
  for (std::uint8_t number = 1; number <= 3; ++number) {
    const HostRecord record =
        host_record(number, "esx-" + std::to_string(number), LifeCycle::kActive);
    add(record);
    booted(record, image);
    images_.note({image, {1'700'000'000'000 + number * 1'000}});
  }
  const HostRecord other = host_record(4, "linux", LifeCycle::kActive);
  add(other);
  const Json images = ask("image.list")["images"];
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0]["hosts"], 0) << "by name: esxi-8u2";
  EXPECT_EQ(images[0]["last_attested"], nullptr);
  EXPECT_EQ(images[1]["hosts"], 3);
  EXPECT_EQ(images[1]["last_attested"], "2023-11-14T22:13:23.000Z");
}

TEST_F(OperatorImagesTest, TellsTheLastAttestationOfAnImageThatNobodyBootsAnyMore) {
  import(image_803(), "esxi-8u3");
  images_.note({file_id(), {1'700'000'000'000}});
  const Json row = ask("image.list")["images"][0];
  EXPECT_EQ(row["hosts"], 0);
  EXPECT_EQ(row["last_attested"], "2023-11-14T22:13:20.000Z");
}

TEST_F(OperatorImagesTest, RefusesAFileThatContradictsItself) {
  BaseImage image = image_803();
  image.vibs.push_back(image.vibs[0]);
  EXPECT_THAT(import(image, "esxi").get<std::string>(), HasSubstr("is there in two versions"));
  EXPECT_TRUE(store_.baselines()->empty());
}

}  // namespace
}  // namespace quotemill::daemon
