#include "daemon/control/socket.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lapx::control {
namespace {

struct Closer {
    int fd;
    ~Closer() {
        if (fd >= 0) {
            ::close(fd);
        }
    }
    int release() { return std::exchange(fd, -1); }
};

tl::unexpected<Error> io(const std::string& what) {
    return fail(Code::kIo, what + ": " + std::strerror(errno));
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// Leaves the path free, or fails with kHomeInUse.
Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        return errno == ENOENT ? Result<void>{} : io(path);
    }
    if (!S_ISSOCK(info.st_mode)) {
        return fail(Code::kIo, path + " is in the way and no socket");
    }
    const Closer probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (probe.fd < 0) {
        return io("socket");
    }
    // A full backlog (EAGAIN) answers too; only a refused connection means that nobody is there.
    if (::connect(probe.fd, generic(address), sizeof address) == 0 || errno != ECONNREFUSED) {
        return fail(Code::kHomeInUse, "somebody answers on " + path);
    }
    if (::unlink(path.c_str()) != 0) {
        return io(path);
    }
    return {};
}

Result<std::optional<gid_t>> group_id(const std::string& name) {
    if (name.empty()) {
        return std::optional<gid_t>{};
    }
    // Not the thread-safe one: there are no threads yet.
    const group* entry = ::getgrnam(name.c_str());
    if (entry == nullptr) {
        return fail(Code::kConfigInvalid, "there is no group " + name);
    }
    return std::optional<gid_t>(entry->gr_gid);
}

}  // namespace

Result<int> listen_unix(const std::string& path, const std::string& group) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(Code::kConfigInvalid,
                    "a socket path has 1 to 107 octets: choose a shorter home or socket path");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    LAPX_TRY_ASSIGN(const auto gid, group_id(group));
    LAPX_TRY(remove_stale(path, address));

    Closer listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (listener.fd < 0) {
        return io("socket");
    }
    const mode_t before = ::umask(0177);
    const int bound = ::bind(listener.fd, generic(address), sizeof address);
    ::umask(before);
    if (bound != 0) {
        return io(path);
    }
    // Nobody can connect before listen(), so the group never sees it half made.
    if (gid && (::lchown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0 ||
                ::chmod(path.c_str(), 0660) != 0)) {
        return io(path);
    }
    if (::listen(listener.fd, SOMAXCONN) != 0) {
        return io(path);
    }
    return listener.release();
}

std::optional<uid_t> peer_uid(int fd) {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return std::nullopt;
    }
    return peer.uid;
}

}  // namespace lapx::control
