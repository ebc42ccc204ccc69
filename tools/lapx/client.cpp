#include "tools/lapx/client.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <map>

#include "schema/base/text.hpp"

namespace lapx::cli {

using nlohmann::json;

// Named, not unnamed: Calls::Impl has members of its types.
namespace http {

constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (safe) {
            out += c;
        } else {
            out += {'%', kDigits[octet >> 4U], kDigits[octet & 15U]};
        }
    }
    return out;
}

struct CurlDeleter {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

std::size_t keep(const char* data, std::size_t, std::size_t size, void* self) {
    auto& answer = *static_cast<std::string*>(self);
    if (answer.size() + size > kMaxAnswer) {
        return 0;
    }
    answer.append(data, size);
    return size;
}

tl::unexpected<Error> not_reached(CURL* curl, CURLcode result, const std::string& socket_path) {
    long os_error = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
    if (result == CURLE_COULDNT_CONNECT && (os_error == EACCES || os_error == EPERM)) {
        return fail(Code::kNotPermitted, "you may not open " + socket_path);
    }
    if (result == CURLE_COULDNT_CONNECT) {
        return fail(Code::kNodeUnreachable, "no node answers on " + socket_path);
    }
    if (result == CURLE_OPERATION_TIMEDOUT) {
        return fail(Code::kTimeout, "the node did not answer in time");
    }
    return fail(Code::kNodeUnreachable,
                "the connection to the node broke: " + std::string(curl_easy_strerror(result)));
}

Result<json> understand(long status, const std::string& answer) {
    json value = json::parse(answer, nullptr, false);
    if (value.is_discarded()) {
        return fail(Code::kInternal, "the node's answer is no JSON");
    }
    if (status >= 200 && status < 300) {
        return value;
    }
    const json error = value.is_object() ? value.value("error", json::object()) : json::object();
    const auto text = [&](const char* key) {
        const auto found = error.is_object() ? error.find(key) : error.end();
        return found != error.end() && found->is_string() ? found->get<std::string>() : "";
    };
    return fail(code_from(text("code")).value_or(Code::kInternal), text("message"));
}

// One request and its answer.
class Exchange {
  public:
    Exchange(std::string socket_path, const std::string& method, const std::string& url,
             const json& body)
        : socket_path_(std::move(socket_path)),
          sent_(body.is_null() ? "" : body.dump(-1, ' ', false, json::error_handler_t::replace)),
          headers_(curl_slist_append(nullptr, "Content-Type: application/json")),
          curl_(curl_easy_init()) {
        set(CURLOPT_UNIX_SOCKET_PATH, socket_path_.c_str());
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_NOPROXY, "*");
        set(CURLOPT_PROTOCOLS_STR, "http");
        set(CURLOPT_CUSTOMREQUEST, method.c_str());
        if (!body.is_null()) {
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent_.size()));
            set(CURLOPT_POSTFIELDS, sent_.c_str());
            set(CURLOPT_HTTPHEADER, headers_.get());
        }
        set(CURLOPT_WRITEFUNCTION, &keep);
        set(CURLOPT_WRITEDATA, &answer_);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT, 5L);
        set(CURLOPT_TIMEOUT, 600L);
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() = default;

    CURL* curl() const { return curl_.get(); }

    // The answer need hold no more than what is needed (RFC 7240). Before it is started.
    void want_minimal() {
        headers_.reset(curl_slist_append(headers_.release(), "Prefer: return=minimal"));
        set(CURLOPT_HTTPHEADER, headers_.get());
    }

    // What the node said, once the transfer has ended.
    Result<json> understood(CURLcode result) const {
        if (result != CURLE_OK) {
            return not_reached(curl(), result, socket_path_);
        }
        long status = 0;
        curl_easy_getinfo(curl(), CURLINFO_RESPONSE_CODE, &status);
        return understand(status, answer_);
    }

  private:
    template <typename T>
    void set(CURLoption option, T value) {
        curl_easy_setopt(curl(), option, value);
    }

    std::string socket_path_;
    std::string sent_;
    std::string answer_;
    std::unique_ptr<curl_slist, CurlDeleter> headers_;
    std::unique_ptr<CURL, CurlDeleter> curl_;
};

}  // namespace http

std::string api_path(std::initializer_list<std::string_view> segments) {
    std::string path = "/v1";
    for (const std::string_view segment : segments) {
        path += "/" + http::percent_encoded(segment);
    }
    return path;
}

Result<json> Client::call(const std::string& method, const std::string& path, const Query& query,
                          const json& body) {
    std::string url = "http://lapx" + path;
    for (const auto& [key, value] : query) {
        url += (url.find('?') == std::string::npos ? "?" : "&") + http::percent_encoded(key) + "=" +
               http::percent_encoded(value);
    }
    http::Exchange exchange(socket_path_, method, url, body);
    return exchange.understood(curl_easy_perform(exchange.curl()));
}

class Calls::Impl {
  public:
    Impl(std::string socket_path, std::string path)
        : socket_path_(std::move(socket_path)), path_(std::move(path)), multi_(curl_multi_init()) {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() {
        for (const auto& [curl, call] : calls_) {
            curl_multi_remove_handle(multi_.get(), curl);
        }
    }

    std::size_t under_way() const { return calls_.size(); }

    void start(std::size_t tag, const json& body) {
        auto exchange =
            std::make_unique<http::Exchange>(socket_path_, "POST", "http://lapx" + path_, body);
        exchange->want_minimal();
        CURL* curl = exchange->curl();
        calls_.emplace(curl, Call{tag, std::move(exchange)});
        curl_multi_add_handle(multi_.get(), curl);
    }

    std::optional<Answer> next() {
        constexpr int kPatience = 1000;  // ms; then it looks again
        while (!calls_.empty()) {
            int running = 0;
            curl_multi_perform(multi_.get(), &running);
            int left = 0;
            const CURLMsg* ended = curl_multi_info_read(multi_.get(), &left);
            if (ended == nullptr) {
                curl_multi_poll(multi_.get(), nullptr, 0, kPatience, nullptr);
                continue;
            }
            const CURLcode result = ended->data.result;
            auto call = calls_.extract(ended->easy_handle);
            curl_multi_remove_handle(multi_.get(), call.key());
            return Answer{call.mapped().tag, call.mapped().exchange->understood(result)};
        }
        return std::nullopt;
    }

  private:
    struct Call {
        std::size_t tag;
        std::unique_ptr<http::Exchange> exchange;
    };

    std::string socket_path_;
    std::string path_;
    std::unique_ptr<CURLM, http::MultiDeleter> multi_;
    std::map<CURL*, Call> calls_;
};

Calls::Calls(std::string socket_path, std::string path)
    : impl_(std::make_unique<Impl>(std::move(socket_path), std::move(path))) {}
Calls::~Calls() = default;
std::size_t Calls::under_way() const { return impl_->under_way(); }
void Calls::start(std::size_t tag, const json& body) { impl_->start(tag, body); }
std::optional<Calls::Answer> Calls::next() { return impl_->next(); }

}  // namespace lapx::cli
