// Rollouts, and their cohorts.
#include "engine/rollout/limits.h"
#include "storage/record_fields.h"
#include "storage/records.h"

namespace quotemill::storage {
namespace {

constexpr std::size_t kUidSize = 16;
constexpr std::size_t kMemberSize = kUidSize + 1;
static_assert(limits::kRolloutWavesMax <= 256, "a wave is one byte");

void write(const RolloutSample& sample, pb::RolloutSample& out) {
  out.set_time_ms(sample.time.ms);
  out.set_still_old(sample.counts.still_old);
  out.set_converged(sample.counts.converged);
  out.set_mixed(sample.counts.mixed);
  out.set_failed(sample.counts.failed);
  out.set_silent(sample.counts.silent);
  out.set_waiting(sample.counts.waiting);
  out.set_gone(sample.counts.gone);
}

RolloutSample read(const pb::RolloutSample& from) {
  return {{from.time_ms()},
          {from.still_old(), from.converged(), from.mixed(), from.failed(), from.silent(),
           from.waiting(), from.gone()}};
}

Error damaged(const char* what, const char* why) {
  return {ErrorCode::kStorage, what, 0, std::string("damaged: ") + why};
}

}  // namespace

std::string encode_rollout(const Rollout& rollout) {
  pb::Rollout out;
  out.set_revision(rollout.revision);
  out.set_name(rollout.name);
  out.set_from_name(rollout.from.name);
  out.set_from_version(rollout.from.version);
  out.set_to_name(rollout.to.name);
  out.set_to_version(rollout.to.version);
  out.set_waves_open(rollout.waves_open);
  out.set_wave_every_ms(rollout.wave_every_ms);
  out.set_started_ms(rollout.started.ms);
  out.set_wave_opened_ms(rollout.wave_opened.ms);
  out.set_deadline_ms(rollout.deadline.ms);
  out.set_ended_ms(rollout.ended.ms);
  out.set_last_ms(rollout.last.ms);
  out.set_phase(static_cast<std::uint32_t>(rollout.phase));
  out.set_started_by(rollout.started_by);
  out.set_ended_by(rollout.ended_by);
  for (const RolloutSample& sample : rollout.samples) {
    write(sample, *out.add_samples());
  }
  return seal_record(out);
}

Result<Rollout> decode_rollout(std::uint64_t number, std::shared_ptr<const Cohort> cohort,
                               std::string_view value) {
  const Result<pb::Rollout> from = open_record<pb::Rollout>("rollout record", value);
  if (!from) {
    return from.error();
  }
  const std::optional<RolloutPhase> phase = rollout_phase(from->phase());
  if (!phase) {
    return damaged("rollout record", "has a phase that is unknown");
  }
  Rollout out;
  out.number = number;
  out.revision = from->revision();
  out.name = from->name();
  out.from = {from->from_name(), from->from_version()};
  out.to = {from->to_name(), from->to_version()};
  out.cohort = std::move(cohort);
  out.waves_open = from->waves_open();
  out.wave_every_ms = from->wave_every_ms();
  out.started.ms = from->started_ms();
  out.wave_opened.ms = from->wave_opened_ms();
  out.deadline.ms = from->deadline_ms();
  out.ended.ms = from->ended_ms();
  out.last.ms = from->last_ms();
  out.phase = *phase;
  out.started_by = from->started_by();
  out.ended_by = from->ended_by();
  for (const pb::RolloutSample& sample : from->samples()) {
    out.samples.push_back(read(sample));
  }
  return out;
}

std::string encode_cohort(const Cohort& cohort) {
  std::string content;
  content.reserve(cohort.members().size() * kMemberSize);
  for (const CohortMember& member : cohort.members()) {
    content.append(as_text(member.host.view()));
    content.push_back(static_cast<char>(member.wave));
  }
  return encode_plain(content);
}

Result<std::shared_ptr<const Cohort>> decode_cohort(std::string_view value) {
  const Result<std::string_view> content = decode_plain("cohort record", value);
  if (!content) {
    return content.error();
  }
  if (content->size() % kMemberSize != 0) {
    return damaged("cohort record", "has another size");
  }
  std::vector<CohortMember> members(content->size() / kMemberSize);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::string_view row = content->substr(i * kMemberSize, kMemberSize);
    members[i] = {*HostUid::from(as_bytes(row.substr(0, kUidSize))),
                  static_cast<std::uint8_t>(row.back())};
  }
  Result<Cohort> cohort = Cohort::create(std::move(members));
  return cohort ? Result<std::shared_ptr<const Cohort>>(
                      std::make_shared<const Cohort>(*std::move(cohort)))
                : Result<std::shared_ptr<const Cohort>>(damaged("cohort record", "is no cohort"));
}

}  // namespace quotemill::storage
