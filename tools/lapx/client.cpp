#include "tools/lapx/client.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <memory>

#include "schema/base/text.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

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

}  // namespace

std::string api_path(std::initializer_list<std::string_view> segments) {
    std::string path = "/v1";
    for (const std::string_view segment : segments) {
        path += "/" + percent_encoded(segment);
    }
    return path;
}

Result<json> Client::call(const std::string& method, const std::string& path, const Query& query,
                          const json& body) {
    std::string url = "http://lapx" + path;
    for (const auto& [key, value] : query) {
        url += (url.find('?') == std::string::npos ? "?" : "&") + percent_encoded(key) + "=" +
               percent_encoded(value);
    }
    const std::string sent =
        body.is_null() ? "" : body.dump(-1, ' ', false, json::error_handler_t::replace);
    std::string answer;
    const std::unique_ptr<CURL, CurlDeleter> curl(curl_easy_init());
    const std::unique_ptr<curl_slist, CurlDeleter> headers(
        curl_slist_append(nullptr, "Content-Type: application/json"));
    const auto set = [&](CURLoption option, auto value) {
        curl_easy_setopt(curl.get(), option, value);
    };
    set(CURLOPT_UNIX_SOCKET_PATH, socket_path_.c_str());
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_PROTOCOLS_STR, "http");
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
    if (!body.is_null()) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.size()));
        set(CURLOPT_POSTFIELDS, sent.c_str());
        set(CURLOPT_HTTPHEADER, headers.get());
    }
    set(CURLOPT_WRITEFUNCTION, &keep);
    set(CURLOPT_WRITEDATA, &answer);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 5L);
    set(CURLOPT_TIMEOUT, 600L);
    const CURLcode result = curl_easy_perform(curl.get());
    if (result != CURLE_OK) {
        return not_reached(curl.get(), result, socket_path_);
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    return understand(status, answer);
}

}  // namespace lapx::cli
