#include "bench/simulator/tally.h"

#include <algorithm>
#include <cmath>

namespace quotemill::bench {
namespace {

using transport::Json;

constexpr std::size_t kWrongTold = 10;

struct Counter {
  const char* name;
  std::uint64_t Tally::*value;
};

constexpr std::array<Counter, 19> kCounters = {{
    {"hosts", &Tally::hosts},
    {"attestations", &Tally::attestations},
    {"trusted", &Tally::trusted},
    {"failed", &Tally::failed},
    {"interactive", &Tally::interactive},
    {"logs_sent", &Tally::logs_sent},
    {"signed_live", &Tally::signed_live},
    {"replays_refused", &Tally::replays_refused},
    {"asked_again", &Tally::asked_again},
    {"receipts_again", &Tally::receipts_again},
    {"flood_messages", &Tally::flood_messages},
    {"unread_messages", &Tally::unread_messages},
    {"storm_connections", &Tally::storm_connections},
    {"busy", &Tally::busy},
    {"silences", &Tally::silences},
    {"late", &Tally::late},
    {"unanswered", &Tally::unanswered},
    {"bytes_sent", &Tally::bytes_sent},
    {"bytes_received", &Tally::bytes_received},
}};

double rounded(double value) {
  return std::round(value * 10) / 10;
}

double per_attestation(std::uint64_t value, const Tally& tally) {
  return tally.attestations == 0
             ? 0
             : rounded(static_cast<double>(value) / static_cast<double>(tally.attestations));
}

Json counters_of(const Tally& tally) {
  Json out = Json::object();
  for (const Counter& counter : kCounters) {
    out[counter.name] = tally.*counter.value;
  }
  return out;
}

Json actions_of(const Tally& tally) {
  Json out = Json::object();
  for (std::size_t i = 0; i < kActionCount; ++i) {
    if (tally.actions.at(i) != 0) {
      out[std::string(name_of(static_cast<Action>(i)))] = tally.actions.at(i);
    }
  }
  return out;
}

Json encode_histogram(const Histogram& histogram) {
  Json buckets = Json::array();
  for (const auto& [bucket, count] : histogram.buckets()) {
    buckets.push_back(Json::array({bucket, count}));
  }
  return {{"buckets", std::move(buckets)}, {"max", histogram.max()}};
}

// Throws as the library does if it is none.
void decode_histogram(const Json& json, Histogram& histogram) {
  for (const Json& bucket : json.at("buckets")) {
    histogram.add_bucket(bucket.at(0).get<std::size_t>(), bucket.at(1).get<std::uint64_t>());
  }
  histogram.add_max(json.at("max").get<std::uint64_t>());
}

Json render_latency(const Histogram& latency) {
  return {{"p50", latency.percentile(0.5)},
          {"p90", latency.percentile(0.9)},
          {"p99", latency.percentile(0.99)},
          {"max", latency.max()}};
}

std::uint64_t number_at(const Json& object, const char* name) {
  return object.at(name).get<std::uint64_t>();
}

}  // namespace

void Tally::add_wrong(const std::string& what) {
  ++wrong_verdicts;
  if (wrong.size() < kWrongTold) {
    wrong.push_back(what);
  }
}

void Tally::merge(const Tally& other) {
  for (const Counter& counter : kCounters) {
    this->*counter.value += other.*counter.value;
  }
  seconds = std::max(seconds, other.seconds);
  daemon_cpu = std::max(daemon_cpu, other.daemon_cpu);  // they look at the same daemon
  wrong_verdicts += other.wrong_verdicts;
  for (const std::string& what : other.wrong) {
    if (wrong.size() < kWrongTold) {
      wrong.push_back(what);
    }
  }
  for (const auto& [code, count] : other.errors) {
    errors[code] += count;
  }
  for (std::size_t i = 0; i < kActionCount; ++i) {
    actions.at(i) += other.actions.at(i);
  }
  latency.merge(other.latency);
  busy_latency.merge(other.busy_latency);
  receipts_per_host.merge(other.receipts_per_host);
}

Json render_tally(const Tally& tally) {
  const double rate =
      tally.seconds > 0 ? static_cast<double>(tally.attestations) / tally.seconds : 0;
  Json out = {{"seconds", tally.seconds},
              {"attestations_per_s", rounded(rate)},
              {"latency_us", render_latency(tally.latency)},
              {"busy_latency_us", render_latency(tally.busy_latency)},
              {"receipts_per_host",
               {{"min", tally.receipts_per_host.percentile(0)},
                {"median", tally.receipts_per_host.percentile(0.5)},
                {"max", tally.receipts_per_host.max()}}},
              {"bytes_per_attestation",
               {{"sent", per_attestation(tally.bytes_sent, tally)},
                {"received", per_attestation(tally.bytes_received, tally)}}},
              {"wrong_verdicts", tally.wrong_verdicts},
              {"wrong", tally.wrong},
              {"errors", tally.errors},
              {"actions", actions_of(tally)}};
  if (tally.daemon_cpu > 0 && tally.attestations != 0) {
    out["daemon_cpu_us"] =
        rounded(tally.daemon_cpu * 1e6 / static_cast<double>(tally.attestations));
  }
  out.update(counters_of(tally));
  return out;
}

Json encode_tally(const Tally& tally) {
  return {{"counters", counters_of(tally)},
          {"seconds", tally.seconds},
          {"daemon_cpu", tally.daemon_cpu},
          {"wrong_verdicts", tally.wrong_verdicts},
          {"wrong", tally.wrong},
          {"errors", tally.errors},
          {"actions", tally.actions},
          {"latency", encode_histogram(tally.latency)},
          {"busy_latency", encode_histogram(tally.busy_latency)},
          {"receipts_per_host", encode_histogram(tally.receipts_per_host)}};
}

Result<Tally> decode_tally(const Json& json) {
  try {
    Tally tally;
    for (const Counter& counter : kCounters) {
      tally.*counter.value = number_at(json.at("counters"), counter.name);
    }
    tally.seconds = json.at("seconds").get<double>();
    tally.daemon_cpu = json.at("daemon_cpu").get<double>();
    tally.wrong_verdicts = number_at(json, "wrong_verdicts");
    tally.wrong = json.at("wrong").get<std::vector<std::string>>();
    tally.errors = json.at("errors").get<std::map<std::string, std::uint64_t>>();
    tally.actions = json.at("actions").get<std::array<std::uint64_t, kActionCount>>();
    decode_histogram(json.at("latency"), tally.latency);
    decode_histogram(json.at("busy_latency"), tally.busy_latency);
    decode_histogram(json.at("receipts_per_host"), tally.receipts_per_host);
    return tally;
  } catch (const Json::exception&) {
    return Error{ErrorCode::kMalformed, "tally", 0, {}};
  }
}

}  // namespace quotemill::bench
