#include "transport/sinks/http_client.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <curl/curl.h>

#include "engine/base/error.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::transport {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{5'000};
constexpr std::size_t kSecretSizeMin = 8;  // shorter parts of an address are words

// Where path and query begin.
std::size_t end_of_place(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  return std::min(url.find_first_of("/?#", host), url.size());
}

// Once in the process, and never undone.
void begin_curl() {
  static const CURLcode begun = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(begun);
}

struct FreeHeaders {
  void operator()(curl_slist* headers) const { ::curl_slist_free_all(headers); }
};

using Headers = std::unique_ptr<curl_slist, FreeHeaders>;

Headers headers_of(const HttpRequest& request) {
  // No wait for "100 Continue": receivers that do not know it cost a second a request.
  Headers headers(::curl_slist_append(nullptr, "Expect:"));
  for (const std::string& header : request.headers) {
    if (curl_slist* longer = ::curl_slist_append(headers.get(), header.c_str())) {
      static_cast<void>(headers.release());
      headers.reset(longer);
    }
  }
  return headers;
}

// What kind of failure it is (sink_cause.h).
ErrorCode code_of(CURLcode outcome) {
  switch (outcome) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return ErrorCode::kNotFound;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kExpired;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return ErrorCode::kCrypto;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ErrorCode::kMalformed;
    default:
      return ErrorCode::kIo;
  }
}

// What is beyond the bound is read and forgotten.
std::size_t keep_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  body.append(data, std::min(size * count, limits::kSinkAnswerSizeMax - body.size()));
  return size * count;
}

}  // namespace

std::string HttpReceiver::place() const {
  return url.substr(0, end_of_place(url));
}

std::string HttpReceiver::without_secrets(std::string text) const {
  constexpr std::string_view kBetween = "/?#&=;";
  for (std::size_t begin = end_of_place(url); begin < url.size();) {
    const std::size_t end = std::min(url.find_first_of(kBetween, begin), url.size());
    const std::string part = url.substr(begin, end - begin);
    begin = end + 1;
    if (part.size() < kSecretSizeMin) {
      continue;
    }
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
      text.replace(at, part.size(), "...");
    }
  }
  return text;
}

struct HttpClient::Handle {
  Handle() : curl(::curl_easy_init()) {}

  ~Handle() { ::curl_easy_cleanup(curl); }

  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  template <class T>
  void set(CURLoption option, T value) {
    is_fine = is_fine && ::curl_easy_setopt(curl, option, value) == CURLE_OK;
  }

  void set_file(CURLoption option, const std::string& path) {
    if (!path.empty()) {
      set(option, path.c_str());
    }
  }

  CURL* curl;
  bool is_fine = true;  // every option so far was taken
  std::array<char, CURL_ERROR_SIZE> reason{};
};

HttpClient::HttpClient(HttpReceiver receiver) : receiver_(std::move(receiver)) {
  begin_curl();
  handle_ = std::make_unique<Handle>();
  Handle& handle = *handle_;
  handle.set(CURLOPT_URL, receiver_.url.c_str());
  handle.set(CURLOPT_PROTOCOLS_STR, "http,https");
  handle.set(CURLOPT_PROXY, receiver_.proxy.c_str());
  handle.set(CURLOPT_NOSIGNAL, 1L);
  handle.set(CURLOPT_POST, 1L);
  handle.set(CURLOPT_USERAGENT, "quotemilld");
  handle.set(CURLOPT_CONNECTTIMEOUT_MS, long{kConnectTimeout.count()});
  handle.set(CURLOPT_TIMEOUT_MS, long{receiver_.timeout.count()});
  handle.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  handle.set_file(CURLOPT_CAINFO, receiver_.tls.ca_file);
  handle.set_file(CURLOPT_SSLCERT, receiver_.tls.certificate_file);
  handle.set_file(CURLOPT_SSLKEY, receiver_.tls.key_file);
  handle.set(CURLOPT_ERRORBUFFER, handle.reason.data());
  handle.set(CURLOPT_WRITEFUNCTION, &keep_body);
}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::post(const HttpRequest& request) {
  const auto failure = [this](const std::string& what, ErrorCode code) {
    return Error{code, "sink", 0,
                 receiver_.place() + ": " + printable(receiver_.without_secrets(what))};
  };
  Handle& handle = *handle_;
  if (handle.curl == nullptr || !handle.is_fine) {
    return failure("libcurl does not know an option that is needed", ErrorCode::kInternal);
  }
  HttpAnswer answer;
  const Headers headers = headers_of(request);
  handle.reason[0] = '\0';
  handle.set(CURLOPT_HTTPHEADER, headers.get());
  handle.set(CURLOPT_POSTFIELDS, request.body.data());
  handle.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  handle.set(CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
  if (const CURLcode done = ::curl_easy_perform(handle.curl); done != CURLE_OK) {
    return failure(handle.reason[0] != '\0' ? handle.reason.data() : ::curl_easy_strerror(done),
                   code_of(done));
  }
  long status = 0;
  curl_off_t retry_after = 0;
  ::curl_easy_getinfo(handle.curl, CURLINFO_RESPONSE_CODE, &status);
  ::curl_easy_getinfo(handle.curl, CURLINFO_RETRY_AFTER, &retry_after);
  answer.status = static_cast<int>(status);
  constexpr curl_off_t kRetryAfterMax = 3'600;
  answer.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(retry_after, 0, kRetryAfterMax));
  return answer;
}

}  // namespace quotemill::transport
