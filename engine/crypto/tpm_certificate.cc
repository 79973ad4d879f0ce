#include "engine/crypto/tpm_certificate.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "engine/base/text.h"
#include "engine/crypto/handles.h"

namespace quotemill {
namespace {

using GeneralNames = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

constexpr std::string_view kManufacturer = "2.23.133.2.1";  // tpmManufacturer
constexpr std::string_view kModel = "2.23.133.2.2";         // tpmModel
constexpr std::string_view kVersion = "2.23.133.2.3";       // tpmVersion
constexpr std::size_t kTextMax = 64;  // bound: characters of one that is shown

std::string text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) {
    ERR_clear_error();
    return {};
  }
  std::string text = escaped(as_text(ByteView(utf8, static_cast<std::size_t>(size))), kTextMax);
  OPENSSL_free(utf8);
  return text;
}

std::string object_id_of(const X509_NAME_ENTRY* entry) {
  std::array<char, 64> text{};
  const int size =
      OBJ_obj2txt(text.data(), static_cast<int>(text.size()), X509_NAME_ENTRY_get_object(entry), 1);
  return size > 0 && static_cast<std::size_t>(size) < text.size() ? std::string(text.data())
                                                                  : std::string();
}

// "STM" of "id:53544D20": four characters, blanks behind them.
std::string manufacturer_of(const std::string& id) {
  constexpr std::string_view kPrefix = "id:";
  const std::optional<Bytes> bytes = id.starts_with(kPrefix)
                                         ? from_hex(std::string_view(id).substr(kPrefix.size()))
                                         : std::nullopt;
  const auto is_text = [](std::uint8_t byte) { return byte >= ' ' && byte < 0x7F; };
  if (!bytes || bytes->empty() || !std::all_of(bytes->begin(), bytes->end(), is_text)) {
    return id;
  }
  const std::string_view text = as_text(*bytes);
  return std::string(text.substr(0, text.find_last_not_of(' ') + 1));
}

void read_name(const X509_NAME* name, TpmAttributes& out) {
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
    const std::string id = object_id_of(entry);
    const std::string text = text_of(X509_NAME_ENTRY_get_data(entry));
    if (id == kManufacturer) {
      out.manufacturer = manufacturer_of(text);
    } else if (id == kModel) {
      out.model = text;
    } else if (id == kVersion) {
      out.version = text;
    }
  }
}

}  // namespace

TpmAttributes tpm_attributes(const Certificate& certificate) {
  TpmAttributes out;
  out.issuer = certificate.issuer();
  const GeneralNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.handle(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DIRNAME) {
      read_name(name->d.directoryName, out);
    }
  }
  return out;
}

}  // namespace quotemill
