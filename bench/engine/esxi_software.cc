#include "bench/engine/esxi_software.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/appraise/appraise_esxi.h"
#include "engine/crypto/hash.h"

namespace quotemill::bench {
namespace {

constexpr std::size_t kHosts = 100'000;
constexpr std::size_t kImages = 20;
constexpr std::size_t kModules = 150;

Digest digest_of(const std::string& text) {
  return hash(HashAlgorithm::kSha256, as_bytes(text));
}

// Each image has its own esx-base of 50 modules; its 100 drivers are those of the one before but
// for every tenth.
BaseImage image_of(std::size_t number) {
  BaseImage image;
  image.name = "ESXi-8.0-" + std::to_string(number);
  image.database = digest_of("database of " + image.name);
  Vib base{"esx-base",
           "8.0.3-0.0." + std::to_string(1'000 + number),
           "VMware",
           AcceptanceLevel::kCertified,
           {}};
  for (std::size_t i = 0; i < 50; ++i) {
    const std::string name = "base" + std::to_string(i);
    base.payloads.push_back({name, name + ".v00", digest_of(base.version + name)});
  }
  image.vibs.push_back(base);
  for (std::size_t i = 50; i < kModules; ++i) {
    const std::string name = "driver" + std::to_string(i);
    const std::string version = i % 10 == number % 10 ? std::to_string(number) : "1";
    image.vibs.push_back({name,
                          version,
                          "VMware",
                          AcceptanceLevel::kCertified,
                          {{name, name + ".v00", digest_of(name + version)}}});
  }
  derive_from_vibs(image);
  return image;
}

// 100,000 hosts that differ in their image and their configuration.
class Fleet {
 public:
  Fleet() {
    std::vector<std::shared_ptr<const Baseline>> baselines;
    for (std::size_t number = 0; number < kImages; ++number) {
      auto baseline = std::make_shared<Baseline>();
      baseline->name = "image" + std::to_string(number);
      baseline->file = ImportedFile{digest_of(baseline->name), 1, "esxi-image", "f", "bench", 0};
      baseline->image = std::make_shared<const BaseImage>(image_of(number));
      baseline->approved = {1};
      boots_.push_back(boot_of(*baseline->image));
      baselines.push_back(std::move(baseline));
    }
    const Result<Policy> policy = parse_policy(
        "[quote]\npcrs = [7, 11, 12, 13, 14]\n[esxi]\nimage = \"fail\"\nmin_version = \"8.0\"\n"
        "min_acceptance = \"partner\"\nexec_installed_only = \"fail\"\n"
        "cmdline_deny = [\"debug.*\"]\n",
        "bench");
    snapshot_ = Snapshot::compile(*policy, baselines);
    secure_boot_.enabled = true;
    secure_boot_.ground.standing = Standing::kProven;
    for (std::size_t host = 0; host < kHosts; ++host) {
      configurations_.push_back(digest_of("host " + std::to_string(host)));
    }
  }

  Findings judge(std::size_t host, SoftwareMemo* memo) {
    EsxiBoot& boot = boots_[host % kImages];
    boot.modules.back().digest = configurations_[host];
    return appraise_esxi(boot, secure_boot_, 0xFFFFFF, *snapshot_, memo);
  }

  // Whether the memo's answers are those without it, and good ones name the right image.
  bool is_right() {
    SoftwareMemo memo;
    for (std::size_t host = 0; host < 3 * kImages; ++host) {
      const Findings found = judge(host, &memo);
      if (found.size() != 1 || found[0].code != FindingCode::kEsxiImage ||
          found[0].expected != digest_of("image" + std::to_string(host % kImages)) ||
          found != judge(host, nullptr)) {
        return false;
      }
    }
    EsxiBoot& first = boots_[0];
    const Digest good = first.modules[7].digest;
    first.modules[7].digest = digest_of("evil");
    const bool is_caught = worst_of(judge(0, &memo)) == Severity::kFail;
    first.modules[7].digest = good;
    return is_caught;
  }

 private:
  static EsxiBoot boot_of(const BaseImage& image) {
    EsxiBoot boot;
    boot.layout = EsxiLayout::kLoader;
    boot.pcrs = 1U << 11U | 1U << 12U | 1U << 13U | 1U << 14U;
    for (const Vib& vib : image.vibs) {
      for (const VibPayload& payload : vib.payloads) {
        boot.modules.push_back({payload.boot_file, payload.digest,
                                static_cast<std::uint32_t>(boot.modules.size()), 13, false});
      }
    }
    boot.modules.push_back({"imgdb.tgz", *image.database, 150, 13, false});
    boot.modules.push_back({"state.tgz", Digest(), 151, 13, false});
    boot.authorities = {{{}, Digest(), 3}};
    boot.exec_installed_only = true;
    boot.command_line = "/b.b00 runweasel bootUUID=17";
    return boot;
  }

  std::vector<EsxiBoot> boots_;  // views of the images, which the snapshot keeps
  std::shared_ptr<const Snapshot> snapshot_;
  SecureBootClaim secure_boot_;
  std::vector<Digest> configurations_;
};

Fleet& fleet() {
  static Fleet one;
  return one;
}

void judge_fleet(benchmark::State& state, SoftwareMemo* memo) {
  if (!fleet().is_right()) {
    state.SkipWithError("hosts are judged wrongly");
    return;
  }
  std::size_t host = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fleet().judge(host, memo));
    host = (host + 1) % kHosts;
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_esxi_software() {
  benchmark::RegisterBenchmark("engine/esxi/first_seen",
                               [](benchmark::State& state) { judge_fleet(state, nullptr); });
  benchmark::RegisterBenchmark("engine/esxi/repeated", [](benchmark::State& state) {
    SoftwareMemo memo;
    judge_fleet(state, &memo);
  });
}

}  // namespace quotemill::bench
