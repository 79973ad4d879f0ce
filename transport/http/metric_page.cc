#include "transport/http/metric_page.h"

#include <limits>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace quotemill::transport {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct MetricPage::Families {
  // A sample of the family of this name, which is made if the last one is another.
  ClientMetric& add(const std::string& name, const std::string& help, MetricType type,
                    const MetricLabels& labels) {
    const std::string full = name.starts_with("process_") ? name : "quotemill_" + name;
    if (all.empty() || all.back().name != full) {
      all.push_back(MetricFamily{full, help, type, {}});
    }
    ClientMetric& sample = all.back().metric.emplace_back();
    for (const auto& [label, value] : labels) {
      sample.label.push_back({label, value});
    }
    return sample;
  }

  std::vector<MetricFamily> all;
};

MetricPage::MetricPage() : families_(std::make_unique<Families>()) {}

MetricPage::~MetricPage() = default;

void MetricPage::counter(const std::string& name, const std::string& help, double value,
                         const MetricLabels& labels) {
  families_->add(name, help, MetricType::Counter, labels).counter.value = value;
}

void MetricPage::gauge(const std::string& name, const std::string& help, double value,
                       const MetricLabels& labels) {
  families_->add(name, help, MetricType::Gauge, labels).gauge.value = value;
}

void MetricPage::histogram(const std::string& name, const std::string& help,
                           const MetricHistogram& values, const MetricLabels& labels) {
  ClientMetric::Histogram& out =
      families_->add(name, help, MetricType::Histogram, labels).histogram;
  for (std::size_t i = 0; i < values.counts.size(); ++i) {
    out.sample_count += values.counts[i];
    const bool is_last = i >= values.bounds.size();
    out.bucket.push_back(
        {out.sample_count, is_last ? std::numeric_limits<double>::infinity() : values.bounds[i]});
  }
  out.sample_sum = values.sum;
}

std::string MetricPage::text() const {
  return prometheus::TextSerializer().Serialize(families_->all);
}

}  // namespace quotemill::transport
