// What administrators of ESXi hosts are told, whole: from quote and log to JSON, held against
// golden files, which the command line's own test (quotemill/esxi_view_test.cc) goes on from.
#include <gtest/gtest.h>

#include "deploy/quotemilld/esxi_hosts.h"
#include "engine/identity/ek_certificate.h"
#include "tests/engine/pipeline/esxi_engine.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/golden_file.h"

namespace quotemill::daemon {
namespace {

using bench::EsxiFault;
using quotemill::testing::EsxiEngine;
using transport::Json;

struct View {
  const char* name;
  EsxiFault fault;
  // Nothing else was measured than by an honest host: after one no log would be asked for.
  bool is_of_the_log = false;
};

void PrintTo(const View& view, std::ostream* out) {
  *out << view.name;
}

class EsxiView : public ::testing::TestWithParam<View> {
 protected:
  static void enrol(EsxiEngine& engine) {
    HostRecord& record = engine.host.record();
    record.ek_sha256 = std::string(64, 'e');
    const Bytes certificate =
        quotemill::testing::self_signed({.common_name = "EK CA", .critical_tcg_san = true},
                                        quotemill::testing::SigningKey::generate(KeyKind::kEcP256))
            .der();
    record.ek_certificate = name_of_ek_certificate(certificate);
    CommitBatch batch;
    batch.ek_certificates = {{record.uid, record.ek_certificate->sha256, certificate}};
    ASSERT_TRUE(engine.engine.store.commit(batch));
    engine.engine.put(engine.host, true);
  }

  static Json told(const EsxiEngine& engine) {
    const auto& parts = engine.engine;
    const Result<Json> esxi = esxi_host_of(*parts.hosts.find(engine.host.record().uid), parts.store,
                                           *parts.policies->current());
    EXPECT_TRUE(esxi) << esxi.error().to_string();
    Json out = esxi ? *esxi : Json();
    if (out["changes"].is_object()) {
      out["changes"]["boot_log"] = "(of evidence, which is signed anew each time)";
    }
    return out;
  }

  static void expect_view(const std::string& name, const EsxiEngine& engine) {
    quotemill::testing::expect_golden("tests/deploy/esxi_views/" + name + ".json",
                                      told(engine).dump(1) + "\n");
  }
};

// Each is honest first, if it can be: what changed since then is told, too.
TEST_P(EsxiView, IsWhatItWas) {
  EsxiEngine engine;
  enrol(engine);
  if (!GetParam().is_of_the_log) {
    engine.attest();
    engine.engine.clock.advance(5'000);
  }
  engine.model.fault = GetParam().fault;
  engine.attest();
  expect_view(GetParam().name, engine);
}

INSTANTIATE_TEST_SUITE_P(, EsxiView,
                         ::testing::Values(View{"passed", EsxiFault::kNone},
                                           View{"changed_module", EsxiFault::kChangedModule},
                                           View{"missing_module", EsxiFault::kMissingModule},
                                           View{"mixed_image", EsxiFault::kMixedImage},
                                           View{"secure_boot_off", EsxiFault::kSecureBootOff},
                                           View{"secret_typed", EsxiFault::kSecretTyped},
                                           View{"relabelled", EsxiFault::kOptionsAsCommandLine},
                                           View{"data_changed", EsxiFault::kDataChanged, true},
                                           View{"events_dropped", EsxiFault::kEventsDropped, true},
                                           View{"other_loader", EsxiFault::kOtherLoader},
                                           View{"other_authority", EsxiFault::kOtherAuthority}),
                         [](const auto& each) { return each.param.name; });

TEST_F(EsxiView, OfAHostLaunchedByTxt) {
  bench::EsxiBootModel launched = EsxiEngine().model;
  launched.is_launched = true;
  EsxiEngine engine(bench::esxi_rules_of(launched), quotemill::testing::model_images(),
                    "pcrs = [0, 2, 7, 17, 18, 19, 20, 21]\n");
  engine.model = launched;
  enrol(engine);
  engine.attest();
  expect_view("launched", engine);
}

TEST_F(EsxiView, OfASilentHost) {
  EsxiEngine engine;
  enrol(engine);
  engine.attest();
  engine.engine.clock.advance(10LL * 60 * 1000);
  engine.engine.settle();
  expect_view("silent", engine);
}

// As EnrolmentService has it held: one record, to which both came.
TEST_F(EsxiView, OfAHostWhoseEkTwoMachinesUse) {
  EsxiEngine engine;
  enrol(engine);
  engine.attest();
  ASSERT_TRUE(engine.engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = engine.host.record();
    update.record->life_cycle = LifeCycle::kPending;
    update.reset_state = true;
    update.reasons = {{.code = FindingCode::kIdentityChanged, .severity = Severity::kFail}};
    update.reasons.back().subject = "two machines use this EK in turn: esx-1 and esx-2";
    return update;
  }));
  expect_view("shared_ek", engine);
}

TEST_F(EsxiView, OfAHostThatNeverAttested) {
  EsxiEngine engine;
  enrol(engine);
  expect_view("not_attested", engine);
}

}  // namespace
}  // namespace quotemill::daemon
