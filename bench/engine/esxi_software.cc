#include "bench/engine/esxi_software.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/fleet/esxi_base_image.h"
#include "bench/fleet/esxi_boot_model.h"
#include "engine/appraise/appraise_esxi.h"
#include "engine/appraise/appraise_esxi_start.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/esxi_log_findings.h"

namespace quotemill::bench {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;
constexpr std::uint32_t kHosts = 100'000;
constexpr std::uint32_t kImages = 20;
constexpr std::uint32_t kLogs = 500;  // kept of them: more than any cache holds

// As an operator writes them who looked at good hosts.
class Lists {
 public:
  void add(const EsxiBoot& boot) {
    for (const EsxiLoader& loader : boot.loaders) {
      loaders_.insert(loader.digest);
    }
    for (const EsxiSigner& signer : boot.signers) {
      signers_.insert(signer.digest);
    }
    for (const EsxiAuthority& authority : boot.authorities) {
      authorities_.insert(authority.digest);
    }
  }

  [[nodiscard]] std::string rules() const {
    return "loaders = " + list(loaders_) + "signers = " + list(signers_) +
           "authorities = " + list(authorities_);
  }

 private:
  static std::string list(const std::set<Digest>& digests) {
    std::string out;
    for (const Digest& digest : digests) {
      out += (out.empty() ? "[\"" : ", \"") + digest.hex() + "\"";
    }
    return out + "]\n";
  }

  std::set<Digest> loaders_;
  std::set<Digest> signers_;
  std::set<Digest> authorities_;
};

// Every 200th host of a generated fleet.
class JudgedFleet {
 public:
  JudgedFleet() {
    Lists lists;
    for (std::uint32_t i = 0; i < kLogs; ++i) {
      logs_.push_back(write_esxi_boot_log(fleet_.host(i * (kHosts / kLogs))).log);
      lists.add(read(logs_.back()).boot);
    }
    std::vector<std::shared_ptr<const Baseline>> images;
    for (std::uint32_t i = 0; i < kImages; ++i) {
      auto baseline = std::make_shared<Baseline>();
      baseline->name = "image" + std::to_string(i);
      baseline->file =
          ImportedFile{hash(kBank, as_bytes(baseline->name)), 1, "esxi-image", "f", "bench", 0};
      baseline->image = std::make_shared<const BaseImage>(base_image_of(fleet_.image(i)));
      baseline->approved = {1};
      images.push_back(std::move(baseline));
    }
    const Result<Policy> policy = parse_policy(
        "[quote]\npcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14]\n[esxi]\nimage = "
        "\"fail\"\nmin_version = \"8.0\"\nmin_acceptance = \"partner\"\ncmdline_deny = "
        "[\"debug.*\"]\n" +
            lists.rules(),
        "bench");
    snapshot_ = policy ? Snapshot::compile(*policy, images) : nullptr;
  }

  // From the log's bytes to what is found; the quote is measured by itself (engine/quote_only).
  Findings judge(ByteView log, SoftwareMemo* memo) {
    const Read& host = read(log);
    Findings findings = esxi_log_findings(host.boot);
    append(appraise_esxi(host.boot, esxi_secure_boot(*host.proven), host.pcrs, *snapshot_, memo),
           findings);
    return findings;
  }

  [[nodiscard]] const Bytes& log(std::size_t number) const { return logs_[number % logs_.size()]; }

  // Whether honest hosts are clean and named, with the memo as without it, and a faulty one is not.
  bool is_right() {
    if (snapshot_ == nullptr) {
      return false;
    }
    SoftwareMemo memo;
    for (std::size_t i = 0; i < 3 * kImages; ++i) {
      const Findings found = judge(log(i), &memo);
      if (found.size() != 1 || found[0].code != FindingCode::kEsxiImage ||
          found != judge(log(i), nullptr)) {
        return false;
      }
    }
    EsxiBootModel faulty = fleet_.host(0);
    faulty.fault = EsxiFault::kChangedModule;
    const Bytes log = write_esxi_boot_log(faulty).log;
    return worst_of(judge(log, &memo)) == Severity::kFail;
  }

 private:
  struct Read {
    BootLogReading reading;
    std::optional<ProvenLog> proven;
    std::uint32_t pcrs = 0;
    EsxiBoot boot;
  };

  const Read& read(ByteView log) {
    read_.proven.reset();
    read_.reading = read_boot_log(log);
    read_.pcrs = replay(read_.reading.log, kBank).mask();
    read_.proven.emplace(read_.reading.log, kBank, read_.pcrs);
    read_esxi_boot(*read_.proven, known_esxi_format(), read_.boot);
    return read_;
  }

  EsxiFleet fleet_{{.seed = 1, .hosts = kHosts, .images = kImages, .modules = kEsxiModules}};
  std::vector<Bytes> logs_;
  std::shared_ptr<const Snapshot> snapshot_;
  Read read_;
};

JudgedFleet& fleet() {
  static JudgedFleet one;
  return one;
}

void judge_fleet(benchmark::State& state, SoftwareMemo* memo) {
  if (!fleet().is_right()) {
    state.SkipWithError("hosts are judged wrongly");
    return;
  }
  std::size_t host = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fleet().judge(fleet().log(host++), memo));
  }
  state.counters["bytes"] = static_cast<double>(fleet().log(0).size());
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
