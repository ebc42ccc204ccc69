#include "daemon/control/request.hpp"

namespace lapx::control {

int http_status(Code code) {
    if (code == Code::kNotFound || code == Code::kUnknownReferral) {
        return 404;
    }
    if (code == Code::kNotPermitted || code == Code::kFourEyes) {
        return 403;
    }
    if (code == Code::kWrongState || code == Code::kApprovalStale) {
        return 409;
    }
    if (code == Code::kTooLarge) {
        return 413;
    }
    switch (severity(code)) {
        case Severity::kRefused:
            return 400;
        case Severity::kTransient:
            return 503;
        case Severity::kFatal:
            return 500;
    }
    return 500;
}

Reply error_reply(const Error& error) {
    return {.status = http_status(error.code),
            .body = {{"error",
                      {{"code", to_string(error.code)},
                       {"message", error.context.empty() ? to_string(error.code) : error.context},
                       {"hint", hint(error.code)}}}}};
}

Pending& Pending::operator=(Pending&& other) noexcept {
    std::swap(sink_, other.sink_);
    return *this;
}

Pending::~Pending() {
    if (sink_) {
        answer(Error{Code::kInternal, "the request was dropped"});
    }
}

void Pending::answer(Reply reply) {
    if (const Sink sink = std::exchange(sink_, nullptr)) {
        sink(std::move(reply));
    }
}

void Pending::answer(Result<nlohmann::json> result) {
    if (result) {
        answer(std::move(*result));
    } else {
        answer(result.error());
    }
}

}  // namespace lapx::control
