// The bytes of VMware's tagged events (TCG_PCClientTaggedEvent with one tag), read strictly:
// lengths that fit exactly, names of one file, records whose offsets stay inside. Views borrow.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/esxi/log/esxi_boot.h"

namespace quotemill {

struct TaggedData {
  std::uint32_t tag = 0;
  ByteView data;
};

// The whole data of an EV_EVENT_TAG: one tag and nothing behind it.
Result<TaggedData> read_tagged_data(ByteView event_data);

// The number that the data begins with; 0 if it is shorter. For telling whose log it is.
std::uint32_t tag_of(ByteView event_data);

// A file's name with extension and one NUL, without '/' or anything that is not printable.
Result<std::string_view> read_module_name(ByteView data);

// The version record as the loader rewrites it (esx-boot, uefi/efiutils/tpm.c); `event` is not set.
// NULs at the ends of texts are left out, whether their lengths count them or not.
Result<EsxiVersionRecord> read_version_record(ByteView data);

// Of a path: what is behind the last '/'. Of a name: without its last extension; and that.
std::string_view file_of_path(std::string_view path);
std::string_view stem_of(std::string_view file);
std::string_view extension_of(std::string_view file);

}  // namespace quotemill
