#include "deploy/xml/xml_element.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>

#include <libxml/parser.h>

#include "engine/base/text.h"

namespace quotemill {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

Error refused(ErrorCode code, std::string detail) {
  return {code, "XML", 0, std::move(detail)};
}

std::string_view view_of(const xmlChar* text) {
  return text == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(text));  // NOLINT
}

std::string_view view_of(const xmlChar* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};  // NOLINT(*-reinterpret-cast)
}

// What the parser's calls build.
class Builder {
 public:
  explicit Builder(const XmlLimits& limits) : limits_(limits) {}

  void parser_is(xmlParserCtxt* parser) { parser_ = parser; }

  void open(std::string name, const xmlChar** attributes, int count) {
    if (error_) {
      return;
    }
    if (open_.size() == limits_.depth) {
      stop(ErrorCode::kTooLarge, "is nested too deep");
      return;
    }
    if (++elements_ > limits_.elements || static_cast<std::size_t>(count) > limits_.attributes) {
      stop(ErrorCode::kTooLarge, "has more elements or attributes than such a file may have");
      return;
    }
    open_.push_back({std::move(name), {}, {}, {}});
    read_attributes(attributes, count);
  }

  void close() {
    if (error_ || open_.empty()) {
      return;
    }
    XmlElement done = std::move(open_.back());
    open_.pop_back();
    if (open_.empty()) {
      root_ = std::move(done);
    } else {
      open_.back().children.push_back(std::move(done));
    }
  }

  void text(std::string_view more) {
    if (!error_ && !open_.empty()) {
      open_.back().text += more;
    }
  }

  void stop(ErrorCode code, const std::string& what) {
    if (!error_) {
      const int line = parser_->input == nullptr ? 0 : parser_->input->line;
      error_ = refused(code, "line " + std::to_string(line) + ": " + what);
      xmlStopParser(parser_);
    }
  }

  Result<XmlElement> take() {
    if (error_) {
      return *error_;
    }
    return root_ ? Result<XmlElement>(*std::move(root_))
                 : refused(ErrorCode::kMalformed, "has no element");
  }

 private:
  // Five pointers each: name, prefix, namespace, beginning and end of the value.
  void read_attributes(const xmlChar** attributes, int count) {
    for (int i = 0; i < count; ++i) {
      const xmlChar** const at = attributes + std::ptrdiff_t{5} * i;  // NOLINT
      const std::string_view prefix = view_of(at[1]);                 // NOLINT
      std::string name(prefix);
      name += (prefix.empty() ? "" : ":");
      name += view_of(at[0]);                                                       // NOLINT
      const auto size = static_cast<std::size_t>(at[4] - at[3]);                    // NOLINT
      open_.back().attributes.emplace_back(std::move(name), view_of(at[3], size));  // NOLINT
    }
  }

  const XmlLimits& limits_;
  xmlParserCtxt* parser_ = nullptr;
  std::vector<XmlElement> open_;  // from the root on
  std::size_t elements_ = 0;
  std::optional<XmlElement> root_;
  std::optional<Error> error_;
};

Builder& builder(void* context) {
  return *static_cast<Builder*>(context);
}

void on_open(void* context, const xmlChar* name, const xmlChar* /*prefix*/, const xmlChar* /*uri*/,
             int /*namespaces*/, const xmlChar** /*declared*/, int count, int /*defaulted*/,
             const xmlChar** attributes) {
  builder(context).open(std::string(view_of(name)), attributes, count);
}

void on_close(void* context, const xmlChar* /*name*/, const xmlChar* /*prefix*/,
              const xmlChar* /*uri*/) {
  builder(context).close();
}

void on_text(void* context, const xmlChar* text, int size) {
  builder(context).text(view_of(text, static_cast<std::size_t>(size)));
}

void on_document_type(void* context, const xmlChar* /*name*/, const xmlChar* /*external*/,
                      const xmlChar* /*system*/) {
  builder(context).stop(ErrorCode::kMalformed, "has a document type declaration");
}

void on_instruction(void* context, const xmlChar* /*target*/, const xmlChar* /*data*/) {
  builder(context).stop(ErrorCode::kMalformed, "has a processing instruction");
}

// Warnings are of no concern. What libxml2 says may hold parts of the file.
void on_error(void* context, xmlErrorPtr error) {
  if (error->level >= XML_ERR_ERROR) {
    std::string text = error->message == nullptr ? "is not well-formed" : error->message;
    text.resize(trimmed(text).size());
    builder(context).stop(ErrorCode::kMalformed, escaped(text, 120));
  }
}

// Nothing of the defaults, which would make a document, load external subsets and print.
xmlSAXHandler handler() {
  xmlSAXHandler out{};
  out.initialized = XML_SAX2_MAGIC;
  out.startElementNs = on_open;
  out.endElementNs = on_close;
  out.characters = on_text;
  out.ignorableWhitespace = on_text;
  out.cdataBlock = on_text;
  out.internalSubset = on_document_type;
  out.processingInstruction = on_instruction;
  out.serror = on_error;
  return out;
}

bool is_named(std::string_view text, std::string_view name) {
  return std::equal(text.begin(), text.end(), name.begin(), name.end(), [](char left, char right) {
    return std::tolower(static_cast<unsigned char>(left)) == right;
  });
}

// Whether the file says of itself that it is UTF-8, or nothing.
bool is_utf8(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) {
    return false;  // UTF-16, UTF-32
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    bytes.remove_prefix(3);
  }
  if (!bytes.starts_with('<')) {
    return false;
  }
  const std::string_view head =
      bytes.starts_with("<?xml") ? bytes.substr(0, bytes.find("?>")) : std::string_view();
  const std::size_t encoding = head.find("encoding");
  if (encoding == std::string_view::npos) {
    return true;
  }
  const std::size_t begin = head.find_first_of("\"'", encoding);
  const std::size_t end =
      begin == std::string_view::npos ? begin : head.find(head[begin], begin + 1);
  if (end == std::string_view::npos) {
    return false;
  }
  const std::string_view name = head.substr(begin + 1, end - begin - 1);
  return is_named(name, "utf-8") || is_named(name, "us-ascii");
}

struct Free {
  void operator()(xmlParserCtxt* parser) const { xmlFreeParserCtxt(parser); }
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view wanted) const {
  const auto found =
      std::find_if(children.begin(), children.end(),
                   [wanted](const XmlElement& element) { return element.name == wanted; });
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view wanted) const {
  const XmlElement* const found = child(wanted);
  return found == nullptr ? std::string_view() : trimmed(found->text);
}

std::string_view XmlElement::attribute(std::string_view wanted) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [wanted](const auto& each) { return each.first == wanted; });
  return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);  // npos + 1 is 0
}

Result<XmlElement> parse_xml(std::string_view bytes, const XmlLimits& limits) {
  if (bytes.size() > limits.size) {
    return refused(ErrorCode::kTooLarge,
                   "is larger than " + std::to_string(limits.size) + " bytes");
  }
  if (!is_utf8(bytes)) {
    return refused(ErrorCode::kMalformed, "is no XML in UTF-8");
  }
  Builder builder(limits);
  xmlSAXHandler calls = handler();
  const std::unique_ptr<xmlParserCtxt, Free> parser(
      xmlCreatePushParserCtxt(&calls, &builder, nullptr, 0, nullptr));
  if (!parser) {
    return refused(ErrorCode::kBusy, "no memory to read it");
  }
  builder.parser_is(parser.get());
  // "&amp;" in attributes as what it means. No other entity can be declared (on_document_type).
  xmlCtxtUseOptions(parser.get(), XML_PARSE_NONET | XML_PARSE_NOENT);
  xmlParseChunk(parser.get(), bytes.data(), static_cast<int>(bytes.size()), 1);
  if (parser->wellFormed == 0) {
    builder.stop(ErrorCode::kMalformed, "is not well-formed");
  }
  return builder.take();
}

}  // namespace quotemill
