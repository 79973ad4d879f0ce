// JSON as Quotemill writes it: keys in the order they are written, ASCII only, one line.
//
// What is rendered here leaves on the change stream, from the control socket and from the command
// line tool alike. Pure functions: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/base/bytes.h"
#include "engine/base/time.h"
#include "engine/evidence/host_uid.h"

namespace quotemill::transport {

using Json = nlohmann::ordered_json;

// One line without its end. Every character beyond ASCII is escaped, and bytes that are no UTF-8
// are replaced: whatever a host named itself, a terminal or a log reads text.
std::string to_line(const Json& value);

// nullopt unless `text` is one JSON value in at most `depth_max` nested arrays and objects.
std::optional<Json> parse_json(std::string_view text, int depth_max = 16);

// "2026-11-24T03:31:09.123Z"; null if the time was never set (zero).
Json iso_time(WallTime time);

// The moment of such a text, or of one without milliseconds; nullopt for anything else, and for
// dates that are not in the calendar.
std::optional<WallTime> parse_iso_time(std::string_view text);

// "5f0c3c9e-…": as /proc/sys/kernel/random/boot_id writes it; null if it is all zeros.
Json uuid_text(const BootId& id);

// Lower-case hexadecimal; null if it is all zeros or empty.
Json hex_or_null(ByteView bytes);

}  // namespace quotemill::transport
