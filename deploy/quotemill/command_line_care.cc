// The commands by which an operator takes care of hosts, policies and the store.
#include "deploy/quotemill/command_options.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::cli {

void CommandLine::add_care() {
  Options& options = *options_;
  CLI::App* label = add(app_, "label", "Label a host: labels decide which policy is for it",
                        "  quotemill label web-01 env=prod role=frontend\n"
                        "  quotemill label web-01 role-");
  label->add_option("HOST", options.label.host, "name or uid")->required();
  label->add_option("LABEL", options.label.labels, "KEY=VALUE, or KEY- to take it away")
      ->required();
  may_be_dry(label);
  runs(label, [](Session& session, const Options& o) { return run_label(session, o.label); });

  CLI::App* maintenance =
      add(app_, "maintenance", "Work on a host: it is judged as ever, and nobody is to be woken",
          "  quotemill maintenance web-01 --for 2h\n  quotemill maintenance web-01 --end");
  maintenance->add_option("HOST", options.maintenance.host, "name or uid")->required();
  CLI::Option* duration = maintenance->add_option("--for", options.maintenance_for, "how long")
                              ->type_name("DURATION")
                              ->capture_default_str();
  maintenance->add_flag("--end", options.maintenance.is_over, "it is over")->excludes(duration);
  may_be_dry(maintenance);
  runs(maintenance, [](Session& session, const Options& o) {
    MaintenanceOptions wanted = o.maintenance;
    const std::optional<std::int64_t> for_ms = parse_duration_ms(o.maintenance_for);
    if (!for_ms || *for_ms <= 0) {
      session.fail("'" + o.maintenance_for + "' is no duration", "--for 2h", Exit::kUsage);
      return session.exit();
    }
    wanted.for_ms = *for_ms;
    return run_maintenance(session, wanted);
  });

  CLI::App* acknowledge =
      add(app_, "acknowledge", "Let go of findings that hold a host's state until they are seen",
          "  quotemill acknowledge web-01 --reason \"test of the alarm\"\n"
          "  quotemill acknowledge web-01 --finding ima.file.unknown --seen 42");
  acknowledge->add_option("HOST", options.acknowledge.host, "name or uid")->required();
  acknowledge->add_option("--finding", options.acknowledge.finding, "of this code alone")
      ->type_name("CODE");
  acknowledge
      ->add_option("--seen", options.acknowledge.seen,
                   "the last attestation you saw: refused if a later one found more")
      ->type_name("SEQ")
      ->check(CLI::Range(std::uint64_t{1}, UINT64_MAX));
  acknowledge->add_option("--reason", options.acknowledge.reason, "why; it is kept with the act")
      ->type_name("TEXT");
  may_be_dry(acknowledge);
  runs(acknowledge,
       [](Session& session, const Options& o) { return run_acknowledge(session, o.acknowledge); });

  CLI::App* bundle =
      add(app_, "bundle", "Print what proves a host's state, to be checked offline, years later",
          "  quotemill bundle web-01 > web-01.json\n"
          "  quotemill bundle web-01 --at 2026-11-24T03:31Z > then.json");
  bundle->add_option("HOST", options.shown.host, "name or uid")->required();
  is_moment(*bundle, "--at", "what it was then: 2026-11-24T03:31Z, 2026-11-24, or 90m ago",
            options.shown.at);
  runs(bundle, [](Session& session, const Options& o) { return run_bundle(session, o.shown); });

  CLI::App* backup = add(app_, "backup", "Copy the store as it is now, while the daemon runs",
                         "  quotemill backup /var/backups/quotemill/2026-11-24");
  is_file(backup->add_option("DIR", options.folder, "a folder that is not there yet")->required());
  runs(backup, [](Session& session, const Options& o) { return run_backup(session, o.folder); });
  CLI::App* store = add(app_, "store", "The store of hosts and history", "  quotemill store check");
  store->require_subcommand(1);
  CLI::App* check =
      add(*store, "check", "Read all of it, and say what is wrong", "  quotemill store check");
  runs(check, [](Session& session, const Options&) { return run_store_check(session); });

  CLI::App* audit =
      add(app_, "audit", "Who changed what: the newest acts, and whether all are there",
          "  quotemill audit --limit 20\n  quotemill audit --verify");
  audit->add_option("--limit", options.audit.limit, "how many")
      ->type_name("N")
      ->capture_default_str();
  audit->add_flag("--verify", options.audit.is_check, "check the whole chain");
  runs(audit, [](Session& session, const Options& o) { return run_audit(session, o.audit); });
}

void CommandLine::add_inventory() {
  Options& options = *options_;
  CLI::App* inventory = add(app_, "inventory", "Which TPMs are in which hosts of the fleet",
                            "  quotemill inventory import fleet.csv");
  inventory->require_subcommand(1);
  CLI::App* import =
      add(*inventory, "import", "Expect the hosts of a CSV or JSON file, by their EK",
          "  quotemill inventory import --dry-run fleet.csv\n"
          "  quotemill inventory import fleet.csv");
  is_file(
      import->add_option("FILE", options.inventory, "columns ek, name, and labels")->required());
  may_be_dry(import);
  runs(import, [](Session& session, const Options& o) {
    return run_inventory_import(session, o.inventory);
  });
  CLI::App* list = add(*inventory, "list", "List the hosts that no TPM has proven yet",
                       "  quotemill inventory list");
  runs(list, [](Session& session, const Options&) { return run_inventory_list(session); });
  CLI::App* remove =
      add(*inventory, "remove", "Expect a host no more", "  quotemill inventory remove web-09");
  remove->add_option("HOST", options.host, "its name")->required();
  may_be_dry(remove);
  runs(remove,
       [](Session& session, const Options& o) { return run_inventory_remove(session, o.host); });
}

void CommandLine::add_policy_changes(CLI::App& policy) {
  Options& options = *options_;
  CLI::App* apply = add(policy, "apply", "Judge hosts by these policies from now on",
                        "  quotemill policy apply prod-linux.toml\n"
                        "  quotemill policy apply --dry-run *.toml");
  is_file(apply->add_option("FILE", options.policy.files, "TOML")->required());
  apply->add_flag("--force", options.policy.may_go_back, "even if its version is not a higher one");
  may_be_dry(apply);
  runs(apply,
       [](Session& session, const Options& o) { return run_policy_apply(session, o.policy); });
  CLI::App* test = add(policy, "test", "Say which hosts would change under these policies",
                       "  quotemill policy test prod-linux.toml");
  is_file(test->add_option("FILE", options.policy.files, "TOML")->required());
  runs(test, [](Session& session, const Options& o) { return run_policy_test(session, o.policy); });
  CLI::App* withdraw = add(policy, "withdraw", "Take an applied policy back",
                           "  quotemill policy withdraw prod-linux");
  withdraw->add_option("ID", options.policy.id, "of the policy")->required();
  may_be_dry(withdraw);
  runs(withdraw,
       [](Session& session, const Options& o) { return run_policy_withdraw(session, o.policy); });
}

void CommandLine::add_policy_questions(CLI::App& policy) {
  Options& options = *options_;
  CLI::App* list = add(policy, "list", "List the policies in force", "  quotemill policy list");
  runs(list, [](Session& session, const Options&) { return run_policy_list(session); });
  CLI::App* show = add(policy, "show", "Show a policy as it was applied",
                       "  quotemill policy show prod-linux\n"
                       "  quotemill policy show prod-linux --number 12");
  show->add_option("ID", options.policy.id, "of the policy")->required();
  show->add_option("--number", options.policy.number, "of the history: as it was then")
      ->type_name("N");
  runs(show, [](Session& session, const Options& o) { return run_policy_show(session, o.policy); });
  CLI::App* history = add(policy, "history", "List what was applied and withdrawn, and by whom",
                          "  quotemill policy history");
  history->add_option("ID", options.policy.id, "of one policy alone");
  runs(history,
       [](Session& session, const Options& o) { return run_policy_history(session, o.policy); });
}

}  // namespace quotemill::cli
