#include "deploy/quotemilld/mining.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "deploy/quotemilld/all_hosts.h"
#include "deploy/references/reference_file.h"
#include "engine/base/byte_writer.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/pipeline/fleet_reappraisal.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kNamesMax = 5;
constexpr std::uint32_t kRuntimePcr = 10;
constexpr std::size_t kIdDigits = 12;

// What is unknown in one PCR, by digests: the key under which hosts are counted.
using Content = std::vector<UnknownEvent>;

struct BySameContent {
  bool operator()(const Content& left, const Content& right) const {
    return std::lexicographical_compare(
        left.begin(), left.end(), right.begin(), right.end(),
        [](const UnknownEvent& a, const UnknownEvent& b) { return a.digest < b.digest; });
  }
};

// How many, and the names of a few.
struct Counted {
  std::uint64_t hosts = 0;
  std::vector<std::string> names;

  void add(std::string_view name) {
    ++hosts;
    if (names.size() < kNamesMax) {
      names.push_back(escaped(name));
    }
  }
};

// A distinct log under a snapshot, and the hosts that booted with it, by what they say they are.
struct DistinctBoot {
  MinedBoot boot;
  std::uint32_t pcrs = 0;
  std::map<std::pair<std::string, std::string>, Counted> hosts;
};

std::uint32_t quoted_pcrs(const Policy& policy) {
  std::uint32_t pcrs = 0;
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    pcrs |= policy.selection.has(pcr) && pcr != kRuntimePcr ? 1U << pcr : 0U;
  }
  return pcrs;
}

class Miner {
 public:
  Miner(const PolicySet& policies, const History& history, std::uint32_t pcrs, LogClasses logs)
      : policies_(policies),
        history_(history),
        pcrs_(pcrs),
        logs_(std::move(logs)),
        contents_(logs_.count()) {}

  void look_at(const Host& host) {
    ++mined_.hosts;
    const std::shared_ptr<const BootProof>& proof = host.state->proof;
    const auto& snapshot =
        policies_.snapshot_for(traits_of(*host.record, view_of(host.state->facts)));
    if (!proof || proof->generation != host.record->generation || snapshot->is_of_nobody()) {
      ++mined_.unproven;
      return;
    }
    DistinctBoot* const boot = boot_of(*proof, *snapshot);
    if (boot == nullptr) {
      ++mined_.unreadable;
      return;
    }
    const FactsRecord& facts = host.state->facts;
    boot->hosts[{escaped(facts.vendor), escaped(facts.model)}].add(host.record->name);
  }

  Mined finish() && {
    mined_.distinct_logs = boots_.size();
    for (const auto& [key, boot] : boots_) {
      for (const auto& [machine, counted] : boot.hosts) {
        add(boot, {machine.first, machine.second, boot.boot.firmware}, counted);
      }
    }
    for (auto& [place, groups] : groups_) {
      for (auto& [content, group] : groups) {
        close(place.first, place.second, content, std::move(group));
      }
    }
    std::sort(mined_.groups.begin(), mined_.groups.end(), [](const auto& left, const auto& right) {
      return left.hosts != right.hosts ? left.hosts > right.hosts : left.id < right.id;
    });
    return std::move(mined_);
  }

 private:
  using Place = std::pair<MinedPlatform, std::uint32_t>;

  // Null if its log cannot be read. Of the logs of one class one is read.
  DistinctBoot* boot_of(const BootProof& proof, const Snapshot& snapshot) {
    const std::optional<std::uint32_t> known = logs_.find(proof.log);
    std::optional<Digest> content = known ? contents_[*known] : std::nullopt;
    Bytes log;
    if (!content || !boots_.contains(key_of(*content, snapshot))) {
      Result<Bytes> read = history_.boot_log(proof.log);
      if (!read) {
        return nullptr;
      }
      log = *std::move(read);
      content = hash(HashAlgorithm::kSha256, log);
    }
    if (known) {
      contents_[*known] = content;
    }
    const auto [at, is_new] = boots_.try_emplace(key_of(*content, snapshot));
    DistinctBoot& boot = at->second;
    if (is_new) {
      boot.pcrs = quoted_pcrs(snapshot.policy()) & (pcrs_ == 0 ? ~0U : pcrs_);
      boot.boot =
          mine_boot(read_boot_log(log).log, proof.pcrs.values().algorithm(), boot.pcrs, snapshot);
    }
    return &boot;
  }

  static std::string key_of(const Digest& content, const Snapshot& snapshot) {
    return std::string(as_text(content.view())).append(as_text(snapshot.id()));
  }

  void add(const DistinctBoot& boot, const MinedPlatform& platform, const Counted& counted) {
    of_platform_[platform] += counted.hosts;
    std::map<std::uint32_t, Content> by_pcr;
    for (const UnknownEvent& event : boot.boot.unknown) {
      by_pcr[event.pcr].push_back(event);
    }
    for (auto& [pcr, content] : by_pcr) {
      unexplained_[{platform, pcr}] += counted.hosts;
      MinedGroup& group = groups_[{platform, pcr}][std::move(content)];
      group.hosts += counted.hosts;
      for (const std::string& name : counted.names) {
        if (group.names.size() < kNamesMax) {
          group.names.push_back(name);
        }
      }
    }
  }

  void close(const MinedPlatform& platform, std::uint32_t pcr, const Content& content,
             MinedGroup group) {
    group.platform = platform;
    group.pcr = pcr;
    group.events = content;
    group.of_platform = of_platform_[platform];
    group.explained = group.of_platform - unexplained_[{platform, pcr}];
    ByteWriter out;
    for (const std::string* text : {&platform.vendor, &platform.model, &platform.firmware}) {
      out.bytes(as_bytes(*text)).u8(0);
    }
    out.u32_be(pcr);
    for (const UnknownEvent& event : content) {
      out.bytes(event.digest.view());
    }
    group.id = hash(HashAlgorithm::kSha256, out.view()).hex().substr(0, kIdDigits);
    mined_.groups.push_back(std::move(group));
  }

  const PolicySet& policies_;
  const History& history_;
  const std::uint32_t pcrs_;
  const LogClasses logs_;
  std::vector<std::optional<Digest>> contents_;  // SHA-256, by class; nullopt: none was read yet
  Mined mined_;
  std::unordered_map<std::string, DistinctBoot> boots_;
  std::map<MinedPlatform, std::uint64_t> of_platform_;
  std::map<Place, std::uint64_t> unexplained_;
  std::map<Place, std::map<Content, MinedGroup, BySameContent>> groups_;
};

}  // namespace

Mined mine(const HostTable& hosts, const PoliciesInForce& policies, const History& history,
           std::uint32_t pcrs) {
  const std::shared_ptr<const PolicySet> set = policies.current();
  Result<LogClasses> logs =
      LogClasses::of(logs_of(hosts, {}, [](const HostGlance&) { return true; }), history);
  // Without them each log is read: slower, and the same.
  Miner miner(*set, history, pcrs, logs ? *std::move(logs) : LogClasses());
  for_each_host(hosts, [&miner](const Host& host) { miner.look_at(host); });
  return std::move(miner).finish();
}

std::string reference_file_of(const MinedGroup& group) {
  Baseline baseline;
  for (const UnknownEvent& event : group.events) {
    ReferenceValue value;
    value.digest = event.digest;
    value.kind = ReferenceKind::kEvent;
    value.pcr = event.pcr;
    value.name = event.description;
    value.vendor = group.platform.vendor;
    value.source = "mined from " + std::to_string(group.hosts) + " hosts";
    baseline.values.push_back(std::move(value));
  }
  std::sort(baseline.values.begin(), baseline.values.end(), in_value_order);
  // One digest measured twice is one value, whatever it was called.
  const auto is_same = [](const ReferenceValue& left, const ReferenceValue& right) {
    return left.digest == right.digest && left.pcr == right.pcr;
  };
  baseline.values.erase(std::unique(baseline.values.begin(), baseline.values.end(), is_same),
                        baseline.values.end());
  baseline.file = ImportedFile{};
  return references::write_own_references(baseline);
}

}  // namespace quotemill::daemon
