// Pieces of boot logs that BootLogWriter refuses to write, for tests of hostile input.
#pragma once

#include <utility>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/base/digest.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::testing {

inline const std::vector<HashAlgorithm> kBanks = {HashAlgorithm::kSha1, HashAlgorithm::kSha256};

// TCG_PCClientPCREvent with a digest of ones.
inline Bytes sha1_event(std::uint32_t pcr, std::uint32_t type, ByteView data) {
  ByteWriter out;
  out.u32_le(pcr).u32_le(type).bytes(Bytes(20, 1)).sized32_le(data);
  return out.take();
}

// The header event with any event data.
inline Bytes header_event(ByteView data) {
  ByteWriter out;
  out.u32_le(0).u32_le(event_type::kNoAction).bytes(Bytes(20, 0)).sized32_le(data);
  return out.take();
}

// TCG_EfiSpecIDEvent up to and without numberOfAlgorithms.
inline Bytes spec_id_prefix() {
  ByteWriter out;
  out.bytes(as_bytes(std::string_view("Spec ID Event03\0", 16))).u32_le(0);
  out.u8(0).u8(2).u8(0).u8(2);
  return out.take();
}

using AlgorithmList = std::vector<std::pair<std::uint16_t, std::uint16_t>>;  // id, digest size

inline Bytes spec_id_with(const AlgorithmList& algorithms) {
  ByteWriter out;
  out.bytes(spec_id_prefix()).u32_le(static_cast<std::uint32_t>(algorithms.size()));
  for (const auto& [id, size] : algorithms) {
    out.u16_le(id).u16_le(size);
  }
  out.u8(0);
  return out.take();
}

inline Bytes header_with(const AlgorithmList& algorithms) {
  return header_event(spec_id_with(algorithms));
}

inline Bytes spec_id_data(const std::vector<HashAlgorithm>& banks) {
  AlgorithmList algorithms;
  for (const HashAlgorithm bank : banks) {
    algorithms.emplace_back(static_cast<std::uint16_t>(bank),
                            static_cast<std::uint16_t>(digest_size(bank)));
  }
  return spec_id_with(algorithms);
}

inline Bytes agile_header(const std::vector<HashAlgorithm>& banks) {
  return header_event(spec_id_data(banks));
}

inline std::vector<Digest> zero_digests(const std::vector<HashAlgorithm>& banks) {
  std::vector<Digest> digests;
  for (const HashAlgorithm bank : banks) {
    digests.emplace_back(bank);
  }
  return digests;
}

}  // namespace quotemill::testing
