#include <iostream>

#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/esxi_report.h"
#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/limits.h"

namespace quotemill::offline {
namespace {

int not_judged(const Error& error) {
  std::cerr << "quotemill-verify: " << error.to_string() << '\n';
  return kExitNotJudged;
}

}  // namespace

int run_esxi(const EsxiOptions& options) {
  const Result<Bytes> file = read_file(options.report, limits::kEsxiReportSizeMax);
  if (!file) {
    return not_judged(file.error());
  }
  Result<EsxiReport> report = decode_esxi_report(*file);
  if (!report) {
    return not_judged(report.error());
  }
  const EsxiReportCheck check = check_esxi_report(std::move(*report));
  options.json ? print_json(std::cout, check) : print_text(std::cout, check);
  return worst_of(check.findings) == Severity::kFail ? kExitNotProven : kExitProven;
}

}  // namespace quotemill::offline
