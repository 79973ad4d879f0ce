// What an idle ESXi host takes in memory, measured: a fleet of 20 images whose hosts say nothing.
#include <fstream>
#include <iostream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "engine/evidence/receipt.h"
#include "tests/engine/pipeline/esxi_engine.h"

namespace quotemill {
namespace {

using testing::EsxiEngine;
using testing::image_baseline;
using testing::image_of;

constexpr std::uint32_t kHosts = 40'000;
constexpr std::uint32_t kImages = 20;
constexpr std::uint32_t kModules = 40;  // of the log, which is not in memory
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kBytesMax = 4 * 2'048;  // with what a sanitizer has beside each piece
#else
constexpr std::size_t kBytesMax = 2'048;
#endif

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Digest digest_of(const std::string& text) {
  return hash(HashAlgorithm::kSha256, as_bytes(text));
}

template <class Array>
void fill(const std::string& text, Array& out) {
  const Digest digest = digest_of(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = digest.view()[i % digest.view().size()];
  }
}

// What one attestation left of a host of each image, as the engine judged it.
std::vector<HostState> states_of_images() {
  std::vector<std::shared_ptr<const Baseline>> baselines;
  for (std::uint32_t image = 0; image < kImages; ++image) {
    baselines.push_back(image_baseline(image_of(bench::esxi_image(image, kModules)), true));
  }
  std::vector<HostState> states;
  for (std::uint32_t image = 0; image < kImages; ++image) {
    bench::EsxiBootModel model;
    model.image = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(image, kModules));
    EsxiEngine engine(bench::esxi_rules_of(model), baselines);
    engine.model.image = model.image;
    engine.attest();
    states.push_back(engine.state());
  }
  return states;
}

// Another host of the image: its machine, configuration and command line are its own.
HostState state_of(const HostState& image, std::uint32_t number) {
  const std::string own = std::to_string(number);
  HostState state = image;
  fill("uid" + own, state.host.bytes);
  BootProof proof = *image.proof;
  PcrBank values = proof.pcrs.values();
  for (const std::uint32_t pcr : {1U, 5U, 13U, 14U}) {
    values.set(pcr, digest_of("pcr" + own + "/" + std::to_string(pcr)));
  }
  proof.pcrs = KnownPcrs(values);
  proof.log = digest_of("log" + own);
  state.proof = std::make_shared<const BootProof>(std::move(proof));
  state.evidence = digest_of("evidence" + own);
  state.sequence = number + 1;
  state.counters->clock.clock_ms = number;
  fill("boot" + own, state.counters->boot_id);
  Receipt receipt = *decode_receipt(state.receipt);
  receipt.host = state.host;
  receipt.number = state.sequence;
  fill("nonce" + own, receipt.next_nonce.emplace());
  state.receipt = encode_receipt(receipt);
  return state;
}

HostRecord record_of(const HostRecord& like, std::uint32_t number) {
  const std::string own = std::to_string(number);
  HostRecord record = like;
  fill("uid" + own, record.uid.bytes);
  record.name = "esx-" + own + ".example.org";
  record.ek_sha256 = digest_of("ek" + own).hex();
  record.ek_public = Bytes(314);  // TPM2B_PUBLIC of RSA-2048
  fill("ek" + own, record.ek_public);
  fill("ak" + own, record.ak_public);
  fill("curve" + own, record.curve_key);
  record.ek_certificate = {digest_of("certificate" + own), {4'000'000'000'000}};
  return record;
}

TEST(HostMemory, AnIdleEsxiHostTakesLessThanTwoKilobytes) {
  const std::vector<HostState> images = states_of_images();
  const HostRecord like = testing::SoftwareHost(KeyKind::kRsa).record();
  for (const HostState& state : images) {
    ASSERT_EQ(state.state, TrustState::kTrusted);
    ASSERT_NE(state.proof, nullptr);
  }
  HostTable table;  // as a daemon has it
  BootTime now;
  const std::size_t before = resident_bytes();
  for (std::uint32_t number = 0; number < kHosts; ++number) {
    table.put(std::make_shared<const HostRecord>(record_of(like, number)));
    table.put_state(std::make_shared<const HostState>(state_of(images[number % kImages], number)));
    now.ms += 500;
    table.pack_idle(now);
  }
  now.ms += 300'000;  // and nothing happens any more
  for (std::uint32_t i = 0; i < kHosts / 100; ++i) {
    table.pack_idle(now);
  }
  const std::size_t each = (resident_bytes() - before) / kHosts;
  ASSERT_EQ(table.size(), kHosts);
  RecordProperty("bytes", static_cast<int>(each));
  std::cout << each << " bytes for each of " << kHosts << " idle ESXi hosts of " << kImages
            << " images\n";
  EXPECT_LT(each, kBytesMax);
  EXPECT_GT(each, 500U) << "is anything kept at all?";
  const HostState own = state_of(images[7], 7);
  const std::optional<Host> found = table.find(own.host);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found->state->proof, *own.proof);
}

}  // namespace
}  // namespace quotemill
