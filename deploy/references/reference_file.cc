#include "deploy/references/reference_file.h"

#include <algorithm>
#include <array>

#include "deploy/references/esxi/image_file.h"
#include "deploy/references/json_fields.h"
#include "deploy/references/readers.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::references {
namespace {

using Reader = Result<void> (*)(const Json& file, ReferenceCollector& out, LeftOut& left_out);

struct Format {
  const char* name;
  Reader reader;
  const char* mark;  // a member that only this one has
};

constexpr std::array kJsonFormats = {
    Format{"json", read_own, "quotemill"}, Format{"pcrlock", read_pcrlock, "records"},
    Format{"keylime-refstate", read_keylime_refstate, "kernels"},
    Format{"keylime-refstate", read_keylime_refstate, "scrtm_and_bios"},
    Format{"keylime-policy", read_keylime_policy, "digests"}};

constexpr const char* kList = "list";
constexpr const char* kImage = "esxi-image";

bool is_image(const Json& file) {
  const Json* const kind = member(file, "quotemill");
  return kind != nullptr && *kind == kImageFileVersion;
}

bool looks_like_json(std::string_view content) {
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && content[first] == '{';
}

Result<const Format*> format_of(const Json& file, std::string_view wanted) {
  const auto is_it = [&](const Format& format) {
    return wanted.empty() ? member(file, format.mark) != nullptr : wanted == format.name;
  };
  const auto* const found = std::find_if(kJsonFormats.begin(), kJsonFormats.end(), is_it);
  if (found != kJsonFormats.end()) {
    return found;
  }
  return Error{ErrorCode::kConfig, "", 0,
               "is JSON of no format that is known here; --format tells which it is meant to be"};
}

Result<void> read_list(std::string_view content, ReferenceCollector& out) {
  return for_each_reference_line(content, [&out](const ReferenceLine& line) {
    ReferenceValue value;
    value.digest = line.digest;
    value.name = line.name;
    value.source = printable(line.package);  // a word for people: JSON must be able to hold it
    return out.add(std::move(value));
  });
}

Result<std::string> read_into(std::string_view content, std::string_view format,
                              ReferenceCollector& out, ReferenceReading& reading) {
  if (format.empty() ? !looks_like_json(content) : format == kList) {
    const Result<void> read = read_list(content, out);
    return read ? Result<std::string>(kList) : read.error();
  }
  const Result<Json> file = parse_strict_json(content);
  if (!file) {
    return file.error();
  }
  if (!file->is_object()) {
    return wrong_at("", "is no JSON object");
  }
  if (format.empty() ? is_image(*file) : format == kImage) {
    Result<BaseImage> image = read_image_file(*file);
    if (!image) {
      return image.error();
    }
    reading.image = std::make_shared<const BaseImage>(*std::move(image));
    return std::string(kImage);
  }
  const Result<const Format*> known = format_of(*file, format);
  if (!known) {
    return known.error();
  }
  const Result<void> read = (*known)->reader(*file, out, reading.left_out);
  return read ? Result<std::string>((*known)->name) : read.error();
}

}  // namespace

const std::vector<std::string>& reference_formats() {
  static const std::vector<std::string> kFormats = {
      "list", "json", "pcrlock", "keylime-refstate", "keylime-policy", kImage};
  return kFormats;
}

Result<ReferenceReading> read_reference_file(std::string_view content, std::string_view format) {
  const std::vector<std::string>& known = reference_formats();
  if (!format.empty() && std::find(known.begin(), known.end(), format) == known.end()) {
    return Error{ErrorCode::kConfig, "reference file", 0,
                 "there is no format '" + escaped(format, 40) + "'"};
  }
  if (content.size() > limits::kReferenceFileSizeMax) {
    return Error{ErrorCode::kTooLarge, "reference file", 0,
                 "is larger than " + std::to_string(limits::kReferenceFileSizeMax) + " bytes"};
  }
  ReferenceReading reading;
  ReferenceCollector collector;
  Result<std::string> read = read_into(content, format, collector, reading);
  if (!read) {
    Error error = read.error();
    error.context = "reference file";
    return error;
  }
  if (collector.size() == 0 && !reading.image) {
    return Error{ErrorCode::kMalformed, "reference file", 0, "has no reference value"};
  }
  reading.format = *std::move(read);
  reading.values = collector.take();
  return reading;
}

}  // namespace quotemill::references
