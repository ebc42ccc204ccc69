#pragma once
// What libmicrohttpd knows of a request, checked; and replies for it. Private to control/.

#include <microhttpd.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "daemon/control/request.hpp"

namespace lapx::control {

// Sent before the body is read; the connection closes after it.
struct Refusal {
    Reply reply;
    std::string allow = {};  // methods, for 405
};

MHD_Result send_reply(MHD_Connection* connection, const Reply& reply);
MHD_Result send_refusal(MHD_Connection* connection, const Refusal& refusal);

// Content-Length, if there is one. Two headers that disagree are how requests are smuggled, so any
// repetition of host or length is refused (RFC 9112 3.2, 6.3). Errors: kInvalidArgument.
Result<std::optional<std::uint64_t>> declared_length(MHD_Connection* connection);

// Whether it has the preference return=minimal (RFC 7240 4.2).
bool prefers_minimal(MHD_Connection* connection);

// Errors: kInvalidArgument, also for a key that stands twice.
Result<std::map<std::string, std::string>> query_of(MHD_Connection* connection);

}  // namespace lapx::control
