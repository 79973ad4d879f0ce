// quotemill-bench: how fast each part is, beside the bare primitive that nothing can beat. Takes
// Google Benchmark's options; bench/README.md says what each name means.
#include <benchmark/benchmark.h>

#include "bench/engine/judging.h"
#include "bench/micro/floors.h"

int main(int argc, char** argv) {
  using namespace quotemill::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  const std::vector<BootImage> images = {model_image()};
  register_signature_floors();
  register_log_floors(images);
  register_judging(images);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
