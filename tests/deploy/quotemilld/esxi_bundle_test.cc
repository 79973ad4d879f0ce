// Bundles of ESXi hosts: what is judged by images is proven by the images of then.
#include <gtest/gtest.h>

#include "deploy/quotemill-verify/bundle_check.h"
#include "deploy/quotemilld/proof_bundle.h"
#include "deploy/references/esxi/image_file.h"
#include "tests/engine/pipeline/esxi_engine.h"

namespace quotemill::daemon {
namespace {

using bench::EsxiFault;
using quotemill::testing::EsxiEngine;
using quotemill::testing::image_of;
using transport::Json;

class EsxiBundle : public ::testing::Test {
 protected:
  EsxiBundle() : esxi_({}, {image(4, "known", false), image(3, "run", true)}) {
    CommitBatch batch;
    batch.reference_files = files_;
    EXPECT_TRUE(esxi_.engine.store.commit(batch));
  }

  // As if it had been imported.
  std::shared_ptr<const Baseline> image(std::uint32_t number, const char* name, bool is_approved) {
    BaseImage base = image_of(bench::esxi_image(number, 40));
    const std::string text = references::write_image_file(base);
    const Digest id = hash(HashAlgorithm::kSha256, as_bytes(text));
    files_.push_back(std::make_shared<const ReferenceFile>(ReferenceFile{id, text}));
    auto baseline = std::make_shared<Baseline>();
    baseline->name = name;
    baseline->image = std::make_shared<const BaseImage>(std::move(base));
    baseline->file =
        ImportedFile{id, text.size(), "esxi-image", "f", "alice", values_of(*baseline).size()};
    baseline->captured.ms = 1;
    baseline->approved.ms = is_approved ? 1 : 0;
    return baseline;
  }

  Json bundle() {
    const auto& parts = esxi_.engine;
    const HostRecord& host = esxi_.host.record();
    const auto history = parts.store.history(host.uid, 0, 1);
    EXPECT_TRUE(history && !history->empty());
    const Result<Json> made = make_bundle({parts.store, *parts.policies, parts.server_key, policy_},
                                          host, {history->front()}, parts.clock.now().wall);
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? *made : Json();
  }

  static offline::BundleReport check(const Json& bundle) {
    Result<offline::BundleReport> report = offline::check_bundle(transport::to_line(bundle));
    EXPECT_TRUE(report) << (report ? "" : report.error().to_string());
    return report ? *std::move(report) : offline::BundleReport{};
  }

  std::vector<std::shared_ptr<const ReferenceFile>> files_;
  const std::string policy_ = quotemill::testing::esxi_policy_text();
  EsxiEngine esxi_;
};

TEST_F(EsxiBundle, IsProvenByAllImagesThatWereKnown) {
  esxi_.attest();
  const Json made = bundle();
  ASSERT_EQ(made["baselines"].size(), 2U);
  EXPECT_EQ(made["baselines"][0]["approved"], false);
  EXPECT_EQ(made["baselines"][1]["approved"], true);
  const offline::BundleReport report = check(made);
  EXPECT_EQ(report.state, "trusted");
  EXPECT_TRUE(report.is_proven());
}

TEST_F(EsxiBundle, ProvesWhatIsWrongWithAHost) {
  esxi_.model.fault = EsxiFault::kChangedModule;
  esxi_.attest();
  const offline::BundleReport report = check(bundle());
  EXPECT_EQ(report.state, "failed");
  EXPECT_TRUE(report.is_proven());
}

TEST_F(EsxiBundle, IsProvenByWhatWasApprovedThen) {
  esxi_.attest();
  esxi_.engine.clock.advance(60'000);
  auto later = std::make_shared<Baseline>(*esxi_.engine.policies->baselines().front());
  ASSERT_FALSE(later->is_approved());
  later->approved = esxi_.engine.clock.now().wall;
  ASSERT_TRUE(esxi_.engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.baseline = later;
    return update;
  }));
  const Json made = bundle();
  ASSERT_EQ(made["baselines"].size(), 2U);
  EXPECT_EQ(made["baselines"][0]["approved"], false);
  EXPECT_TRUE(check(made).is_proven());
}

TEST_F(EsxiBundle, Hostile_AnImageThatNobodyApprovedProvesNothing) {
  esxi_.attest();
  Json changed = bundle();
  changed["baselines"][0]["approved"] = true;
  EXPECT_EQ(check(changed).outcome(), offline::BundleOutcome::kNotProven);
  changed["baselines"][0]["approved"] = false;
  changed["baselines"].erase(0);
  EXPECT_EQ(check(changed).outcome(), offline::BundleOutcome::kNotProven);
}

}  // namespace
}  // namespace quotemill::daemon
