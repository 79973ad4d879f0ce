#include "deploy/quotemill/packages/esxi_files.h"

#include <fstream>

#include <gmock/gmock.h>

#include "deploy/references/esxi/image_file.h"
#include "deploy/references/reference_file.h"
#include "tests/deploy/quotemill/packages/sample_vibs.h"
#include "tests/support/temp_folder.h"

namespace quotemill::cli {
namespace {

using testing::archive_of;
using testing::File;
using testing::gzip_of;
using ::testing::HasSubstr;
using testing::SampleVib;
using testing::sha256;

SampleVib esx_base() {
  return {"esx-base", "8.0.3-0.35.24280767", {{"b", "kernel"}, {"vmx", "monitor"}}};
}

SampleVib driver() {
  return {"i40en", "1.2.3", {{"i40en", "driver"}}};
}

SampleVib tools() {
  return {"tools-light", "12", {{"tools", "iso"}}, "locker"};
}

std::string profile_of(const std::string& name, const std::vector<SampleVib>& vibs) {
  std::string out =
      "<imageprofile><name>" + name + "</name><creator>VMware, Inc.</creator><viblist>";
  for (const SampleVib& vib : vibs) {
    out += "<vib><vib-id>" + vib.id() + "</vib-id><payloads>";
    for (const auto& [payload, content] : vib.payloads) {
      out += "<payload payload-name=\"" + payload + "\">" + payload + ".v00</payload>";
    }
    out += "</payloads></vib>";
  }
  return out + "</viblist></imageprofile>";
}

std::vector<File> database_files() {
  return {{"var/", "", AE_IFDIR},
          {"var/db/esximg/vibs/esx-base-1.xml", esx_base().descriptor()},
          {"var/db/esximg/vibs/i40en-2.xml", driver().descriptor()},
          {"var/db/esximg/vibs/tools-3.xml", tools().descriptor()},
          {"var/db/esximg/bulletins/x.xml", "<bulletin/>"},
          {"var/db/esximg/profiles/ESXi-8.0U3",
           profile_of("ESXi-8.0U3", {esx_base(), driver(), tools()})}};
}

std::string tgz_of(const std::vector<File>& files) {
  return archive_of(archive_write_set_format_pax_restricted, archive_write_add_filter_gzip, files);
}

std::string zip_of(const std::vector<File>& files) {
  return archive_of(archive_write_set_format_zip, archive_write_add_filter_none, files);
}

std::vector<File> metadata_files() {
  return {{"vmware.xml", "<metadataResponse/>"},
          {"vibs/a.xml", esx_base().descriptor()},
          {"vibs/b.xml", driver().descriptor()},
          {"vibs/c.xml", tools().descriptor()},
          {"profiles/ESXi-8.0U3.xml", profile_of("ESXi-8.0U3", {esx_base(), driver(), tools()})}};
}

std::string bundle_of(const std::vector<File>& metadata) {
  return zip_of({{"index.xml", "<vendorList/>"},
                 {"vendor-index.xml", "<metaList/>"},
                 {"metadata.zip", zip_of(metadata)},
                 {"vib20/esx-base/a.vib", esx_base().file()}});
}

std::vector<std::string> digests_of(const BaseImage& image) {
  std::vector<std::string> out;
  for (const Vib& vib : image.vibs) {
    for (const VibPayload& payload : vib.payloads) {
      out.push_back(payload.digest.hex());
    }
  }
  return out;
}

class EsxiFiles : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    const std::string path = (folder_.path() / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  Result<EsxiReading> read(const std::string& name, const std::string& content,
                           const std::string& profile = {}) {
    return read_esxi_files({write(name, content)}, profile);
  }

  std::string refusal(const std::string& content, const std::string& profile = {}) {
    const Result<EsxiReading> done = read("file", content, profile);
    return done ? "none" : done.error().detail;
  }

  // An image database with one file more, or another one in the place of one that it has.
  std::string database_with(const File& file) {
    std::vector<File> files = database_files();
    std::erase_if(files, [&](const File& other) { return other.path == file.path; });
    files.push_back(file);
    return tgz_of(files);
  }

  quotemill::testing::TempFolder folder_;
};

TEST_F(EsxiFiles, ReadsAnImageDatabase) {
  const Result<EsxiReading> read = this->read("imgdb.tgz", tgz_of(database_files()));
  ASSERT_TRUE(read) << read.error().detail;
  const BaseImage& image = read->image;
  EXPECT_EQ(image.name, "ESXi-8.0U3");
  EXPECT_EQ(image.vendor, "VMware, Inc.");
  EXPECT_EQ(title_of(image.version), "8.0.3 build 24280767");
  EXPECT_EQ(image.acceptance, AcceptanceLevel::kCertified);
  ASSERT_EQ(image.vibs.size(), 3U);
  EXPECT_EQ(image.vibs[0].name, "esx-base");
  EXPECT_EQ(image.vibs[0].payloads[0].boot_file, "b.v00");
  EXPECT_EQ(image.vibs[0].payloads[0].digest.hex(), sha256("kernel"));
  EXPECT_EQ(image.vibs[2].payloads[0].boot_file, "");  // a locker's files are not booted
}

TEST_F(EsxiFiles, KnowsADatabaseByWhatTheLoaderMeasuresOfIt) {
  const std::vector<File> files = database_files();
  const std::string plain =
      archive_of(archive_write_set_format_pax_restricted, archive_write_add_filter_none, files);
  const Result<EsxiReading> read = this->read("imgdb.tgz", gzip_of(plain));
  ASSERT_TRUE(read) << read.error().detail;
  ASSERT_TRUE(read->image.database);
  EXPECT_EQ(read->image.database->hex(), sha256(plain));
}

TEST_F(EsxiFiles, GivesTheSameDigestsByAllThreeWays) {
  const auto database = read("imgdb.tgz", tgz_of(database_files()));
  const auto bundle = read("depot.zip", bundle_of(metadata_files()));
  const auto vibs =
      read_esxi_files({write("a.vib", esx_base().file()), write("b.vib", driver().file()),
                       write("c.vib", tools().file())},
                      {});
  ASSERT_TRUE(database) << database.error().detail;
  ASSERT_TRUE(bundle) << bundle.error().detail;
  ASSERT_TRUE(vibs) << vibs.error().detail;
  EXPECT_EQ(digests_of(database->image), digests_of(bundle->image));
  EXPECT_EQ(digests_of(database->image), digests_of(vibs->image));
  EXPECT_EQ(database->image.vibs, bundle->image.vibs);
  EXPECT_FALSE(bundle->image.database);
  EXPECT_THAT(bundle->left_out, ::testing::ElementsAre(HasSubstr("payloads")));
  EXPECT_EQ(vibs->image.name, "3 VIBs");
}

TEST_F(EsxiFiles, WhatIsReadIsAFileThatTheDaemonReads) {
  const auto read = this->read("imgdb.tgz", tgz_of(database_files()));
  ASSERT_TRUE(read);
  const std::string file = references::write_image_file(read->image);
  const auto again = references::read_reference_file(file, "");
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->format, "esxi-image");
  EXPECT_EQ(*again->image, read->image);
}

TEST_F(EsxiFiles, AsksWhichOfSeveralProfilesIsMeant) {
  std::vector<File> files = metadata_files();
  files.push_back({"profiles/no-tools.xml", profile_of("ESXi-no-tools", {esx_base(), driver()})});
  EXPECT_THAT(refusal(bundle_of(files)), HasSubstr("ESXi-8.0U3, ESXi-no-tools"));
  EXPECT_THAT(refusal(bundle_of(files), "other"), HasSubstr("has no profile other"));
  const auto chosen = read("depot.zip", bundle_of(files), "ESXi-no-tools");
  ASSERT_TRUE(chosen) << chosen.error().detail;
  EXPECT_EQ(chosen->image.vibs.size(), 2U);
}

TEST_F(EsxiFiles, RefusesPathsThatLeadElsewhere) {
  for (const char* const path : {"var/db/esximg/vibs/../../../../etc/passwd", "/etc/passwd", "..",
                                 "../var/db/esximg/vibs/a.xml"}) {
    EXPECT_NE(refusal(database_with({path, "x"})), "none") << path;
  }
  EXPECT_THAT(refusal(database_with({"var/db/esximg/vibs/../x.xml", "x"})),
              HasSubstr("leads elsewhere"));
  std::vector<File> metadata = metadata_files();
  metadata.push_back({"vibs/../../x.xml", esx_base().descriptor()});
  EXPECT_THAT(refusal(bundle_of(metadata)), HasSubstr("leads elsewhere"));
}

TEST_F(EsxiFiles, RefusesADatabaseThatBringsMoreThanADatabase) {
  EXPECT_THAT(refusal(database_with({"etc/rc.local.d/local.sh", "evil"})),
              HasSubstr("is no part of an image database"));
}

TEST_F(EsxiFiles, RefusesLinks) {
  EXPECT_THAT(refusal(database_with({"var/db/esximg/vibs/x.xml", "", AE_IFLNK, "/etc/passwd"})),
              HasSubstr("has a link"));
  EXPECT_THAT(refusal(database_with(
                  {"var/db/esximg/vibs/x.xml", "", AE_IFREG, "var/db/esximg/vibs/i40en-2.xml"})),
              HasSubstr("has a link"));
  EXPECT_THAT(refusal(database_with({"var/db/esximg/vibs/x.xml", "", AE_IFCHR})),
              HasSubstr("neither file nor folder"));
}

TEST_F(EsxiFiles, RefusesWhatIsThereTwice) {
  std::vector<File> files = database_files();
  files.push_back(files[2]);
  EXPECT_THAT(refusal(tgz_of(files)), HasSubstr("has a file twice"));
  files.back().path = "./" + files.back().path;
  EXPECT_THAT(refusal(tgz_of(files)), HasSubstr("has a file twice"));
  files.back().path = "var/db/esximg/vibs/other.xml";
  EXPECT_THAT(refusal(tgz_of(files)), HasSubstr("twice"));
}

TEST_F(EsxiFiles, RefusesABombBeforeItIsUnpacked) {
  // 17 MiB of white space in one descriptor, 300 MiB in all, both as a few kilobytes.
  const std::string space(std::size_t{17} << 20U, ' ');
  EXPECT_THAT(refusal(database_with({"var/db/esximg/vibs/x.xml", space})),
              HasSubstr("larger than"));
  std::vector<File> files = database_files();
  for (int i = 0; i < 18; ++i) {
    files.push_back({"var/db/esximg/bulletins/" + std::to_string(i), space});
  }
  const std::string bomb = tgz_of(files);
  EXPECT_LT(bomb.size(), std::size_t{1} << 20U);
  EXPECT_THAT(refusal(bomb), HasSubstr("unpacks to more"));
}

TEST_F(EsxiFiles, RefusesTooManyEntries) {
  std::vector<File> files = database_files();
  for (int i = 0; i < 50'001; ++i) {
    files.push_back({"var/db/esximg/x/" + std::to_string(i), ""});
  }
  EXPECT_THAT(
      refusal(archive_of(archive_write_set_format_ustar, archive_write_add_filter_gzip, files)),
      HasSubstr("more entries"));
}

TEST_F(EsxiFiles, RefusesWhatIsCutShort) {
  const std::string database = tgz_of(database_files());
  const std::string bundle = bundle_of(metadata_files());
  const std::string vib = esx_base().file();
  for (const std::string* const whole : {&database, &bundle, &vib}) {
    ASSERT_EQ(refusal(*whole), "none");
    for (std::size_t part = 0; part < 20; ++part) {
      EXPECT_NE(refusal(whole->substr(0, whole->size() * part / 20)), "none") << part;
    }
  }
}

TEST_F(EsxiFiles, RefusesHostileXml) {
  const auto of = [this](const std::string& xml) {
    return refusal(database_with({"var/db/esximg/vibs/esx-base-1.xml", xml}));
  };
  EXPECT_THAT(of("<!DOCTYPE vib [<!ENTITY x 'y'>]><vib><name>&x;</name></vib>"),
              HasSubstr("document type"));
  EXPECT_THAT(of("<!DOCTYPE vib SYSTEM 'file:///etc/passwd'><vib/>"), HasSubstr("document type"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "<vib>";
  }
  EXPECT_THAT(of(deep), HasSubstr("too deep"));
  EXPECT_THAT(of("<?xml version='1.0' encoding='UTF-16'?><vib/>"), HasSubstr("UTF-8"));
  EXPECT_THAT(of("<vib/>"), HasSubstr("has no <name>"));
  EXPECT_THAT(of("<other/>"), HasSubstr("is <other>, not <vib>"));
  EXPECT_THAT(of(""), HasSubstr("vibs/esx-base-1.xml"));
}

TEST_F(EsxiFiles, RefusesDescriptorsThatContradictThemselves) {
  SampleVib twice = esx_base();
  twice.payloads.push_back(twice.payloads[0]);
  EXPECT_THAT(refusal(database_with({"var/db/esximg/vibs/esx-base-1.xml", twice.descriptor()})),
              HasSubstr("has payload b twice"));
  std::string odd = esx_base().descriptor();
  odd.replace(odd.find(sha256("kernel")), 64, std::string(64, 'x'));
  EXPECT_THAT(refusal(database_with({"var/db/esximg/vibs/esx-base-1.xml", odd})),
              HasSubstr("no SHA-256"));
  EXPECT_THAT(refusal(database_with({"var/db/esximg/profiles/ESXi-8.0U3",
                                     profile_of("ESXi-8.0U3", {{"gone", "1", {{"a", "b"}}}})})),
              HasSubstr("VMware_bootbank_gone_1, which is not there"));
  EXPECT_THAT(
      refusal(database_with({"var/db/esximg/profiles/ESXi-8.0U3",
                             profile_of("ESXi-8.0U3", {{"i40en", "1.2.3", {{"x", "b"}}}})})),
      HasSubstr("has no digest of what is booted as x.v00"));
}

TEST_F(EsxiFiles, TellsPayloadsThatNothingCanBeFoundBy) {
  std::string old = tools().descriptor();
  old.replace(old.find(" verify-process=\"gunzip\""), 24, "");
  std::vector<File> files = database_files();
  files[3].content = old;
  SampleVib bare = tools();
  bare.payloads.clear();
  files[5].content = profile_of("ESXi-8.0U3", {esx_base(), driver(), bare});
  const auto read = this->read("imgdb.tgz", tgz_of(files));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_THAT(read->left_out,
              ::testing::ElementsAre(HasSubstr("payload tools of VIB tools-light")));
}

TEST_F(EsxiFiles, RefusesVibsThatNothingOfCouldBeKnownByAndSaysWhy) {
  SampleVib vib = tools();
  std::string old = vib.descriptor();
  old.replace(old.find(" verify-process=\"gunzip\""), 24, "");
  const std::string file =
      archive_of(archive_write_set_format_ar_svr4, archive_write_add_filter_none,
                 {{"descriptor.xml", old}, {"sig.pkcs7", "signature"}, {"tools", gzip_of("iso")}});
  const std::string why = refusal(file);
  EXPECT_THAT(why, HasSubstr("payload tools of VIB tools-light 12"));
  EXPECT_THAT(why, HasSubstr("no SHA-256 of its content after gunzip"));
  EXPECT_THAT(why, HasSubstr((folder_.path() / "file").string())) << "which file it is";
}

// Modes of an ar archive as some tools write them: permissions, and no type of file.
TEST_F(EsxiFiles, ReadsVibsWhoseModesTellNoTypeOfFile) {
  std::string file = esx_base().file();
  for (std::size_t at = file.find("100644"); at != std::string::npos; at = file.find("100644")) {
    file.replace(at, 6, "644   ");
  }
  EXPECT_EQ(refusal(file), "none");
}

TEST_F(EsxiFiles, HoldsTheContentOfAVibAgainstItsDescriptor) {
  SampleVib evil = esx_base();
  std::vector<File> files = {{"descriptor.xml", evil.descriptor()},
                             {"sig.pkcs7", "signature"},
                             {"b", gzip_of("evil")},
                             {"vmx", gzip_of("monitor")}};
  const auto vib_of = [](const std::vector<File>& from) {
    return archive_of(archive_write_set_format_ar_svr4, archive_write_add_filter_none, from);
  };
  EXPECT_THAT(refusal(vib_of(files)), HasSubstr("is not what the descriptor says"));
  files[2].content = "kernel";  // not compressed: hashed as it is
  EXPECT_EQ(refusal(vib_of(files)), "none");
  files.pop_back();
  EXPECT_THAT(refusal(vib_of(files)), HasSubstr("lacks payloads"));
  EXPECT_THAT(refusal(vib_of({{"b", "x"}})), HasSubstr("stands before descriptor.xml"));
}

TEST_F(EsxiFiles, TakesOneDatabaseOrBundleOrVibsAndNothingElse) {
  EXPECT_THAT(refusal("nonsense"), HasSubstr("is no image database"));
  EXPECT_THAT(refusal(""), HasSubstr("is no image database"));
  const std::string database = write("imgdb.tgz", tgz_of(database_files()));
  const std::string vib = write("a.vib", esx_base().file());
  for (const auto& files : {std::vector<std::string>{database, database}, {database, vib}, {}}) {
    EXPECT_EQ(read_esxi_files(files, {}).error().code, ErrorCode::kConfig);
  }
  EXPECT_FALSE(read_esxi_files({"absent"}, {}));
  EXPECT_THAT(refusal(zip_of({{"a", "b"}})), HasSubstr("no metadata.zip"));
}

}  // namespace
}  // namespace quotemill::cli
