// What the files of metrics have in common. For metrics*.cc alone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "deploy/quotemilld/metrics.h"
#include "engine/verdict/host_state.h"
#include "transport/http/metric_page.h"

namespace quotemill::daemon {

inline constexpr std::array kStates = {TrustState::kTrusted, TrustState::kWarning,
                                       TrustState::kFailed, TrustState::kStale,
                                       TrustState::kUnknown};

template <class T>
double value(const std::atomic<T>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

inline double number(std::uint64_t count) {
  return static_cast<double>(count);
}

// What is counted of each of several: gateways, sinks.
template <class Counters>
struct CounterOfEach {
  const char* name;
  const char* help;
  std::atomic<std::uint64_t> Counters::*counter;
};

template <class Counters>
using CountersByName = std::vector<std::pair<std::string, const Counters*>>;

template <class Counters>
void add_each(std::span<const CounterOfEach<Counters>> kinds, const char* label,
              const CountersByName<Counters>& all, transport::MetricPage& page) {
  for (const CounterOfEach<Counters>& kind : kinds) {
    for (const auto& [name, counters] : all) {
      page.counter(kind.name, kind.help, value(counters->*kind.counter), {{label, name}});
    }
  }
}

// Parts of the page, each in a file of its own.

// What the attestation and the enrolment endpoint did (metrics_endpoints.cc).
void add_endpoints(const MetricParts& parts, transport::MetricPage& page);

// Changes of trust, and how far they have got (metrics_stream.cc).
void add_stream(const MetricParts& parts, transport::MetricPage& page);

}  // namespace quotemill::daemon
