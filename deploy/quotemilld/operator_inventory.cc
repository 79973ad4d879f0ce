#include "deploy/quotemilld/operator_inventory.h"

#include <utility>

#include "deploy/quotemilld/limits.h"
#include "deploy/quotemilld/operator_identity.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/random.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlOutcome;
using transport::Json;

namespace {

std::string called(const HostRecord& record) {
  return "host " + record.name + " (" + record.uid.hex() + ", " +
         std::string(name_of(record.life_cycle)) + ")";
}

// The rows against the hosts that are there.
class InventoryImport {
 public:
  InventoryImport(const RegistryView& view, std::string rule, InventoryReport& report)
      : view_(view), rule_(std::move(rule)), report_(report) {}

  void add(const InventoryRow& row, const HostUid& fresh_uid) {
    const std::optional<Host> known = view_.hosts.find_by_ek(row.ek_sha256);
    if (!is_name_free(row) || (known && !is_importable(row, *known->record))) {
      return;
    }
    if (known) {
      change(row, *known->record);
      return;
    }
    HostRecord record;
    record.uid = fresh_uid;
    record.generation = 0;  // its first keys are the first generation
    record.name = row.name;
    record.life_cycle = LifeCycle::kExpected;
    record.ek_sha256 = row.ek_sha256;
    record.enrolled = view_.now.wall;
    record.admitted_by = rule_;
    record.labels = row.labels;
    update_.records.push_back(std::move(record));
    ++report_.expected;
  }

  IdentityUpdate take() { return std::move(update_); }

 private:
  void wrong(const InventoryRow& row, std::string what) {
    report_.mistakes.add_mistake(row.place, std::move(what));
  }

  bool is_name_free(const InventoryRow& row) {
    for (const std::optional<Host>& holder :
         {view_.hosts.find_by_name(row.name), view_.hosts.find_expected(row.name)}) {
      if (holder && holder->record->ek_sha256 != row.ek_sha256) {
        wrong(row, "the name is that of " + called(*holder->record) + ", which has another EK");
        return false;
      }
    }
    return true;
  }

  bool is_importable(const InventoryRow& row, const HostRecord& known) {
    const bool is_over =
        known.life_cycle == LifeCycle::kRetired || known.life_cycle == LifeCycle::kDenied;
    if (is_over) {
      wrong(row, "the EK is that of " + called(known) + ": 'quotemill restore " + known.uid.hex() +
                     "' first, or drop the row");
    } else if (known.may_attest() && known.name != row.name) {
      wrong(row, "the EK is that of " + called(known) + ": enrolled hosts keep their names");
    } else {
      return true;
    }
    return false;
  }

  void change(const InventoryRow& row, const HostRecord& known) {
    HostRecord record = known;
    record.name = row.name;
    for (const auto& [key, value] : row.labels) {
      record.labels[key] = value;
    }
    if (record.labels.size() > limits::kLabelsMax) {
      wrong(row, called(known) + " would have more than " + std::to_string(limits::kLabelsMax) +
                     " labels");
    } else if (known.life_cycle == LifeCycle::kPending) {
      update_.added.push_back(as_active(std::move(record), rule_));
      ++report_.approved;
    } else if (record.name == known.name && record.labels == known.labels) {
      ++report_.unchanged;
    } else {
      update_.records.push_back(std::move(record));
      ++report_.labelled;
    }
  }

  const RegistryView& view_;
  const std::string rule_;
  InventoryReport& report_;
  IdentityUpdate update_;
};

Result<std::vector<HostUid>> fresh_uids(std::size_t count) {
  constexpr std::size_t kSize = std::tuple_size_v<decltype(HostUid::bytes)>;
  const Result<Bytes> random = random_bytes(count * kSize);
  if (!random) {
    return random.error();
  }
  std::vector<HostUid> uids(count);
  for (std::size_t i = 0; i < count; ++i) {
    uids[i] = HostUid::from(ByteView(*random).subspan(i * kSize, kSize)).value_or(HostUid{});
  }
  return uids;
}

Json render(const InventoryReport& report) {
  Json mistakes = Json::array();
  for (const InventoryMistake& mistake : report.mistakes.mistakes) {
    mistakes.push_back({{"line", mistake.place.line},
                        {"column", mistake.place.column},
                        {"what", printable(mistake.what)}});
  }
  const bool is_refused = report.mistakes.mistakes_found != 0;
  return {{"expected", is_refused ? 0 : report.expected},
          {"approved", is_refused ? 0 : report.approved},
          {"labelled", is_refused ? 0 : report.labelled},
          {"unchanged", report.unchanged},
          {"mistakes_found", report.mistakes.mistakes_found},
          {"mistakes", std::move(mistakes)}};
}

}  // namespace

IdentityDecision import_inventory(std::vector<InventoryRow> rows, std::vector<HostUid> fresh_uids,
                                  const std::string& who, InventoryReport& report) {
  return [rows = std::move(rows), uids = std::move(fresh_uids), who,
          &report](const RegistryView& view) -> Result<IdentityUpdate> {
    InventoryImport import(view, "inventory:" + who, report);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      import.add(rows[i], uids[i]);
    }
    return report.mistakes.mistakes_found == 0 ? import.take() : IdentityUpdate{};
  };
}

IdentityDecision remove_expected(const std::string& name) {
  return [name](const RegistryView& view) -> Result<IdentityUpdate> {
    const std::optional<Host> expected = view.hosts.find_expected(name);
    if (!expected) {
      return Error{ErrorCode::kNotFound, "inventory", 0,
                   "nobody is expected as " + escaped(name, limits::kHostNameSizeMax)};
    }
    IdentityUpdate update;
    update.removed = {expected->record->uid};
    return update;
  };
}

ControlOutcome OperatorVerbs::inventory_import(OperatorArgs& args, Call call) {
  const std::optional<Digest> id = upload_named(args);
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const Result<std::shared_ptr<const std::string>> content = uploads_.find(*id);
  if (!content) {
    return control_error(content.error());
  }
  InventoryReport report;
  report.mistakes = read_inventory(**content);
  std::vector<InventoryRow> rows = std::exchange(report.mistakes.rows, {});
  if (report.mistakes.mistakes_found != 0) {
    return render(report);
  }
  Result<std::vector<HostUid>> uids = fresh_uids(rows.size());
  if (!uids) {
    return control_error(uids.error());
  }
  const AuditAct act{who, "inventory.import",
                     std::to_string(rows.size()) + " hosts of sha256:" + id->hex()};
  const auto done = change(call, act, import_inventory(std::move(rows), *uids, who, report));
  if (!done) {
    return control_error(done.error());
  }
  if (!call.is_check) {
    uploads_.forget(*id);
  }
  return render(report);
}

ControlOutcome OperatorVerbs::inventory_list(OperatorArgs& args, Call /*call*/) {
  const std::string after = args.text_or("after", {});
  if (!args.ok()) {
    return args.error();
  }
  const std::vector<Host> page = parts_.hosts.expected(after, limits::kExpectedPageMax);
  Json list = Json::array();
  for (const Host& host : page) {
    const HostRecord& record = *host.record;
    list.push_back({{"uuid", record.uid.hex()},
                    {"name", escaped(record.name)},
                    {"ek_sha256", record.ek_sha256},
                    {"listed", transport::iso_time(record.enrolled)},
                    {"by", printable(record.admitted_by)},
                    {"labels", record.labels}});
  }
  const bool is_more = page.size() == limits::kExpectedPageMax;
  return Json{{"expected", std::move(list)},
              {"next", is_more ? Json(page.back().record->name) : Json(nullptr)}};
}

ControlOutcome OperatorVerbs::inventory_remove(OperatorArgs& args, Call call) {
  const std::string name = args.text("host");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const auto done = change(call, {who, "inventory.remove", name}, remove_expected(name));
  if (!done) {
    return control_error(done.error(), "'quotemill inventory list' shows who is");
  }
  return Json{{"dry_run", call.is_check}, {"name", escaped(name)}};
}

}  // namespace quotemill::daemon
