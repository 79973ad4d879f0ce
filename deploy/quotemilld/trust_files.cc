#include "deploy/quotemilld/trust_files.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <vector>

#include "deploy/common/text_file.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/public_key.h"

namespace quotemill::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCertificateFileMax = 8 * 1024 * 1024;  // vendors ship bundles
constexpr std::size_t kEkListMax = 256 * 1024 * 1024;         // a million lines of 140
constexpr std::size_t kSha256Digits = 64;

Result<std::string> read_file(const fs::path& path, std::size_t size_max) {
  return program::read_text_file(path.string(), size_max);
}

// The regular files of the folder, in the order of their names.
Result<std::vector<fs::path>> files_of(const std::string& folder) {
  std::error_code problem;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem)) {
    if (it->is_regular_file(problem)) {
      files.push_back(it->path());
    }
  }
  if (problem) {
    return Error{ErrorCode::kIo, "", 0, folder + ": " + problem.message()};
  }
  std::sort(files.begin(), files.end());
  return files;
}

void add_certificates(const fs::path& path, std::vector<Certificate>& certificates,
                      const program::Log& log) {
  const Result<std::string> contents = read_file(path, kCertificateFileMax);
  const Result<CertificateFile> parsed = contents ? parse_certificate_file(as_bytes(*contents))
                                                  : Result<CertificateFile>(contents.error());
  if (!parsed) {
    log.warn("a file among the trusted roots is left out",
             {{"file", path.string()}, {"error", parsed.error().to_string()}});
    return;
  }
  if (parsed->skipped != 0) {
    log.warn("certificates with keys of unknown kinds are left out",
             {{"file", path.string()}, {"count", std::to_string(parsed->skipped)}});
  }
  certificates.insert(certificates.end(), parsed->certificates.begin(), parsed->certificates.end());
}

Result<TrustedRoots> load_roots(const std::string& folder, const program::Log& log) {
  std::vector<Certificate> certificates;
  if (const Result<std::vector<fs::path>> files = files_of(folder)) {
    for (const fs::path& path : *files) {
      add_certificates(path, certificates, log);
      if (certificates.size() > limits::kTrustedCertificatesMax) {
        return Error{ErrorCode::kTooLarge, "", 0,
                     folder + ": more than " + std::to_string(limits::kTrustedCertificatesMax) +
                         " certificates"};
      }
    }
  } else {
    log.warn("the folder of trusted roots cannot be read", {{"error", files.error().to_string()}});
  }
  TrustedRoots roots(certificates);
  if (roots.anchors() == 0) {
    log.warn(
        "no trusted roots: every EK certificate will be refused; put the TPM vendors' "
        "certificates there",
        {{"folder", folder}});
  }
  log.info("trusted roots loaded", {{"anchors", std::to_string(roots.anchors())},
                                    {"intermediates", std::to_string(roots.intermediates())}});
  return roots;
}

Error list_error(std::string_view file, std::size_t line, const std::string& what) {
  return {ErrorCode::kConfig, "", 0, std::string(file) + ":" + std::to_string(line) + ": " + what};
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

// The key of a file as tpm2-tools write it ("BEGIN PUBLIC KEY"), or of an EK certificate.
Result<PublicKey> read_key(const fs::path& path) {
  const Result<std::string> contents = read_file(path, kCertificateFileMax);
  if (!contents) {
    return contents.error();
  }
  Result<PublicKey> key = PublicKey::from_pem(*contents);
  if (key) {
    return key;
  }
  const Result<CertificateFile> file = parse_certificate_file(as_bytes(*contents));
  if (!file || file->certificates.size() != 1) {
    return Error{ErrorCode::kConfig, "", 0,
                 escaped(path.string()) + ": holds neither a public key nor one certificate"};
  }
  return file->certificates.front().key();
}

// What a line calls the EK by: a digest, or a file beside the list.
Result<std::string> ek_digest(const std::string& word, std::string_view list_file) {
  if (word.size() == kSha256Digits && from_hex(word)) {
    return lower_case(word);
  }
  const Result<PublicKey> key = read_key(fs::path(list_file).parent_path() / word);
  if (!key) {
    return Error{ErrorCode::kConfig, "", 0,
                 key.error().to_string() +
                     "; expected the SHA-256 of an EK's public key (64 hexadecimal digits) or a "
                     "PEM file with the key"};
  }
  return hash(HashAlgorithm::kSha256, key->spki_der()).hex();
}

Result<void> add_ek_line(EkList& list, const std::string& line, std::string_view file,
                         std::size_t number) {
  std::istringstream words(line.substr(0, line.find('#')));
  std::string ek;
  std::string name;
  std::string rest;
  if (!(words >> ek)) {
    return {};
  }
  if (!(words >> name) || (words >> rest) || !is_host_name(name)) {
    return list_error(file, number, "expected an EK and a host name of [a-z0-9._-]");
  }
  const Result<std::string> digest = ek_digest(ek, file);
  if (!digest) {
    return list_error(file, number, digest.error().to_string());
  }
  if (!list.add(*digest, name)) {
    return list_error(file, number, "this EK is listed under another name above");
  }
  return {};
}

}  // namespace

Result<EkList> parse_ek_list(std::string_view text, std::string_view file_name) {
  EkList list;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (const Result<void> added = add_ek_line(list, line, file_name, number); !added) {
      return added.error();
    }
  }
  return list;
}

Result<transport::AdmissionInputs> load_trust_files(const Config::Trust& trust,
                                                    const program::Log& log) {
  transport::AdmissionInputs inputs;
  Result<TrustedRoots> roots = load_roots(trust.roots, log);
  if (!roots) {
    return roots.error();
  }
  inputs.roots = *roots;
  if (trust.ek_list.empty()) {
    return inputs;
  }
  const Result<std::string> text = read_file(trust.ek_list, kEkListMax);
  if (!text) {
    return text.error();
  }
  Result<EkList> eks = parse_ek_list(*text, trust.ek_list);
  if (!eks) {
    return eks.error();
  }
  inputs.eks = std::move(*eks);
  log.info("EK list loaded", {{"eks", std::to_string(inputs.eks.size())}});
  return inputs;
}

}  // namespace quotemill::daemon
