// A generated ESXi boot, read and judged.
#pragma once

#include "bench/fleet/esxi_boot_model.h"
#include "bench/fleet/esxi_events.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/esxi_log_findings.h"
#include "engine/verify/event_findings.h"
#include "engine/verify/log_findings.h"

namespace quotemill::testing {

// As the known one, and with the generator's test key among those whose private half is public.
inline const EsxiFormat& simulated_esxi_format() {
  static const std::string kTestKey =
      hash(HashAlgorithm::kSha256, bench::esxi_signer_certificate(bench::kEsxiTestSigner)).hex();
  static const std::vector<EsxiCertificate> kCertificates = [] {
    const auto known = known_esxi_format().certificates;
    std::vector<EsxiCertificate> all(known.begin(), known.end());
    all.push_back({kTestKey, {EsxiSignerRole::kTest, "simulated"}});
    return all;
  }();
  static const EsxiFormat kFormat = {known_esxi_format().tags, known_esxi_format().layouts,
                                     kCertificates};
  return kFormat;
}

class EsxiScene {
 public:
  static bench::EsxiBootModel model_of(bench::EsxiFault fault, bool has_records = true) {
    bench::EsxiBootModel model;
    model.image = std::make_shared<bench::EsxiImageModel>(bench::esxi_image(3, 40));
    model.other_image = std::make_shared<bench::EsxiImageModel>(bench::esxi_image(4, 40));
    model.asset_tag = "rack-17";
    model.has_version_records = has_records;
    model.fault = fault;
    return model;
  }

  explicit EsxiScene(bench::EsxiFault fault = bench::EsxiFault::kNone, bool has_records = true)
      : EsxiScene(model_of(fault, has_records)) {}

  explicit EsxiScene(const bench::EsxiBootModel& model) {
    const bench::EsxiBootLog written = bench::write_esxi_boot_log(model);
    measured_ = written.measured;
    read(written.log);
  }

  explicit EsxiScene(ByteView log) {
    measured_ = to_bytes(log);
    read(log);
  }

  EsxiScene(const EsxiScene&) = delete;
  EsxiScene& operator=(const EsxiScene&) = delete;

  [[nodiscard]] const EsxiBoot& boot() const { return boot_; }

  [[nodiscard]] const BootLog& log() const { return reading_.log; }

  [[nodiscard]] const ProvenLog& proven() const { return *proven_; }

  // Of the reading and of the events.
  [[nodiscard]] Findings findings() const {
    Findings all = log_findings(reading_);
    for (Finding& finding : event_findings(*proven_)) {
      all.push_back(std::move(finding));
    }
    for (Finding& finding : esxi_log_findings(boot_)) {
      all.push_back(std::move(finding));
    }
    return all;
  }

  // Whether the log gives what its TPM holds, in the bank that was read.
  [[nodiscard]] bool replays() const {
    const BootLogReading honest = read_boot_log(measured_);
    return replay(reading_.log, proven_->bank()) == replay(honest.log, proven_->bank());
  }

 private:
  void read(ByteView log) {
    bytes_ = to_bytes(log);
    reading_ = read_boot_log(bytes_);
    proven_.emplace(reading_.log, *fullest_bank(reading_.log), 0xFFFFFFU);
    read_esxi_boot(*proven_, simulated_esxi_format(), boot_);
  }

  Bytes bytes_;
  Bytes measured_;
  BootLogReading reading_;
  std::optional<ProvenLog> proven_;
  EsxiBoot boot_;
};

}  // namespace quotemill::testing
