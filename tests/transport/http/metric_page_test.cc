#include "transport/http/metric_page.h"

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

TEST(MetricPage, IsPrometheusText) {
  MetricPage page;
  page.gauge("hosts", "Hosts by state.", 3, {{"state", "trusted"}});
  page.gauge("hosts", "Hosts by state.", 0.5, {{"state", "a\"b\\c\nd"}});
  page.counter("process_cpu_seconds_total", "Time.", 7);
  EXPECT_EQ(page.text(),
            "# HELP quotemill_hosts Hosts by state.\n"
            "# TYPE quotemill_hosts gauge\n"
            "quotemill_hosts{state=\"trusted\"} 3\n"
            "quotemill_hosts{state=\"a\\\"b\\\\c\\nd\"} 0.5\n"
            "# HELP process_cpu_seconds_total Time.\n"
            "# TYPE process_cpu_seconds_total counter\n"
            "process_cpu_seconds_total 7\n");
}

TEST(MetricPage, CountsHistogramsUp) {
  MetricPage page;
  page.histogram("age_seconds", "Age.", {{1, 10}, {2, 3, 4}, 99});
  EXPECT_EQ(page.text(),
            "# HELP quotemill_age_seconds Age.\n"
            "# TYPE quotemill_age_seconds histogram\n"
            "quotemill_age_seconds_count 9\n"
            "quotemill_age_seconds_sum 99\n"
            "quotemill_age_seconds_bucket{le=\"1\"} 2\n"
            "quotemill_age_seconds_bucket{le=\"10\"} 5\n"
            "quotemill_age_seconds_bucket{le=\"+Inf\"} 9\n");
}

}  // namespace
}  // namespace quotemill::transport
