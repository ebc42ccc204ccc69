#pragma once
// Owns one ZeroMQ socket. LINGER is set to 0 by whoever opens it, so closing never waits.

#include <utility>

namespace lapx::loop {

class Socket {
  public:
    Socket() = default;
    // Takes ownership of what zmq_socket() returned; null is allowed and means "none".
    explicit Socket(void* handle) : handle_(handle) {}
    Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Socket& operator=(Socket&& other) noexcept;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { close(); }

    void* get() const { return handle_; }
    explicit operator bool() const { return handle_ != nullptr; }
    void close();

  private:
    void* handle_ = nullptr;
};

}  // namespace lapx::loop
