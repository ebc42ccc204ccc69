#include "tools/lapx/client.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "keys/hash.hpp"
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

// A body on its way.
struct Transfer {
    int descriptor;
    std::uint64_t size = 0;
    std::uint64_t done = 0;
    Client::Progress progress = {};
    keys::Sha256 hash = {};
    CURL* curl = nullptr;
    std::string* other = nullptr;  // takes an answer that is an error
    bool failed = false;

    void moved(std::size_t count) {
        done += count;
        if (progress) {
            progress(done, size);
        }
    }
};

std::size_t read_file_part(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const ssize_t got = ::read(transfer.descriptor, data, size);
    if (got < 0) {
        transfer.failed = true;
        return CURL_READFUNC_ABORT;
    }
    transfer.moved(static_cast<std::size_t>(got));
    return static_cast<std::size_t>(got);
}

std::size_t write_file_part(const char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return keep(data, 1, size, transfer.other);
    }
    if (transfer.size == 0) {
        curl_off_t length = 0;
        curl_easy_getinfo(transfer.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        transfer.size = static_cast<std::uint64_t>(std::max<curl_off_t>(length, 0));
    }
    const std::string_view octets(data, size);
    transfer.hash.update(as_bytes(octets));
    for (std::size_t at = 0; at < size;) {
        const ssize_t put = ::write(transfer.descriptor, data + at, size - at);
        if (put < 0 && errno != EINTR) {
            transfer.failed = true;
            return 0;
        }
        at += static_cast<std::size_t>(std::max<ssize_t>(put, 0));
    }
    transfer.moved(size);
    return size;
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
    // Octets come out of a file, or go into one; not JSON.
    void send_from(Transfer& transfer) {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.size));
        set(CURLOPT_READFUNCTION, &read_file_part);
        set(CURLOPT_READDATA, &transfer);
        headers_.reset(curl_slist_append(nullptr, "Content-Type: application/octet-stream"));
        set(CURLOPT_HTTPHEADER, headers_.get());
        be_patient();
    }
    void receive_into(Transfer& transfer) {
        transfer.curl = curl();
        transfer.other = &answer_;
        set(CURLOPT_WRITEFUNCTION, &write_file_part);
        set(CURLOPT_WRITEDATA, &transfer);
        be_patient();
    }

    // Once the transfer has ended.
    Result<std::string> text(CURLcode result) const {
        if (result == CURLE_OK && status() == 200) {
            return answer_;
        }
        const auto answer = understood(result);
        return answer ? fail(Code::kInternal, "the node's answer is no text")
                      : Result<std::string>(tl::unexpected<Error>(answer.error()));
    }

    // What the node said, once the transfer has ended.
    Result<json> understood(CURLcode result) const {
        if (result != CURLE_OK) {
            return not_reached(curl(), result, socket_path_);
        }
        return understand(status(), answer_);
    }
    long status() const {
        long status = 0;
        curl_easy_getinfo(curl(), CURLINFO_RESPONSE_CODE, &status);
        return status;
    }

  private:
    // However long it takes, as long as something moves.
    void be_patient() {
        set(CURLOPT_TIMEOUT, 0L);
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, 600L);
    }
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

Result<std::string> Client::text(const std::string& path) {
    http::Exchange exchange(socket_path_, "GET", "http://lapx" + path, nullptr);
    return exchange.text(curl_easy_perform(exchange.curl()));
}

Result<json> Client::upload(const std::string& path, const std::filesystem::path& file,
                            const Progress& progress) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    if (descriptor < 0 || ::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        const bool missing = descriptor < 0 && errno == ENOENT;
        if (descriptor >= 0) {
            ::close(descriptor);
        }
        return fail(missing ? Code::kNotFound : Code::kInvalidArgument,
                    file.string() + " is no file that can be read");
    }
    http::Transfer transfer{.descriptor = descriptor,
                            .size = static_cast<std::uint64_t>(info.st_size),
                            .progress = progress};
    http::Exchange exchange(socket_path_, "POST", "http://lapx" + path, nullptr);
    exchange.send_from(transfer);
    const CURLcode result = curl_easy_perform(exchange.curl());
    ::close(descriptor);
    return transfer.failed ? fail(Code::kIo, file.string() + " cannot be read")
                           : exchange.understood(result);
}

Result<ContentDigest> Client::download(const std::string& path, int descriptor,
                                       const Progress& progress) {
    http::Transfer transfer{.descriptor = descriptor, .progress = progress};
    http::Exchange exchange(socket_path_, "GET", "http://lapx" + path, nullptr);
    exchange.receive_into(transfer);
    const CURLcode result = curl_easy_perform(exchange.curl());
    if (transfer.failed) {
        return fail(Code::kIo, "the octets cannot be written");
    }
    if (result != CURLE_OK || exchange.status() != 200) {
        const auto answer = exchange.understood(result);
        return answer ? fail(Code::kInternal, "the node's answer is no exhibit")
                      : Result<ContentDigest>(tl::unexpected<Error>(answer.error()));
    }
    return ContentDigest{transfer.hash.finish()};
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
