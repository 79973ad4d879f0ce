#include "engine/policy/policy.h"

#include <ostream>
#include <sstream>

#include "deploy/common/text_file.h"
#include "deploy/quotemill/commands/commands.h"
#include "engine/base/limits.h"

namespace quotemill::cli {

namespace {

// The error's text has a line for each mistake.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(printable(line));
  }
  return lines;
}

}  // namespace

Exit run_policy_check(Session& session, const std::string& file) {
  const Result<std::string> text = program::read_text_file(file, limits::kPolicySizeMax);
  if (!text) {
    session.fail(text.error().detail, "give the name of a policy file");
    return session.exit();
  }
  const Result<Policy> policy = parse_policy(*text, file);
  if (!session.is_for_people()) {
    session.print(policy ? Json{{"valid", true},
                                {"id", policy->id},
                                {"version", policy->version},
                                {"sha256", policy->content.hex()}}
                         : Json{{"valid", false}, {"errors", lines_of(policy.error().detail)}});
    return policy ? Exit::kFine : Exit::kError;
  }
  if (!policy) {
    for (const std::string& line : lines_of(policy.error().detail)) {
      session.fail(line, {});
    }
    return session.exit();
  }
  session.out() << printable(file) << ": policy " << printable(policy->id) << " version "
                << policy->version << " is valid\n";
  return Exit::kFine;
}

}  // namespace quotemill::cli
