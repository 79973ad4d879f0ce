#include "deploy/quotemill/packages/esxi_files.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "deploy/common/text_file.h"
#include "deploy/quotemill/packages/bounded_entries.h"
#include "deploy/references/esxi/descriptors.h"
#include "engine/base/text.h"
#include "engine/esxi/image/limits.h"

namespace quotemill::cli {
namespace {

using references::ImageProfile;
using references::VibDescriptor;

constexpr std::string_view kDatabaseRoot = "var/db/esximg/";
constexpr std::string_view kGzipMark("\x1f\x8b", 2);
constexpr std::string_view kArMark = "!<arch>\n";
constexpr std::string_view kZipMark("PK\x03\x04", 4);

// What image databases and bundles' metadata are made of.
struct Descriptors {
  std::vector<VibDescriptor> vibs;
  std::vector<ImageProfile> profiles;
  std::set<std::string> ids;

  Result<void> add_vib(std::string_view xml) {
    Result<VibDescriptor> vib = references::read_vib_descriptor(xml);
    if (!vib) {
      return vib.error();
    }
    if (vibs.size() == limits::kEsxiDescriptorsMax) {
      return image_error(ErrorCode::kTooLarge, "has more VIBs than such a file may have");
    }
    if (!ids.insert(vib->id).second) {
      return image_error(ErrorCode::kConflict, "has VIB " + escaped(vib->id, 100) + " twice");
    }
    vibs.push_back(*std::move(vib));
    return {};
  }

  Result<void> add_profile(std::string_view xml) {
    Result<ImageProfile> profile = references::read_image_profile(xml);
    if (!profile) {
      return profile.error();
    }
    profiles.push_back(*std::move(profile));
    return profiles.size() <= limits::kEsxiDescriptorsMax
               ? Result<void>()
               : image_error(ErrorCode::kTooLarge, "has more profiles than such a file may have");
  }

  // By the folder that it is in.
  Result<void> add(std::string_view path, ArchiveReader& reader, Budget& budget) {
    const bool is_vib = path.starts_with("vibs/") && path.ends_with(".xml");
    const bool is_profile = path.starts_with("profiles/") && !path.ends_with(".sig");
    if (!is_vib && !is_profile) {
      return pass_over(reader, budget);
    }
    const Result<std::string> xml = content_of(reader, budget, limits::kEsxiDescriptorSizeMax);
    if (!xml) {
      return xml.error();
    }
    return is_vib ? add_vib(*xml) : add_profile(*xml);
  }

  // The profile of this name; the only one if none is asked for.
  [[nodiscard]] Result<const ImageProfile*> choose(const std::string& wanted) const {
    std::string names;
    for (const ImageProfile& profile : profiles) {
      if (profile.name == wanted || (wanted.empty() && profiles.size() == 1)) {
        return &profile;
      }
      names += (names.empty() ? "" : ", ") + escaped(profile.name, 100);
    }
    if (names.empty()) {
      return image_error(ErrorCode::kMalformed, "has no image profile");
    }
    return image_error(ErrorCode::kConfig,
                       (wanted.empty() ? std::string("has several profiles: ")
                                       : "has no profile " + escaped(wanted, 100) + ", but ") +
                           names);
  }

  [[nodiscard]] Result<EsxiReading> reading(const std::string& wanted,
                                            const std::string& kind) const {
    const Result<const ImageProfile*> profile = choose(wanted);
    if (!profile) {
      return profile.error();
    }
    EsxiReading out;
    out.kind = kind;
    Result<BaseImage> image = references::image_of(**profile, vibs, out.left_out);
    if (!image) {
      return image.error();
    }
    out.image = *std::move(image);
    return out;
  }
};

// --- imgdb.tgz

// What the boot loader measures the file as: SHA-256 of what gunzip makes of it.
Result<Digest> measured_digest(std::string_view bytes, Budget& budget) {
  Result<ArchiveReader> reader = ArchiveReader::open_bytes(ArchiveKind::kGzip, bytes);
  Result<bool> is_there = reader ? reader->next() : reader.error();
  if (!is_there) {
    return is_there.error();
  }
  return digest_of(*reader, *is_there, budget);
}

// A host unpacks all of it into its root: what is no part of the database would run there.
Result<EsxiReading> read_database(std::string_view bytes, const std::string& profile) {
  Budget hashing;
  const Result<Digest> digest = measured_digest(bytes, hashing);
  Result<ArchiveReader> reader =
      digest ? ArchiveReader::open_bytes(ArchiveKind::kTar, bytes) : digest.error();
  if (!reader) {
    return reader.error();
  }
  Budget budget;
  Descriptors descriptors;
  const Result<void> read =
      for_each_file(*reader, budget, [&](const std::string& path, ArchiveReader& entry) {
        return path.starts_with(kDatabaseRoot)
                   ? descriptors.add(std::string_view(path).substr(kDatabaseRoot.size()), entry,
                                     budget)
                   : image_error(ErrorCode::kMalformed, "is no part of an image database");
      });
  if (!read) {
    return read.error();
  }
  Result<EsxiReading> out = descriptors.reading(profile, "image database");
  if (out) {
    out->image.database = *digest;
  }
  return out;
}

// --- Offline bundles

bool is_metadata(std::string_view path) {
  return path.find('/') == std::string_view::npos && path.ends_with("metadata.zip");
}

Result<void> read_metadata(ArchiveReader& entry, Budget& budget, Descriptors& out) {
  const Result<std::string> bytes = content_of(entry, budget, limits::kEsxiArchiveSizeMax);
  if (!bytes) {
    return bytes.error();
  }
  Result<ArchiveReader> reader = ArchiveReader::open_bytes(ArchiveKind::kZip, *bytes);
  if (!reader) {
    return reader.error();
  }
  return for_each_file(*reader, budget, [&](const std::string& path, ArchiveReader& inner) {
    return out.add(path, inner, budget);
  });
}

// The VIBs in it stay packed: the descriptors have their digests.
Result<EsxiReading> read_bundle(const std::string& file, const std::string& profile) {
  Result<ArchiveReader> reader = ArchiveReader::open_file(ArchiveKind::kZip, file);
  if (!reader) {
    return reader.error();
  }
  Budget budget;
  Descriptors descriptors;
  bool has_metadata = false;
  const Result<void> read =
      for_each_file(*reader, budget, [&](const std::string& path, ArchiveReader& entry) {
        if (!is_metadata(path)) {
          return Result<void>();
        }
        has_metadata = true;
        return read_metadata(entry, budget, descriptors);
      });
  if (!read) {
    return read.error();
  }
  if (!has_metadata) {
    return image_error(ErrorCode::kMalformed, "is no offline bundle: it has no metadata.zip");
  }
  Result<EsxiReading> out = descriptors.reading(profile, "offline bundle");
  if (out) {
    out->left_out.emplace_back(
        "the VIBs' payloads: their digests are what the bundle's descriptors say");
  }
  return out;
}

// --- VIBs

Result<Digest> unpacked_digest(ArchiveReader& outer, Budget& budget) {
  Result<ArchiveReader> reader = ArchiveReader::open_entry(ArchiveKind::kGzip, outer);
  Result<bool> is_there = reader ? reader->next() : reader.error();
  if (!is_there) {
    return is_there.error();
  }
  return digest_of(*reader, *is_there, budget);
}

Result<void> check_payload(const VibDescriptor& vib, const std::string& name, ArchiveReader& reader,
                           Budget& budget) {
  const auto& payloads = vib.vib.payloads;
  const auto payload = std::find_if(payloads.begin(), payloads.end(),
                                    [&](const VibPayload& each) { return each.name == name; });
  if (payload == payloads.end()) {
    return {};  // the signature, or what has no digest
  }
  const Result<Digest> digest = unpacked_digest(reader, budget);
  if (!digest) {
    return digest.error();
  }
  return *digest == payload->digest ? Result<void>()
                                    : image_error(ErrorCode::kMismatch,
                                                  "is not what the descriptor says: its content is "
                                                  "sha256:" +
                                                      digest->hex());
}

// Descriptor first, as VMware writes them: without it no payload can be held against anything.
Result<VibDescriptor> read_vib(const std::string& file) {
  Result<ArchiveReader> reader = ArchiveReader::open_file(ArchiveKind::kAr, file);
  if (!reader) {
    return reader.error();
  }
  Budget budget(limits::kEsxiVibUnpackedSizeMax);
  std::optional<VibDescriptor> vib;
  std::size_t checked = 0;
  const Result<void> read =
      for_each_file(*reader, budget, [&](const std::string& path, ArchiveReader& entry) {
        if (vib) {
          checked += path == "sig.pkcs7" ? 0U : 1U;
          return check_payload(*vib, path, entry, budget);
        }
        if (path != "descriptor.xml") {
          return Result<void>(image_error(ErrorCode::kMalformed, "stands before descriptor.xml"));
        }
        const Result<std::string> xml = content_of(entry, budget, limits::kEsxiDescriptorSizeMax);
        Result<VibDescriptor> described = xml ? references::read_vib_descriptor(*xml) : xml.error();
        if (!described) {
          return Result<void>(described.error());
        }
        vib = *std::move(described);
        return Result<void>();
      });
  if (!read) {
    return read.error();
  }
  if (!vib || checked < vib->vib.payloads.size()) {
    return image_error(ErrorCode::kMalformed, vib ? "lacks payloads that its descriptor names"
                                                  : "is no VIB: it has no descriptor.xml");
  }
  return *std::move(vib);
}

Result<EsxiReading> read_vibs(const std::vector<std::string>& files) {
  Descriptors descriptors;
  for (const std::string& file : files) {
    Result<VibDescriptor> vib = read_vib(file);
    if (!vib) {
      return in_file(vib.error(), file);
    }
    descriptors.vibs.push_back(*std::move(vib));
  }
  const std::string name =
      files.size() == 1 ? descriptors.vibs.front().id : std::to_string(files.size()) + " VIBs";
  EsxiReading out;
  out.kind = "VIBs";
  Result<BaseImage> image = references::vib_set_of(name, descriptors.vibs, out.left_out);
  if (!image) {
    return files.size() == 1 ? in_file(image.error(), files.front()) : image.error();
  }
  out.image = *std::move(image);
  return out;
}

Result<std::string> first_bytes(const std::string& file) {
  Result<ArchiveReader> reader = ArchiveReader::open_file(ArchiveKind::kPlain, file);
  Result<bool> is_there = reader ? reader->next() : reader.error();
  if (!is_there) {
    return is_there.error();
  }
  std::array<std::uint8_t, 8> block{};
  const Result<std::size_t> size = *is_there ? reader->read(block) : Result<std::size_t>(0);
  return size ? Result<std::string>(std::string(as_text(ByteView(block).first(*size))))
              : size.error();
}

Result<EsxiReading> read_one(const std::string& file, const std::string& profile) {
  const Result<std::string> mark = first_bytes(file);
  if (!mark) {
    return mark.error();
  }
  if (mark->starts_with(kZipMark)) {
    return read_bundle(file, profile);
  }
  if (!mark->starts_with(kGzipMark)) {
    return image_error(ErrorCode::kMalformed,
                       "is no image database (gzip), offline bundle (zip) or VIB (ar)");
  }
  const Result<std::string> bytes = program::read_text_file(file, limits::kEsxiArchiveSizeMax);
  return bytes ? read_database(*bytes, profile) : bytes.error();
}

Result<bool> is_vib(const std::string& file) {
  const Result<std::string> mark = first_bytes(file);
  return mark ? Result<bool>(mark->starts_with(kArMark)) : in_file(mark.error(), file);
}

}  // namespace

Result<EsxiReading> read_esxi_files(const std::vector<std::string>& files,
                                    const std::string& profile) {
  std::size_t vibs = 0;
  for (const std::string& file : files) {
    const Result<bool> vib = is_vib(file);
    if (!vib) {
      return vib.error();
    }
    vibs += *vib ? 1U : 0U;
  }
  if (files.empty() || files.size() > limits::kEsxiVibsMax ||
      (vibs != files.size() && files.size() != 1)) {
    return image_error(ErrorCode::kConfig,
                       "one image database or bundle is one image, unless all files are VIBs");
  }
  if (vibs == files.size()) {
    return read_vibs(files);
  }
  Result<EsxiReading> out = read_one(files.front(), profile);
  return out ? out : Result<EsxiReading>(in_file(out.error(), files.front()));
}

}  // namespace quotemill::cli
