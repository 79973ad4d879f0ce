#include "deploy/references/strict_json.h"

#include <algorithm>
#include <set>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::references {
namespace {

std::string line_and_column(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, std::min(position, text.size()));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return "line " + std::to_string(std::count(before.begin(), before.end(), '\n') + 1) +
         ", column " + std::to_string(std::max<std::size_t>(before.size() - line_begin, 1));
}

// Builds the value from what the library's reader tells; the first mistake stays.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  bool null() override { return put(nullptr); }

  bool boolean(bool value) override { return put(value); }

  bool number_integer(number_integer_t value) override { return put(value); }

  bool number_unsigned(number_unsigned_t value) override { return put(value); }

  bool number_float(number_float_t value, const string_t& /*text*/) override { return put(value); }

  bool string(string_t& value) override { return put(std::move(value)); }

  bool binary(binary_t& /*value*/) override { return false; }

  bool start_object(std::size_t /*size*/) override { return begin(Json::object()); }

  bool start_array(std::size_t /*size*/) override { return begin(Json::array()); }

  bool end_object() override { return end(); }

  bool end_array() override { return end(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (!level.keys.insert(name).second) {
      error_ = wrong_at(pointer() + pointer_step(name), "is there twice");
      return false;
    }
    level.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    error_ = Error{ErrorCode::kMalformed, "", position,
                   line_and_column(text_, position) + ": here the text is no JSON"};
    return false;
  }

  Result<Json> take() && { return error_ ? Result<Json>(*error_) : Result<Json>(std::move(root_)); }

 private:
  // An array or object that is not ended yet.
  struct Level {
    Json* value = nullptr;
    std::set<std::string, std::less<>> keys = {};
    std::string key = {};
  };

  template <class Value>
  bool put(Value&& value) {
    place() = std::forward<Value>(value);
    return true;
  }

  // Where the next value belongs.
  Json& place() {
    if (levels_.empty()) {
      return root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) {
      level.value->push_back(nullptr);
      return level.value->back();
    }
    // Not operator[]: it looks through all the members, and there may be half a million.
    auto& members = level.value->get_ref<Json::object_t&>();
    members.emplace_back(level.key, nullptr);
    return members.back().second;
  }

  bool begin(Json&& value) {
    if (levels_.size() == limits::kJsonDepthMax) {
      error_ = Error{ErrorCode::kTooLarge, "", 0, pointer() + " is nested too deep"};
      return false;
    }
    Json& at = place();
    at = std::move(value);
    levels_.push_back({&at});
    return true;
  }

  bool end() {
    levels_.pop_back();
    return true;
  }

  [[nodiscard]] std::string pointer() const {
    std::string out;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Json& value = *levels_[i].value;
      out += value.is_array() ? pointer_step(value.size() - 1) : pointer_step(levels_[i].key);
    }
    return out;
  }

  std::string_view text_;
  Json root_;
  std::vector<Level> levels_;
  std::optional<Error> error_;
};

}  // namespace

Result<Json> parse_strict_json(std::string_view text) {
  Builder builder(text);
  (void)Json::sax_parse(text, &builder);
  return std::move(builder).take();
}

std::string pointer_step(std::string_view key) {
  std::string out = "/";
  for (const char letter : key) {
    out += letter == '~' ? "~0" : letter == '/' ? "~1" : std::string(1, letter);
  }
  return out;
}

std::string pointer_step(std::size_t index) {
  return "/" + std::to_string(index);
}

Error wrong_at(const std::string& pointer, const std::string& what) {
  return {ErrorCode::kMalformed, "", 0, (pointer.empty() ? "/" : escaped(pointer)) + " " + what};
}

}  // namespace quotemill::references
