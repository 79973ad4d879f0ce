// The fields of an entry as ascii_runtime_measurements shows them, turned into the template data
// that the kernel hashed.
#pragma once

#include <string_view>

#include "engine/base/byte_writer.h"
#include "engine/eventlog/ima_template.h"

namespace quotemill {

// Appends the template data that `text` shows to `out`. A file name may hold spaces, and fields
// without a value at the end of a line may have left no trace: `shown` says how many of the fields
// behind the name are there. False if the text cannot be cut so. `scratch` is memory to be used
// again.
bool write_ima_text(const ImaTemplate& fields, std::string_view text, std::size_t shown,
                    ByteWriter& out, Bytes& scratch);

// How many fields the template has behind the name: write_ima_text() may be told as many.
std::size_t fields_behind_name(const ImaTemplate& fields);

// Template "ima": the digest and the file name, padded with zeros, without lengths.
void write_ima_original(ByteView digest, ByteView file_name, ByteWriter& out);

}  // namespace quotemill
