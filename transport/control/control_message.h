// What travels over the operator's socket: one JSON request, one JSON answer.
//
//   {"verb": "history", "args": {"host": "web-01", "limit": 10}}
//   {"ok": true, "result": …}
//   {"ok": false, "error": {"code": "not_found", "message": "…", "hint": "…"}}
//   {"ok": false, "error": {"code": "expired", …, "details": {"oldest": 4, …}}}   of some verbs
//
// Codes are those of engine/base/error.h. Pure functions: any thread.
#pragma once

#include <string>
#include <variant>

#include "engine/base/result.h"
#include "transport/render/json.h"

namespace quotemill::transport {

struct ControlRequest {
  std::string verb;
  Json args = Json::object();
  // The wait that the handler asked for is over: answer with what there is (control_server.h).
  bool is_final = false;
};

struct ControlError {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;          // what is wrong
  std::string hint;             // what to do about it; may be empty
  bool is_unreachable = false;  // made by the client: nobody answered
  Json details = nullptr;       // the same for programs; null: nothing is
};

using ControlAnswer = std::variant<Json, ControlError>;

// kMalformed, kTooLarge: not a request.
Result<ControlRequest> decode_request(ByteView bytes);
std::string encode_request(const ControlRequest& request);

std::string encode_answer(const ControlAnswer& answer);
// kMalformed: not an answer.
Result<ControlAnswer> decode_answer(ByteView bytes);

}  // namespace quotemill::transport
