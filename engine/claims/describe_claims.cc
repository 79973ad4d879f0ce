#include "engine/base/limits.h"
#include "engine/claims/boot_claims.h"
#include "engine/crypto/certificate.h"

namespace quotemill {
namespace {

Fields with_ground(Fields fields, const Ground& ground) {
  add_ground(ground, fields);
  return fields;
}

Fields fields_of(const SecureBootClaim& claim) {
  Fields fields;
  fields.push_back({"state", std::string(!claim.enabled   ? "unknown"
                                         : *claim.enabled ? "on"
                                                          : "off")});
  fields.push_back({"mode", std::string(name_of(claim.mode))});
  fields = with_ground(std::move(fields), claim.ground);
  fields.push_back({"argument", claim.argument});
  return fields;
}

// Certificates by subject; digests are counted.
std::vector<std::string> subjects_of(const SignatureDatabase& database) {
  std::vector<std::string> subjects;
  for (const SignatureEntry& entry : database.entries) {
    if (entry.type != guids::kCertX509 || subjects.size() == limits::kSignaturesShownMax) {
      continue;
    }
    const Result<Certificate> certificate = Certificate::from_der(entry.data);
    subjects.push_back(certificate ? certificate->subject() : "unreadable certificate");
  }
  return subjects;
}

Fields fields_of(const SignatureDatabase& database) {
  return with_ground({{"name", database.name},
                      {"entries", std::uint64_t{database.entries.size()}},
                      {"readable", database.readable},
                      {"certificates", subjects_of(database)}},
                     database.ground);
}

Fields fields_of(const AuthorityClaim& claim) {
  return with_ground({{"variable", claim.variable},
                      {"subject", claim.subject},
                      {"sha256", claim.sha256},
                      {"allowed_by", claim.allowed_by},
                      {"before_separator", claim.before_separator}},
                     claim.ground);
}

Fields fields_of(const DbxLevelClaim& claim) {
  return with_ground({{"architecture", claim.architecture},
                      {"level", claim.level},
                      {"newest", claim.newest},
                      {"missing", std::uint64_t{claim.missing}}},
                     claim.ground);
}

Fields fields_of(const SbatClaim& claim) {
  return with_ground(claim.level ? describe_sbat_level(*claim.level) : Fields{}, claim.ground);
}

Fields fields_of(const BootImage& image) {
  return with_ground({{"role", std::string(name_of(image.role))},
                      {"path", image.path},
                      {"digest", image.digest},
                      {"before_separator", image.before_separator}},
                     image.ground);
}

Fields fields_of(const BootFile& file) {
  return with_ground(
      {{"pcr", std::uint64_t{file.pcr}}, {"name", file.name}, {"digest", file.digest}},
      file.ground);
}

Fields fields_of(const CommandLine& line) {
  return with_ground({{"text", line.text}}, line.ground);
}

Fields fields_of(const FirmwareClaim& firmware) {
  Fields version = with_ground({{"text", firmware.version}}, firmware.version_ground);
  Fields vendor = with_ground({{"platform_key", firmware.vendor}}, firmware.vendor_ground);
  return {{"version", std::move(version)},
          {"vendor", std::move(vendor)},
          {"manufacturer_unmeasured", firmware.manufacturer},
          {"code_volumes", std::uint64_t{firmware.blobs}}};
}

Fields fields_of(const OptionRom& rom) {
  return with_ground({{"path", rom.path}, {"digest", rom.digest}}, rom.ground);
}

Fields fields_of(const PlatformAlarm& alarm) {
  return with_ground({{"what", alarm.what}, {"text", alarm.text}}, alarm.ground);
}

template <class T>
std::vector<Fields> list_of(const std::vector<T>& items) {
  std::vector<Fields> list;
  list.reserve(items.size());
  for (const T& item : items) {
    list.push_back(fields_of(item));
  }
  return list;
}

}  // namespace

Fields describe_claims(const BootClaims& claims) {
  return {{"secure_boot", fields_of(claims.secure_boot)},
          {"databases", list_of(claims.databases.databases)},
          {"authorities", list_of(claims.databases.authorities)},
          {"dbx_level", list_of(claims.dbx_level)},
          {"sbat_level", fields_of(claims.sbat)},
          {"images", list_of(claims.chain.images)},
          {"kernel_command_line", list_of(claims.chain.command_lines)},
          {"files", list_of(claims.chain.files)},
          {"sections", list_of(claims.chain.sections)},
          {"firmware", fields_of(claims.platform.firmware)},
          {"option_roms", list_of(claims.platform.option_roms)},
          {"alarms", list_of(claims.platform.alarms)}};
}

}  // namespace quotemill
