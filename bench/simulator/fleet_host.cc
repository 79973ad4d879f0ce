#include "bench/simulator/fleet_host.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/fleet/measured_boot_model.h"
#include "bench/fleet/plain_replay.h"
#include "bench/simulator/esxi_hosts.h"
#include "engine/crypto/hash.h"
#include "transport/wire/log_proof.h"

namespace quotemill::bench {
namespace {

constexpr std::int64_t kCountersBegin = 1'735'689'600'000;  // 2025-01-01: TPMs were at zero
// Of steps, in a millisecond of the time between two runs, so that the later one begins beyond the
// clocks of the earlier one: no host attests so often.
constexpr std::uint64_t kStepsPerMs = 10;

template <class Array>
Array filled(std::uint64_t seed, std::uint64_t number, std::string_view purpose) {
  const std::string text =
      std::to_string(seed) + "/" + std::string(purpose) + "/" + std::to_string(number);
  const Digest digest = hash(HashAlgorithm::kSha256, as_bytes(text));
  Array out{};
  std::copy_n(digest.view().begin(), out.size(), out.begin());
  return out;
}

SigningKey key_of(const FleetSettings& settings, std::uint32_t number, SeededKeys& keys) {
  return settings.keys.kind(number) == KeyKind::kRsa ? keys.rsa2048(number)
                                                     : keys.ecdsa_p256(number);
}

transport::CurveKeyPair channel_of(std::uint64_t seed, std::uint32_t number) {
  const Result<transport::CurveKeyPair> pair =
      transport::key_pair_of(filled<transport::CurveSecret>(seed, number, "channel"));
  if (!pair) {
    std::fprintf(stderr, "%s\n", pair.error().to_string().c_str());
    std::abort();
  }
  return *pair;
}

std::optional<Digest> log_key_of(const transport::CurveKeyPair& channel,
                                 const CurveKey& server_key) {
  const Result<Digest> key =
      transport::log_proof_key(channel.secret_key, server_key, channel.public_key, server_key);
  return key ? std::optional(*key) : std::nullopt;
}

void flip_last(Bytes& bytes) {
  bytes.back() ^= 1U;
}

}  // namespace

FleetHost::FleetHost(const FleetSettings& settings, std::uint32_t number, SeededKeys& keys)
    : seed_(settings.seed),
      number_(number),
      host_(key_of(settings, number, keys), number),
      channel_(channel_of(settings.seed, number)) {
  HostRecord& record = host_.record();
  record.uid.bytes = filled<std::array<std::uint8_t, 16>>(seed_, number, "uid");
  record.name = "sim-" + std::to_string(seed_) + "-" + std::to_string(number);
  record.curve_key = channel_.public_key;
  host_.server_key = settings.server_key;
  host_.facts.agent = "quotemill-fleet";
  if (settings.esxi != nullptr) {
    esxi_ = settings.esxi->host(number);
    host_.facts.os_id = "esxi";
    host_.facts.os_version = esxi_->image->version;
    host_.facts.kernel = esxi_->image->build;
  }
  if (settings.is_behind_gateway) {
    log_key_ = log_key_of(channel_, settings.server_key);
  }
  const auto age_ms =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, settings.booted.ms - kCountersBegin));
  // No host boots oftener than once in a millisecond. Modulo 2^32, as their differences are taken.
  at_start_ = {age_ms * kStepsPerMs * kClockStepMs, static_cast<std::uint32_t>(age_ms), 0, true};
}

void FleetHost::prove(transport::LogsMessage& segment, ByteView item) const {
  if (log_key_) {
    segment.proof = to_bytes(transport::log_proof(*log_key_, item, segment).view());
  }
}

ImportedIdentity FleetHost::identity() const {
  ImportedIdentity out;
  out.name = record().name;
  out.ak_public = record().ak_public;
  out.curve_key = record().curve_key;
  out.uid = record().uid;
  return out;
}

Result<void> FleetHost::begin_at(std::uint64_t sequence,
                                 const std::vector<PcrSelection>& selections) {
  if (selections.size() != 1 || selections.front().bank != HashAlgorithm::kSha256) {
    return Error{ErrorCode::kUnsupported, "selection", 0,
                 "the policy asks for something else than one bank of SHA-256"};
  }
  host_.selection = selections.front();
  if (esxi_) {
    const EsxiBootLog booted = write_esxi_boot_log(*esxi_);
    log_size_ = booted.log.size();
    pcrs_ = plain_replay(booted.measured, host_.selection);
  } else {
    const Bytes boot_log = log(false);
    log_size_ = boot_log.size();
    pcrs_ = plain_replay(boot_log, host_.selection);
  }
  first_ = sequence;
  resets_.clear();
  return {};
}

Bytes FleetHost::log(bool is_tampered) const {
  if (esxi_) {
    EsxiBootModel model = *esxi_;
    model.host_seed += is_tampered ? 1 : 0;  // another host's: PCR 5, 13 and 14 differ
    return write_esxi_boot_log(model).log;
  }
  MeasuredBootModel model;
  model.host_seed = seed_ * 1'000'000 + number_;
  model.kernel = is_tampered ? "6.1.0-66-amd64" : model.kernel;
  return write_boot_log(model);
}

// Of a host that is faulty itself, a forged quote or log has its own finding or the boot's: which
// one depends on how far the log is read.
Expected FleetHost::expected(Action action) const {
  Expected expected = expected_of(action);
  if (!esxi_ || esxi_->fault == EsxiFault::kNone) {
    return expected;
  }
  if (expected.state == TrustState::kTrusted) {
    return expected_of(esxi_->fault);
  }
  expected.code = {};
  return expected;
}

std::uint32_t FleetHost::resets_until(const Plan& plan, std::uint64_t sequence) {
  while (first_ + resets_.size() <= sequence) {
    const std::uint32_t before = resets_.empty() ? 0 : resets_.back();
    const Action action = plan.action(number_, first_ + resets_.size());
    resets_.push_back(before + (is_reset(action) ? 1 : 0));
  }
  return resets_.at(sequence - first_);
}

BootId FleetHost::boot_id(const Plan& plan, std::uint64_t sequence) {
  const std::uint64_t boot = at_start_.reset_count + resets_until(plan, sequence);
  return filled<BootId>(seed_ ^ (std::uint64_t{number_} << 32U), boot, "boot");
}

Bytes FleetHost::evidence(const Plan& plan, std::uint64_t sequence, NonceKind kind,
                          const Nonce& nonce, std::uint64_t counted_ms) {
  host_.clock = at_start_;
  host_.clock.reset_count += resets_until(plan, sequence);
  host_.clock.clock_ms += counted_ms;
  host_.boot_id = boot_id(plan, sequence);
  Challenge challenge;
  challenge.kind = kind;
  challenge.nonce = nonce;
  challenge.sequence = sequence;
  challenge.selections = {host_.selection};
  PcrBank quoted = pcrs_;
  const Action action = plan.action(number_, sequence);
  if (action == Action::kWrongPcr) {
    quoted.set(4, hash(HashAlgorithm::kSha256, as_bytes("another boot loader")));
  }
  EvidenceDraft draft = host_.draft(challenge, {quoted}, log_size_);
  if (kind == NonceKind::kPreissued && action != Action::kWrongPcr) {
    draft.sent.clear();
  }
  if (action == Action::kBadSignature) {
    draft.change_signature = flip_last;
  } else if (action == Action::kWrongKey) {
    draft.key = cached_key(host_.key.public_key().kind());
  } else if (action == Action::kWrongNonce) {
    draft.nonce.front() ^= 1U;
  }
  Bytes item = draft.seal();
  if (action == Action::kTruncated) {
    item.resize(item.size() / 2);
  }
  return item;
}

}  // namespace quotemill::bench
