// AppraiseEsxi: an ESXi host that attests well, what a policy has to say of it, and what a test
// changes of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/appraise/appraise_esxi.h"
#include "tests/engine/esxi/image/sample_images.h"

namespace quotemill::testing {

inline constexpr std::uint32_t kEsxiPcrs = 1U << 11U | 1U << 12U | 1U << 13U | 1U << 14U;
inline constexpr const char* kImageRule = "image = \"fail\"\n";

inline std::shared_ptr<const Baseline> baseline_as(const BaseImage& image, const std::string& name,
                                                   bool is_approved) {
  auto baseline = std::make_shared<Baseline>();
  baseline->name = name;
  baseline->file = ImportedFile{digest_of("file of " + name), 1, "esxi-image", "f", "alice", 0};
  baseline->image = std::make_shared<const BaseImage>(image);
  baseline->approved.ms = is_approved ? 1 : 0;
  return baseline;
}

// A host that attests well under every rule of these tests.
class AppraiseEsxi : public ::testing::Test {
 protected:
  AppraiseEsxi() {
    boot_.layout = EsxiLayout::kLoader;
    boot_.pcrs = kEsxiPcrs;
    boot_.versions = {{"vmkboot", "VMware ESXi", "8.0.3-24280767", "/b.b00", 0, 1, 3}};
    boot_.signers = {{{}, digest_of("official"), EsxiSignerRole::kOfficial, "vmware_esx67", 9}};
    boot_.authorities = {{{}, digest_of("mboot authority"), 5}};
    boot_.loaders = {{digest_of("mboot"), 7, 4}};
    boot_.command_line = "/b.b00 runweasel bootUUID=17";
    boot_.exec_installed_only = true;
    secure_boot_.enabled = true;
    secure_boot_.ground.standing = Standing::kProven;
    set(Boot(image_803()));
  }

  void set(const Boot& boot) {
    modules_of_ = boot;
    boot_.modules.clear();
    for (const MeasuredModule& module : modules_of_.modules()) {
      boot_.modules.push_back({module.name, module.digest, module.event,
                               module.is_options ? 14U : 13U, module.is_options});
    }
  }

  // With the host's own loader listed.
  Findings appraise(const std::string& rules, std::uint32_t proven = 0xFFFFFF) {
    return appraise_under("[esxi]\nloaders = [\"" + digest_of("mboot").hex() + "\"]\n" + rules,
                          proven);
  }

  // `rest`: of the policy's file.
  Findings appraise_under(const std::string& rest, std::uint32_t proven = 0xFFFFFF) {
    const Result<Policy> policy =
        parse_policy("[quote]\npcrs = [0, 4, 7, 11, 12, 13, 14]\n" + rest, "p.toml");
    EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
    const auto snapshot = Snapshot::compile(policy ? *policy : default_policy(), baselines_);
    return appraise_esxi(boot_, secure_boot_, proven, *snapshot, nullptr);
  }

  // What is worse than information.
  std::vector<std::string> blame(const std::string& rules, std::uint32_t proven = 0xFFFFFF) {
    return words_of(appraise(rules, proven));
  }

  static std::vector<std::string> words_of(const Findings& findings) {
    std::vector<std::string> out;
    for (const Finding& finding : findings) {
      if (finding.severity != Severity::kInfo) {
        out.push_back(std::string(name_of(finding.code)) + ": " + message_of(finding));
      }
    }
    return out;
  }

  Boot modules_of_{image_803()};
  EsxiBoot boot_;
  SecureBootClaim secure_boot_;
  std::vector<std::shared_ptr<const Baseline>> baselines_ = {
      baseline_as(image_803(), "esxi-8u3", true), baseline_as(image_802(), "esxi-8u2", false)};
};

}  // namespace quotemill::testing
