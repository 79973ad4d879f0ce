#include "transport/control/control_message.h"

#include "engine/base/limits.h"

namespace quotemill::transport {

namespace {

ErrorCode code_named(std::string_view name) {
  for (unsigned number = 0; number <= static_cast<unsigned>(ErrorCode::kInternal); ++number) {
    const auto code = static_cast<ErrorCode>(number);
    if (name_of(code) == name) {
      return code;
    }
  }
  return ErrorCode::kInternal;
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<ControlRequest> decode_request(ByteView bytes) {
  if (bytes.size() > limits::kControlRequestSizeMax) {
    return Error{ErrorCode::kTooLarge, "control request"};
  }
  std::optional<Json> json = parse_json(as_text(bytes));
  if (!json || !json->is_object() || !json->contains("verb") || !(*json)["verb"].is_string()) {
    return Error{ErrorCode::kMalformed, "control request", 0,
                 R"(expected {"verb": "...", "args": {...}})"};
  }
  ControlRequest request;
  request.verb = (*json)["verb"].get<std::string>();
  if (json->contains("args")) {
    if (!(*json)["args"].is_object()) {
      return Error{ErrorCode::kMalformed, "control request", 0, "args is no object"};
    }
    request.args = std::move((*json)["args"]);
  }
  return request;
}

std::string encode_request(const ControlRequest& request) {
  return to_line({{"verb", request.verb}, {"args", request.args}});
}

std::string encode_answer(const ControlAnswer& answer) {
  if (const auto* error = std::get_if<ControlError>(&answer)) {
    Json said = {
        {"code", name_of(error->code)}, {"message", error->message}, {"hint", error->hint}};
    if (!error->details.is_null()) {
      said["details"] = error->details;
    }
    return to_line({{"ok", false}, {"error", std::move(said)}});
  }
  return to_line({{"ok", true}, {"result", std::get<Json>(answer)}});
}

Result<ControlAnswer> decode_answer(ByteView bytes) {
  std::optional<Json> json = parse_json(as_text(bytes));
  if (json && json->is_object() && json->contains("ok") && (*json)["ok"].is_boolean()) {
    if ((*json)["ok"].get<bool>() && json->contains("result")) {
      return ControlAnswer(std::move((*json)["result"]));
    }
    if (json->contains("error") && (*json)["error"].is_object()) {
      const Json& error = (*json)["error"];
      return ControlAnswer(ControlError{
          code_named(text_in(error, "code")), text_in(error, "message"), text_in(error, "hint"),
          false, error.contains("details") ? error["details"] : Json(nullptr)});
    }
  }
  return Error{ErrorCode::kMalformed, "control answer"};
}

}  // namespace quotemill::transport
