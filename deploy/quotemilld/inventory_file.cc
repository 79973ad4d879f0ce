#include "deploy/quotemilld/inventory_file.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <unordered_map>

#include "deploy/quotemilld/csv_reader.h"
#include "deploy/quotemilld/operator_identity.h"
#include "deploy/references/strict_json.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"

namespace quotemill::daemon {
namespace {

using references::Json;

constexpr std::size_t kSha256Digits = 64;
constexpr std::size_t kPemLine = 64;
constexpr std::size_t kEkTextMax = 3 * limits::kCertificateSizeMax;  // hexadecimal, or PEM
constexpr const char* kEkForms =
    "is neither the SHA-256 of an EK's public key (64 hexadecimal digits) nor its certificate or "
    "public key (PEM, or DER in hexadecimal or base64)";

std::string spki_sha256(const PublicKey& key) {
  return hash(HashAlgorithm::kSha256, key.spki_der()).hex();
}

std::string pem_of(const std::string& label, std::string_view base64) {
  std::string out = "-----BEGIN " + label + "-----\n";
  for (; !base64.empty(); base64.remove_prefix(std::min(kPemLine, base64.size()))) {
    out.append(base64.substr(0, kPemLine)).push_back('\n');
  }
  return out + "-----END " + label + "-----\n";
}

std::optional<std::string> ek_of_certificate(ByteView file) {
  const Result<CertificateFile> read = parse_certificate_file(file);
  if (!read || read->certificates.size() != 1 || read->skipped != 0) {
    return std::nullopt;
  }
  return spki_sha256(read->certificates.front().key());
}

std::optional<std::string> ek_of_pem(const std::string& pem) {
  if (const Result<PublicKey> key = PublicKey::from_pem(pem)) {
    return spki_sha256(*key);
  }
  return ek_of_certificate(as_bytes(pem));
}

// What the cell calls the EK by.
std::optional<std::string> ek_of(const std::string& text) {
  if (text.size() > kEkTextMax) {
    return std::nullopt;
  }
  if (text.starts_with("-----BEGIN ")) {
    return ek_of_pem(text);
  }
  if (const std::optional<Bytes> bytes = from_hex(text)) {
    if (text.size() == kSha256Digits) {
      return to_hex(*bytes);
    }
    const Result<PublicKey> key = PublicKey::from_spki_der(*bytes);
    return key ? spki_sha256(*key) : ek_of_certificate(*bytes);
  }
  for (const char* const label : {"CERTIFICATE", "PUBLIC KEY"}) {
    if (auto ek = ek_of_pem(pem_of(label, text))) {
      return ek;
    }
  }
  return std::nullopt;
}

// A row's values, each with its place.
class Rows {
 public:
  explicit Rows(Inventory& out) : out_(out) {}

  void begin(const Place& place) {
    row_ = {};
    row_.place = place;
    is_good_ = true;
  }

  void ek(const Place& place, const std::string& text) {
    if (std::optional<std::string> ek = ek_of(text)) {
      row_.ek_sha256 = *std::move(ek);
      must_be_first("ek " + row_.ek_sha256, "this EK is that of line ", place);
    } else {
      wrong(place, text.empty() ? "the EK is missing" : "'ek' " + std::string(kEkForms));
    }
  }

  void name(const Place& place, const std::string& text) {
    if (is_host_name(text)) {
      row_.name = text;
      must_be_first("name " + text, "this name is that of line ", place);
    } else {
      wrong(place, "'" + escaped(text, limits::kHostNameSizeMax) +
                       "' is no name of a host: 1 to 64 of a-z 0-9 . _ -");
    }
  }

  void label(const Place& place, const std::string& key, const std::string& value) {
    if (!is_label(key, value)) {
      wrong(place, "label '" + escaped(key, limits::kHostNameSizeMax) + "': " + kLabelForm);
    } else if (row_.labels.size() == limits::kLabelsMax) {
      wrong(place, "more than " + std::to_string(limits::kLabelsMax) + " labels");
    } else {
      row_.labels[key] = value;
    }
  }

  void wrong(const Place& place, std::string what) {
    is_good_ = false;
    out_.add_mistake(place, std::move(what));
  }

  void end() {
    if (out_.rows.size() == kInventoryRowsMax) {
      if (!is_full_) {
        out_.add_mistake(row_.place, "more than " + std::to_string(kInventoryRowsMax) +
                                         " hosts: import them in several files");
      }
      is_full_ = true;
    } else if (is_good_) {
      out_.rows.push_back(std::move(row_));
    }
  }

 private:
  void must_be_first(std::string what, const char* told, const Place& place) {
    const auto [first, is_first] = seen_.emplace(std::move(what), place.line);
    if (!is_first) {
      wrong(place, told + std::to_string(first->second));
    }
  }

  Inventory& out_;
  InventoryRow row_;
  bool is_good_ = true;
  bool is_full_ = false;
  std::unordered_map<std::string, std::size_t> seen_;  // the line
};

class CsvInventory {
 public:
  CsvInventory(std::string_view text, Inventory& out) : reader_(text), out_(out), rows_(out) {}

  void read() {
    if (const auto header = reader_.next(kInventoryColumnsMax)) {
      columns_ = *header;
      if (has_good_header()) {
        while (const auto record = reader_.next(columns_.size())) {
          read_row(*record);
        }
      }
    } else if (!reader_.mistake()) {
      out_.add_mistake({}, "the file is empty: its first line names the columns, as in 'ek,name'");
    }
    if (reader_.mistake()) {
      out_.add_mistake(reader_.mistake()->place, reader_.mistake()->what);
    }
  }

 private:
  bool has_good_header() {
    const std::size_t before = out_.mistakes_found;
    std::map<std::string, int> counts;
    for (const CsvCell& cell : columns_) {
      if (++counts[cell.text] > 1) {
        out_.add_mistake(cell.place, "this column is there twice");
      } else if (!is_label_key(cell.text)) {
        out_.add_mistake(
            cell.place,
            "a column is called 'ek', 'name', or as a label: 1 to 64 of a-z 0-9 . _ - /");
      }
    }
    for (const char* const needed : {"ek", "name"}) {
      if (counts.count(needed) == 0) {
        out_.add_mistake({}, "there is no column '" + std::string(needed) +
                                 "': the first line names the columns");
      }
    }
    return out_.mistakes_found == before;
  }

  void read_row(const std::vector<CsvCell>& record) {
    rows_.begin(record.front().place);
    if (record.size() != columns_.size()) {
      rows_.wrong(record.back().place, std::to_string(record.size()) +
                                           " cells, the first line has " +
                                           std::to_string(columns_.size()));
    }
    for (std::size_t i = 0; i < record.size(); ++i) {
      const CsvCell& cell = record[i];
      if (columns_[i].text == "ek") {
        rows_.ek(cell.place, cell.text);
      } else if (columns_[i].text == "name") {
        rows_.name(cell.place, cell.text);
      } else if (!cell.text.empty()) {
        rows_.label(cell.place, columns_[i].text, cell.text);
      }
    }
    rows_.end();
  }

  CsvReader reader_;
  Inventory& out_;
  Rows rows_;
  std::vector<CsvCell> columns_;
};

// Where the elements of the outermost array begin. REQUIRES: the text is JSON
std::vector<Place> places_of_elements(std::string_view text) {
  std::vector<Place> places;
  Place here;
  int depth = 0;
  bool is_in_string = false;
  bool is_due = false;  // an element may begin
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    const bool is_space = letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
    if (is_due && !is_space && letter != ']') {
      places.push_back(here);
      is_due = false;
    }
    if (is_in_string) {
      if (letter == '\\') {
        ++i;
        ++here.column;
      }
      is_in_string = letter != '"';
    } else if (letter == '"') {
      is_in_string = true;
    } else if (letter == '[' || letter == '{') {
      is_due = ++depth == 1;
    } else if (letter == ']' || letter == '}') {
      --depth;
    } else if (letter == ',' && depth == 1) {
      is_due = true;
    }
    here = letter == '\n' ? Place{here.line + 1, 1} : Place{here.line, here.column + 1};
  }
  return places;
}

class JsonInventory {
 public:
  JsonInventory(const Json& hosts, std::vector<Place> places, Inventory& out)
      : hosts_(hosts), places_(std::move(places)), rows_(out) {}

  void read() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const Place place = i < places_.size() ? places_[i] : Place{};
      rows_.begin(place);
      if (hosts_[i].is_object()) {
        read_host(place, hosts_[i]);
      } else {
        rows_.wrong(place, "a host is an object: {\"ek\": ..., \"name\": ..., \"labels\": {...}}");
      }
      rows_.end();
    }
  }

 private:
  void read_host(const Place& place, const Json& host) {
    rows_.ek(place, text_of(place, host, "ek"));
    rows_.name(place, text_of(place, host, "name"));
    for (const auto& [key, value] : host.items()) {
      if (key == "labels") {
        read_labels(place, value);
      } else if (key != "ek" && key != "name") {
        rows_.wrong(place, "'" + escaped(key, limits::kHostNameSizeMax) +
                               "' is unknown: a host has 'ek', 'name' and 'labels'");
      }
    }
  }

  void read_labels(const Place& place, const Json& labels) {
    if (!labels.is_object()) {
      rows_.wrong(place, "'labels' is no object");
      return;
    }
    for (const auto& [key, value] : labels.items()) {
      if (value.is_string()) {
        rows_.label(place, key, value.get_ref<const std::string&>());
      } else {
        rows_.wrong(place, "label '" + escaped(key, limits::kHostNameSizeMax) + "' is no text");
      }
    }
  }

  std::string text_of(const Place& place, const Json& host, const char* key) {
    const auto found = host.find(key);
    if (found == host.end() || !found->is_string()) {
      rows_.wrong(place, "'" + std::string(key) + "' is missing, or no text");
      return {};
    }
    return found->get<std::string>();
  }

  const Json& hosts_;
  const std::vector<Place> places_;
  Rows rows_;
};

Place place_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          std::max<std::size_t>(before.size() - line_begin, 1)};
}

// The element that a JSON pointer leads into: "/12/labels/env".
Place place_of(std::string_view pointer, const std::vector<Place>& places) {
  std::size_t index = places.size();
  if (pointer.starts_with('/')) {
    std::from_chars(std::next(pointer.data()), std::next(pointer.data(), std::ssize(pointer)),
                    index);
  }
  return index < places.size() ? places[index] : Place{};
}

void read_json(std::string_view text, Inventory& out) {
  const Result<Json> json = references::parse_strict_json(text);
  if (!json) {
    const Error& error = json.error();
    out.add_mistake(error.offset != 0 ? place_at(text, error.offset)
                                      : place_of(error.detail, places_of_elements(text)),
                    error.detail);
    return;
  }
  if (!json->is_array()) {
    out.add_mistake({},
                    "is no list of hosts: [{\"ek\": ..., \"name\": ..., \"labels\": {...}}, ...]");
    return;
  }
  JsonInventory(*json, places_of_elements(text), out).read();
}

}  // namespace

Inventory read_inventory(std::string_view text) {
  Inventory out;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const char begins = first == std::string_view::npos ? '\0' : text[first];
  if (begins == '[' || begins == '{') {
    read_json(text, out);
  } else {
    CsvInventory(text, out).read();
  }
  if (out.mistakes_found == 0 && out.rows.empty()) {
    out.add_mistake({}, "there is no host in the file");
  }
  return out;
}

}  // namespace quotemill::daemon
