// Archives as libarchive writes them, for the tests of their readers.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quotemill::cli::testing {

struct File {
  std::string path;
  std::string content;
  unsigned type = AE_IFREG;
  std::string link = {};
};

inline std::string archive_of(int (*set_format)(archive*), int (*add_filter)(archive*),
                              const std::vector<File>& files,
                              std::size_t room = std::size_t{1} << 22U) {
  std::string out(room, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  set_format(writer);
  add_filter(writer);
  archive_write_set_bytes_per_block(writer, 0);
  EXPECT_EQ(archive_write_open_memory(writer, out.data(), out.size(), &used), ARCHIVE_OK);
  for (const File& file : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, file.path.c_str());
    archive_entry_set_filetype(entry, file.type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_nlink(entry, 1);
    archive_entry_set_size(entry, static_cast<la_int64_t>(file.content.size()));
    if (file.type == AE_IFLNK) {
      archive_entry_set_symlink(entry, file.link.c_str());
    } else if (!file.link.empty()) {
      archive_entry_set_hardlink(entry, file.link.c_str());
    }
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, file.content.data(), file.content.size());
    archive_entry_free(entry);
  }
  archive_write_free(writer);
  out.resize(used);
  return out;
}

}  // namespace quotemill::cli::testing
