#include "tests/transport/siem/ocsf_schema.h"

#include <algorithm>
#include <map>

namespace quotemill::testing {
namespace {

using transport::Json;

enum class Type {
  kText,
  kNumber,  // an integer
  kTime,    // milliseconds since 1970
  kTruth,
  kObject,  // of a type of the schema
  kAny,     // an object of whatever is in it
};

using Captions = std::map<int, std::string>;

struct Attribute {
  std::string name;
  Type type = Type::kText;
  bool is_required = false;
  bool is_list = false;
  std::string object = {};      // of kObject
  Captions captions = {};       // of an enumeration; 99 is whatever the source says
  std::string caption_in = {};  // the attribute beside it that has the number's caption
};

struct ObjectType {
  std::vector<Attribute> attributes;
  std::vector<std::string> any_of = {};  // one of these at least
};

Attribute text(const std::string& name, bool is_required = false) {
  return {name, Type::kText, is_required};
}

Attribute enumeration(const std::string& name, const std::string& caption_in, Captions captions,
                      bool is_required = false) {
  return {name, Type::kNumber, is_required, false, {}, std::move(captions), caption_in};
}

Attribute object(const std::string& name, const std::string& type, bool is_required = false,
                 bool is_list = false) {
  return {name, Type::kObject, is_required, is_list, type};
}

const Captions kLevels = {
    {0, "Unknown"}, {1, "Secure"}, {2, "At Risk"}, {3, "Compromised"}, {99, "Other"}};

std::vector<Attribute> base_attributes() {
  return {
      text("activity_name"),
      text("category_name"),
      text("class_name"),
      text("type_name"),
      {"type_uid", Type::kNumber, true},
      enumeration("severity_id", "severity",
                  {{0, "Unknown"},
                   {1, "Informational"},
                   {2, "Low"},
                   {3, "Medium"},
                   {4, "High"},
                   {5, "Critical"},
                   {6, "Fatal"},
                   {99, "Other"}},
                  true),
      text("severity"),
      {"time", Type::kTime, true},
      text("message"),
      text("status"),
      text("status_code"),
      text("status_detail"),
      object("metadata", "metadata", true),
      object("observables", "observable", false, true),
      {"unmapped", Type::kAny},
  };
}

// The base event's, and the class's own.
ObjectType event_class(std::vector<Attribute> own) {
  std::vector<Attribute> all = base_attributes();
  all.insert(all.end(), own.begin(), own.end());
  return {std::move(all)};
}

ObjectType state_change() {
  return event_class(
      {enumeration("class_uid", "class_name", {{5019, "Device Config State Change"}}, true),
       enumeration("category_uid", "category_name", {{5, "Discovery"}}, true),
       enumeration("activity_id", "activity_name",
                   {{0, "Unknown"}, {1, "Log"}, {2, "Collect"}, {99, "Other"}}, true),
       enumeration("status_id", "status",
                   {{0, "Unknown"}, {1, "Success"}, {2, "Failure"}, {99, "Other"}}),
       object("device", "device", true),
       enumeration("prev_security_level_id", "prev_security_level", kLevels),
       text("prev_security_level"), object("prev_security_states", "security_state", false, true),
       enumeration("security_level_id", "security_level", kLevels), text("security_level"),
       object("security_states", "security_state", false, true),
       enumeration("state_id", "state",
                   {{0, "Unknown"}, {1, "Disabled"}, {2, "Enabled"}, {99, "Other"}}),
       text("state")});
}

ObjectType detection_finding() {
  return event_class(
      {enumeration("class_uid", "class_name", {{2004, "Detection Finding"}}, true),
       enumeration("category_uid", "category_name", {{2, "Findings"}}, true),
       enumeration("activity_id", "activity_name",
                   {{0, "Unknown"}, {1, "Create"}, {2, "Update"}, {3, "Close"}, {99, "Other"}},
                   true),
       enumeration("status_id", "status",
                   {{0, "Unknown"},
                    {1, "New"},
                    {2, "In Progress"},
                    {3, "Suppressed"},
                    {4, "Resolved"},
                    {5, "Archived"},
                    {6, "Deleted"},
                    {99, "Other"}}),
       object("finding_info", "finding_info", true),
       object("device", "device"),
       {"is_alert", Type::kTruth}});
}

ObjectType base_event() {
  return event_class(
      {enumeration("class_uid", "class_name", {{0, "Base Event"}}, true),
       enumeration("category_uid", "category_name", {{0, "Uncategorized"}}, true),
       enumeration("activity_id", "activity_name", {{0, "Unknown"}, {99, "Other"}}, true),
       enumeration("status_id", "status",
                   {{0, "Unknown"}, {1, "Success"}, {2, "Failure"}, {99, "Other"}})});
}

const std::map<std::string, ObjectType>& object_types() {
  static const std::map<std::string, ObjectType> kTypes = {
      {"metadata",
       {{text("version", true),
         object("product", "product", true),
         text("uid"),
         text("event_code"),
         text("log_name"),
         text("log_provider"),
         text("original_time"),
         {"logged_time", Type::kTime},
         {"sequence", Type::kNumber},
         text("correlation_uid"),
         text("tenant_uid"),
         {"labels", Type::kText, false, true},
         {"profiles", Type::kText, false, true}}}},
      {"product",
       {{text("name"), text("uid"), text("vendor_name"), text("version"),
         object("feature", "feature")},
        {"name", "uid"}}},
      {"feature", {{text("name"), text("uid"), text("version")}, {"name", "uid"}}},
      {"device",
       {{enumeration("type_id", "type",
                     {{0, "Unknown"}, {1, "Server"}, {2, "Desktop"}, {6, "Virtual"}, {99, "Other"}},
                     true),
         text("type"),
         text("uid"),
         text("name"),
         text("hostname"),
         text("ip"),
         text("boot_uid"),
         text("vendor_name"),
         text("model"),
         object("os", "os"),
         {"is_trusted", Type::kTruth}},
        {"uid", "name", "hostname", "ip"}}},
      {"os",
       {{text("name", true),
         enumeration("type_id", "type", {{0, "Unknown"}, {200, "Linux"}, {99, "Other"}}, true),
         text("type"), text("version")}}},
      {"security_state",
       {{enumeration("state_id", "state",
                     {{0, "Unknown"},
                      {1, "Missing or outdated content"},
                      {2, "Policy mismatch"},
                      {5, "Protection malfunction"},
                      {9, "Reboot pending"},
                      {14, "Failed boot verify"},
                      {15, "Modified execution environment"},
                      {23, "Compliance failure"},
                      {99, "Other"}}),
         text("state")}}},
      {"observable",
       {{text("name"),
         enumeration("type_id", "type",
                     {{0, "Unknown"},
                      {1, "Hostname"},
                      {2, "IP Address"},
                      {10, "Resource UID"},
                      {99, "Other"}},
                     true),
         text("type"), text("value")}}},
      {"finding_info",
       {{text("uid", true),
         text("title"),
         text("src_url"),
         text("desc"),
         {"types", Type::kText, false, true},
         {"created_time", Type::kTime},
         {"modified_time", Type::kTime}}}}};
  return kTypes;
}

bool is_of(Type type, const Json& value) {
  constexpr std::int64_t kYear2020Ms = 1'577'836'800'000;
  switch (type) {
    case Type::kText:
      return value.is_string();
    case Type::kNumber:
      return value.is_number_integer();
    case Type::kTime:
      return value.is_number_integer() && value.get<std::int64_t>() > kYear2020Ms;
    case Type::kTruth:
      return value.is_boolean();
    case Type::kObject:
    case Type::kAny:
      return value.is_object();
  }
  return false;
}

class Check {
 public:
  void object(const Json& object, const ObjectType& type, const std::string& path) {
    for (const auto& [name, value] : object.items()) {
      const auto known = std::find_if(
          type.attributes.begin(), type.attributes.end(),
          [&name = name](const Attribute& candidate) { return candidate.name == name; });
      if (known == type.attributes.end()) {
        problem(path + "." + name, "is no attribute");
      } else {
        attribute(object, *known, path + "." + name);
      }
    }
    for (const Attribute& known : type.attributes) {
      if (known.is_required && !object.contains(known.name)) {
        problem(path + "." + known.name, "is required and missing");
      }
    }
    const auto is_there = [&object](const std::string& name) { return object.contains(name); };
    if (!type.any_of.empty() && std::none_of(type.any_of.begin(), type.any_of.end(), is_there)) {
      problem(path, "has nothing that tells which one it is");
    }
  }

  void problem(const std::string& path, const std::string& what) {
    problems_.push_back(path + " " + what);
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void attribute(const Json& parent, const Attribute& known, const std::string& path) {
    const Json& value = parent.at(known.name);
    if (known.is_list != value.is_array()) {
      problem(path, known.is_list ? "is no list" : "is a list");
      return;
    }
    for (const Json& one : known.is_list ? value : Json::array({value})) {
      if (!is_of(known.type, one)) {
        problem(path, "is of another type");
      } else if (known.type == Type::kObject) {
        object(one, object_types().at(known.object), path);
      } else if (!known.captions.empty()) {
        enumerated(parent, known, one.get<int>(), path);
      }
    }
  }

  void enumerated(const Json& parent, const Attribute& known, int number, const std::string& path) {
    const auto caption = known.captions.find(number);
    if (caption == known.captions.end()) {
      problem(path, "is " + std::to_string(number) + ", which is no value of it");
    } else if (number == 99) {
      if (!parent.contains(known.caption_in)) {
        problem(path, "is 99, and nothing says what");
      }
    } else if (parent.value(known.caption_in, caption->second) != caption->second) {
      problem(path, "has another number's caption");
    }
  }

  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> ocsf_problems(const Json& event) {
  static const std::map<int, ObjectType> kClasses = {
      {0, base_event()}, {2004, detection_finding()}, {5019, state_change()}};
  Check check;
  const int uid = event.value("class_uid", -1);
  const auto known = kClasses.find(uid);
  if (known == kClasses.end()) {
    return {"class_uid names no class of ours"};
  }
  check.object(event, known->second, "event");
  if (event.value("type_uid", 0) != uid * 100 + event.value("activity_id", 0)) {
    check.problem("event.type_uid", "is not class_uid * 100 + activity_id");
  }
  const std::string type_name =
      event.value("class_name", "") + ": " + event.value("activity_name", "");
  if (event.value("type_name", type_name) != type_name) {
    check.problem("event.type_name", "is not the class's and the activity's name");
  }
  return check.take();
}

}  // namespace quotemill::testing
