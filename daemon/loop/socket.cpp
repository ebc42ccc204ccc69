#include "daemon/loop/socket.hpp"

#include <zmq.h>

namespace lapx::loop {

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
}

void Socket::close() {
    if (handle_ != nullptr) {
        zmq_close(std::exchange(handle_, nullptr));
    }
}

}  // namespace lapx::loop
