// MetricPage: metrics in Prometheus' text format (exposition format 0.0.4), by prometheus-cpp.
//
// Names are given without the prefix "quotemill_" (or with their own, "process_"), in base units;
// counters end in "_total". Samples of one family are added one after another. Not for sharing
// between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace quotemill::transport {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// How many fell below each bound, of all that fell anywhere.
struct MetricHistogram {
  std::vector<double> bounds;         // upper, inclusive, ascending
  std::vector<std::uint64_t> counts;  // not cumulative; one more than bounds: the rest
  double sum = 0;
};

class MetricPage {
 public:
  MetricPage();
  ~MetricPage();
  MetricPage(const MetricPage&) = delete;
  MetricPage& operator=(const MetricPage&) = delete;

  void counter(const std::string& name, const std::string& help, double value,
               const MetricLabels& labels = {});
  void gauge(const std::string& name, const std::string& help, double value,
             const MetricLabels& labels = {});
  void histogram(const std::string& name, const std::string& help, const MetricHistogram& values,
                 const MetricLabels& labels = {});

  [[nodiscard]] std::string text() const;

  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace quotemill::transport
