// What all formats say of a change: its sentence, and how bad it is on each scale.
#pragma once

#include <string>
#include <string_view>

#include "engine/verdict/change.h"
#include "transport/render/limits.h"

namespace quotemill::transport {

// Of one state, on the scales of ECOSYSTEM's table.
struct StateScale {
  int ocsf_level = 0;  // security_level_id
  const char* ocsf_level_name = "";
  int ocsf_severity = 0;  // severity_id
  const char* ocsf_severity_name = "";
  const char* ecs_outcome = "";
  int ecs_severity = 0;  // 0 to 100
  int cef = 0;           // 0 to 10
  int syslog = 0;        // RFC 5424, 6.2.1
  const char* ear = "";  // the tier of EAR (draft-ietf-rats-ear)
  // OpenTelemetry's, as CloudEvents' extension "severity" has them.
  const char* otel = "";
  int otel_number = 0;
};

const StateScale& scale_of(TrustState state);

// The reason that counts: the worst one; null for none.
const Finding* worst_reason(const Change& change);
// Its code; "trust.restored" for a change to trusted, "trust.changed" where there is none.
std::string code_of(const Change& change);

// "Host web-01 changed from trusted to failed: PCR 4, event 31: …".
std::string sentence_of(const Change& change);

// Where and what the worst reason is, for programs: "pcr=4 event=27 type=EV_IPL sha256=9f2c…
// expected=…"; "" if there is nothing of that.
std::string detail_of(const Change& change);

// "prod-linux@41"; the id alone where the version is not known.
std::string policy_of(const Change& change);

// The name of the rollout that the host was judged under; "" if there is none.
std::string rollout_of(const Change& change);

// How long what is put into this line may be, so that both together are an event.
std::size_t room_beside(std::string_view line);

// The first `max` bytes at most, cut between characters of UTF-8.
std::string shortened(const std::string& text, std::size_t max);

}  // namespace quotemill::transport
