// What VMware ships: VIBs (software packages of ESXi) and base images (image profiles: which VIBs
// together are one ESXi), as plain values, drawn from an image database, VIB files or an offline
// bundle by the importer.
//
// All texts are whatever the descriptors say: any bytes, bounded, escaped by whoever prints them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"

namespace quotemill {

// Who vouches for a VIB, least first. The numbers are stored and never change.
enum class AcceptanceLevel : std::uint8_t {
  kUnknown = 0,    // the descriptor has another word, or none
  kCommunity = 1,  // "community": nobody
  kPartner = 2,    // "partner": signed by a partner
  kAccepted = 3,   // "accepted": tested by a partner, vouched for by VMware
  kCertified = 4,  // "certified": VMware's own, or tested by it
};

// "unknown", "community", "partner", "accepted", "certified".
std::string_view name_of(AcceptanceLevel level);
std::optional<AcceptanceLevel> acceptance_level_named(std::string_view name);

// A file that a VIB brings. What the boot loader measures is its content after gunzip.
struct VibPayload {
  std::string name;       // "b"; not unique over VIBs
  std::string boot_file;  // "b.b00", by the image profile; empty: nobody says, or it is not booted
  Digest digest;          // SHA-256 of the content after gunzip

  friend bool operator==(const VibPayload&, const VibPayload&) = default;
};

struct Vib {
  std::string name;     // "esx-base"
  std::string version;  // "8.0.3-0.35.24280767"
  std::string vendor;   // "VMware"
  AcceptanceLevel acceptance = AcceptanceLevel::kUnknown;
  std::vector<VibPayload> payloads;

  friend bool operator==(const Vib&, const Vib&) = default;
};

// "esx-base 8.0.3-0.35.24280767". Escaped.
std::string title_of(const Vib& vib);

// A release and its build: "8.0.3", "24280767". Empty where nobody says.
struct EsxiVersion {
  std::string version;
  std::string build;

  [[nodiscard]] bool is_known() const { return !version.empty(); }

  friend bool operator==(const EsxiVersion&, const EsxiVersion&) = default;
};

// Of "8.0.3-0.35.24280767" (a VIB's), "8.0.3-24280767" (the boot loader's version record), "8.0.3":
// what stands before the first '-', and the digits behind the last '-' or '.' of what follows it.
// Unknown if it does not begin with a release: numbers with dots between them.
EsxiVersion esxi_version_of(std::string_view text);

// -1, 0, 1: by the numbers, one by one; a missing one is 0; the builds last. REQUIRES: both are
// known
int compare(const EsxiVersion& left, const EsxiVersion& right);

// "8.0.3 build 24280767". Escaped.
std::string title_of(const EsxiVersion& version);

struct BaseImage {
  std::string name;     // of the profile: "ESXi-8.0U3-24280767-standard"
  std::string vendor;   // its creator
  EsxiVersion version;  // of esx-base
  AcceptanceLevel acceptance = AcceptanceLevel::kUnknown;  // the least of its VIBs
  std::vector<Vib> vibs;
  // SHA-256 of the image database that it was read from, after gunzip: what a host that boots with
  // that database measures as imgdb.tgz. None if it was read from something else.
  std::optional<Digest> database = {};

  friend bool operator==(const BaseImage&, const BaseImage&) = default;
};

// The VIB that the version of ESXi is that of.
inline constexpr std::string_view kEsxBase = "esx-base";

// Version and acceptance level from the VIBs that it has.
void derive_from_vibs(BaseImage& image);

}  // namespace quotemill
