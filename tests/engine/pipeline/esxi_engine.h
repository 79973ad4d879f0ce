// EsxiEngine: a simulated ESXi host, without a TPM, that attests to a SmallEngine.
#pragma once

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "bench/fleet/esxi_boot_model.h"
#include "bench/fleet/plain_replay.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"
#include "tests/engine/esxi/image/model_images.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill::testing {

// What image 3 is started and signed by, as far as `rules` says nothing else; nothing is added to
// rules about loaders.
inline std::string with_own_rules(const std::string& rules) {
  if (rules.find("loader") != std::string::npos) {
    return rules;
  }
  bench::EsxiBootModel model;
  model.image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(3, 40));
  std::string all = rules;
  std::istringstream own(bench::esxi_rules_of(model));
  for (std::string line; std::getline(own, line);) {
    const std::string key = line.substr(0, line.find(' '));
    if (rules.find(key + " = ") == std::string::npos) {
      all += line + "\n";
    }
  }
  return all;
}

// `rules`: further lines of [esxi]; `quote`: of [quote], or all of it if it names PCRs.
inline std::string esxi_policy_text(const std::string& rules = {}, const std::string& quote = {}) {
  const bool has_pcrs = quote.find("pcrs") != std::string::npos;
  return "[quote]\n" +
         std::string(has_pcrs ? "" : "pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14]\n") + quote +
         "[boot]\nbaselines = [\"golden\"]\ncompare = [0, 2]\n"
         "no_baseline = \"off\"\n[esxi]\nimage = \"fail\"\n" +
         with_own_rules(rules);
}

inline Policy esxi_policy(const std::string& rules = {}, const std::string& quote = {}) {
  return policy_of(esxi_policy_text(rules, quote));
}

// The images that operators know by default: 3 is approved, 4 is not.
inline std::vector<std::shared_ptr<const Baseline>> model_images() {
  return {image_baseline(image_of(bench::esxi_image(3, 40)), true),
          image_baseline(image_of(bench::esxi_image(4, 40)), false)};
}

class EsxiEngine {
 public:
  explicit EsxiEngine(const std::string& rules = {},
                      std::vector<std::shared_ptr<const Baseline>> baselines = model_images(),
                      const std::string& quote = {})
      : engine(esxi_policy(rules, quote), std::move(baselines)) {
    model.image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(3, 40));
    model.other_image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(4, 40));
    model.asset_tag = "rack-17";
    engine.enrol(host);
  }

  // What the host logs, and what its TPM holds.
  [[nodiscard]] bench::EsxiBootLog boot() const {
    bench::EsxiBootLog booted = bench::write_esxi_boot_log(model);
    if (change_boot) {
      change_boot(booted);
    }
    return booted;
  }

  // Quote and log; the log comes when it is asked for.
  Reply attest(const ChangeDraft& change = {}, const ChangeSubmission& change_submission = {}) {
    return attest_as(host, change, change_submission);
  }

  // The same boot on another host that is enrolled.
  Reply attest_as(const SoftwareHost& who, const ChangeDraft& change = {},
                  const ChangeSubmission& change_submission = {}) {
    const bench::EsxiBootLog booted = boot();
    Submission first = engine.submission(who, [&](EvidenceDraft& draft) {
      draft.quoted = {quoted(booted.measured, draft.selections.front())};
      draft.sent = draft.quoted;
      draft.header.boot_log_bytes = static_cast<std::uint32_t>(booted.log.size());
      if (change) {
        change(draft);
      }
    });
    if (change_submission) {
      change_submission(first);
    }
    Submission second = first;
    Reply reply = engine.commit(engine.judge(std::move(first)));
    if (reply.kind != ReplyKind::kNeedLog) {
      return reply;
    }
    second.boot_log = booted.log;
    return engine.commit(engine.judge(std::move(second)));
  }

  [[nodiscard]] HostState state() const { return engine.state(host); }

  [[nodiscard]] PcrBank quoted(const Bytes& measured, const PcrSelection& selection) const {
    if (selection.bank == HashAlgorithm::kSha256) {
      PcrBank out = bench::plain_replay(measured, selection);
      if (model.is_launched) {
        launch(measured, out);
      }
      return out;
    }
    PcrBank out(selection.bank);
    const PcrBank replayed = replay(read_boot_log(measured).log, selection.bank);
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (selection.has(pcr)) {
        out.set(pcr, replayed.has(pcr) ? replayed.at(pcr) : Digest(selection.bank));
      }
    }
    return out;
  }

  // A launch sets PCR 17 to 22 to zeros, which events are extended into then.
  static void launch(const Bytes& measured, PcrBank& pcrs) {
    constexpr std::uint32_t kFirst = 17;
    constexpr std::uint32_t kLast = 22;
    const BootLogReading reading = read_boot_log(measured);
    for (std::uint32_t pcr = kFirst; pcr <= kLast; ++pcr) {
      Digest value(pcrs.algorithm());
      for (const BootEvent& event : reading.log.events) {
        if (event.is_measured() && event.pcr == pcr) {
          extend(value, event.digest(pcrs.algorithm()));
        }
      }
      if (pcrs.has(pcr)) {
        pcrs.set(pcr, value);
      }
    }
  }

  SoftwareHost host;
  bench::EsxiBootModel model;
  std::function<void(bench::EsxiBootLog&)> change_boot;
  SmallEngine engine;
};

}  // namespace quotemill::testing
