#include "daemon/control/http.hpp"

#include <strings.h>

#include <memory>

#include "daemon/control/json.hpp"
#include "daemon/control/routes.hpp"
#include "schema/base/text.hpp"

namespace lapx::control {
namespace {

struct ResponseDeleter {
    void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using Response = std::unique_ptr<MHD_Response, ResponseDeleter>;

constexpr std::size_t kBlock = std::size_t{64} << 10;
constexpr ssize_t kBroken = -2;  // MHD_CONTENT_READER_END_WITH_ERROR, which is an old cast

// What gives out the body of a response; libmicrohttpd owns it.
struct Streamed {
    std::shared_ptr<BodySource> source;

    static ssize_t read(void* self, std::uint64_t, char* out, std::size_t max) {
        const auto got = static_cast<Streamed*>(self)->source->read({out, max});
        return got && *got > 0 ? static_cast<ssize_t>(*got) : kBroken;
    }
    static void free(void* self) { std::unique_ptr<Streamed>(static_cast<Streamed*>(self)); }
};

Response stream_of(const Reply& reply) {
    auto streamed = std::make_unique<Streamed>(Streamed{reply.source});
    return Response(MHD_create_response_from_callback(reply.source->size(), kBlock, &Streamed::read,
                                                      streamed.release(), &Streamed::free));
}

Response make_response(const Reply& reply) {
    const bool json = reply.content_type.empty();
    const std::string octets = json ? print_json(reply.body) + "\n" : reply.octets;
    // MUST_COPY only reads, although its parameter is not const.
    Response response =
        reply.source ? stream_of(reply)
                     : Response(MHD_create_response_from_buffer(
                           octets.size(), const_cast<char*>(octets.data()), MHD_RESPMEM_MUST_COPY));
    MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE,
                            json ? "application/json" : reply.content_type.c_str());
    MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return response;
}

struct Framing {
    unsigned hosts = 0;
    unsigned lengths = 0;
    unsigned encodings = 0;
    std::string length;

    static MHD_Result add(void* self, MHD_ValueKind, const char* name, const char* value) {
        auto& framing = *static_cast<Framing*>(self);
        if (::strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
            ++framing.hosts;
        } else if (::strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
            ++framing.encodings;
        } else if (::strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
            ++framing.lengths;
            framing.length = value == nullptr ? "" : value;
        }
        return MHD_YES;
    }
};

struct Query {
    std::map<std::string, std::string> values;
    bool sound = true;

    static MHD_Result add(void* self, MHD_ValueKind, const char* name, const char* value) {
        auto& query = *static_cast<Query*>(self);
        const Result<std::string> key = percent_decode(name);
        const Result<std::string> text = percent_decode(value == nullptr ? "" : value);
        query.sound = query.sound && key && text && query.values.emplace(*key, *text).second;
        return MHD_YES;
    }
};

}  // namespace

MHD_Result send_reply(MHD_Connection* connection, const Reply& reply) {
    const Response response = make_response(reply);
    return MHD_queue_response(connection, static_cast<unsigned>(reply.status), response.get());
}

MHD_Result send_refusal(MHD_Connection* connection, const Refusal& refusal) {
    const Response response = make_response(refusal.reply);
    MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONNECTION, "close");
    if (!refusal.allow.empty()) {
        MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW, refusal.allow.c_str());
    }
    return MHD_queue_response(connection, static_cast<unsigned>(refusal.reply.status),
                              response.get());
}

Result<std::optional<std::uint64_t>> declared_length(MHD_Connection* connection) {
    Framing framing;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &Framing::add, &framing);
    if (framing.hosts > 1 || framing.lengths + framing.encodings > 1) {
        return fail(Code::kInvalidArgument, "the request's length or host stands twice");
    }
    if (framing.lengths == 0) {
        return std::optional<std::uint64_t>{};
    }
    LAPX_TRY_ASSIGN(const std::uint64_t length, number_from(framing.length));
    return std::optional<std::uint64_t>(length);
}

bool prefers_minimal(MHD_Connection* connection) {
    const char* const given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Prefer");
    return given != nullptr && std::string_view(given) == "return=minimal";
}

Result<std::map<std::string, std::string>> query_of(MHD_Connection* connection) {
    Query query;
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &Query::add, &query);
    if (!query.sound) {
        return fail(Code::kInvalidArgument, "the URL's query");
    }
    return std::move(query.values);
}

}  // namespace lapx::control
