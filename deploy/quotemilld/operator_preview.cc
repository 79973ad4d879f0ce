// What operators are told of a change before it is made: whom it hits.
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/text.h"
#include "transport/control/control_error.h"

namespace quotemill::daemon {

using transport::control_error_of_detail;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

// What is asked for, by whomever, whether it is to be done or only told.
std::string essence_of(const transport::ControlRequest& request) {
  constexpr std::string_view kCheck = ".check";
  std::string_view verb = request.verb;
  if (verb.ends_with(kCheck)) {
    verb.remove_suffix(kCheck.size());
  }
  Json args = request.args;
  if (args.is_object()) {
    args.erase("confirmed");
  }
  return std::string(verb) + " " + args.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<ControlOutcome> OperatorVerbs::tell_blast(
    Call call, const std::shared_ptr<const PolicySet>& then, Json& out) {
  const Result<std::optional<Blast>> blast =
      previews_.ask({essence_of(call.request), parts_.policies.current(), then});
  if (!blast) {
    return control_error_of_detail(blast.error());
  }
  if (!blast->has_value()) {
    return previews_.status();
  }
  if (!call.is_check && (*blast)->must_be_confirmed()) {
    return too_many(**blast);
  }
  out["blast"] = render_blast(**blast);
  return std::nullopt;
}

bool OperatorVerbs::is_put_off(const ControlOutcome& outcome) {
  const auto* const json = std::get_if<Json>(&outcome);
  return json != nullptr && json->contains("preview");
}

ControlOutcome OperatorVerbs::preview_status(OperatorArgs& /*args*/, Call /*call*/) {
  return previews_.status();
}

ControlOutcome OperatorVerbs::preview_stop(OperatorArgs& /*args*/, Call /*call*/) {
  if (const Result<void> stopped = previews_.stop(); !stopped) {
    return control_error_of_detail(stopped.error());
  }
  return previews_.status();
}

ControlError OperatorVerbs::too_many(const Blast& blast) {
  std::string message = std::to_string(blast.worse) + " of " + std::to_string(blast.judged) +
                        " hosts would get worse";
  if (blast.errors != 0) {
    message += ", " + std::to_string(blast.errors) + " could not be judged";
  }
  if (blast.old_evidence != 0) {
    message += ", of " + std::to_string(blast.old_evidence) + " only the next attestation can tell";
  }
  if (blast.pardoned != 0) {
    message += ", " + std::to_string(blast.pardoned) + " that are failed would not be any more";
  }
  if (!blast.groups.empty()) {
    const BlastGroup& largest = blast.groups.front();
    message += "; " + std::to_string(largest.hosts) + " of them: " + printable(largest.message);
  }
  return {ErrorCode::kConflict, std::move(message),
          "--dry-run shows all causes, --yes does it nevertheless"};
}

}  // namespace quotemill::daemon
