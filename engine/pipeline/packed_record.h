// PackedRecord: the record of a host to which nothing happens, in as little memory as it takes: its
// keys and names in one piece, and once for all hosts what an operator said of many.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/identity/host_record.h"
#include "engine/pipeline/shared_values.h"
#include "engine/ports/host_rows.h"

namespace quotemill {

// Immutable once packed: any thread.
class PackedRecord {
  // What many hosts have in common: how they were admitted, and their labels.
  struct Common {
    explicit Common(const HostRecord& record)
        : admitted_by(record.admitted_by), note(record.note), labels(record.labels) {}

    std::string admitted_by;
    std::string note;
    std::map<std::string, std::string> labels;
  };

  // The same for a record as for what is common in it.
  struct Hash {
    template <class Like>
    std::size_t operator()(const Like& like) const {
      std::size_t value = std::hash<std::string>{}(like.admitted_by);
      for (const auto& [label, text] : like.labels) {
        value = value * 31 + std::hash<std::string>{}(text);
      }
      return value;
    }
  };

  struct Alike {
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return left.admitted_by == right.admitted_by && left.note == right.note &&
             left.labels == right.labels;
    }
  };

 public:
  using Pool = SharedValues<Common, Hash, Alike>;  // any thread
  using SharedCommon = std::shared_ptr<const Common>;

  // nullopt if it does not fit: one of its texts or keys is longer than 65,535 bytes.
  // `memory` outlives it.
  static std::optional<PackedRecord> pack(
      const HostRecord& record, Pool& pool,
      std::pmr::memory_resource& memory = *std::pmr::get_default_resource());
  // The same for a stored host; `common` is what the pool has for its own.
  static std::optional<PackedRecord> pack(const HostRow& row, SharedCommon common,
                                          std::pmr::memory_resource& memory);

  // The record as it was.
  [[nodiscard]] HostRecord unpack(const HostUid& uid) const;

  // Of the record, without unpacking it; borrowed.
  [[nodiscard]] LifeCycle life_cycle() const { return life_cycle_; }

  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  [[nodiscard]] bool is_imported() const {
    return common_->admitted_by.starts_with(HostRecord::kImportedPrefix);
  }

  [[nodiscard]] std::string_view name() const { return part(kName); }

  [[nodiscard]] std::string ek_sha256() const;

  [[nodiscard]] bool has_ek_sha256() const { return !part(kEkSha256).empty(); }

  [[nodiscard]] std::string_view ak_public() const { return part(kAkPublic); }

  [[nodiscard]] const CurveKey& curve_key() const { return curve_key_; }

  [[nodiscard]] const std::map<std::string, std::string>& labels() const { return common_->labels; }

 private:
  // In the order in which they are in parts_.
  enum Part : std::size_t { kName, kEkSha256, kAkPublic, kEkPublic, kEkCertificateSha256, kParts };

  using Sizes = std::array<std::uint16_t, kParts>;

  // Gives parts back.
  struct Free {
    void operator()(char* parts) const;

    std::pmr::memory_resource* memory;
  };

  using Parts = std::unique_ptr<char, Free>;  // their sizes, and then they themselves

  explicit PackedRecord(Parts parts) : parts_(std::move(parts)) {}

  static Sizes sizes_of(const char* parts);
  static std::size_t size_of(const Sizes& sizes);  // of the whole piece
  [[nodiscard]] std::string_view part(Part which) const;

  Parts parts_;
  SharedCommon common_;
  WallTime ek_certificate_not_after_;
  WallTime enrolled_;
  WallTime expires_;
  CurveKey curve_key_{};
  std::uint32_t generation_ = 0;
  LifeCycle life_cycle_ = LifeCycle::kPending;
  bool is_ek_binary_ = false;  // its part is the SHA-256, not its hexadecimal digits
};

}  // namespace quotemill
