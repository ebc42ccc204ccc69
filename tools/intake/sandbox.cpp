#include "tools/intake/sandbox.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lapx::tools::intake {
namespace {

constexpr rlim_t kMemory = rlim_t{256} << 20;
constexpr rlim_t kSeconds = 5;
constexpr rlim_t kDescriptors = 16;  // the e-mail library loads character set tables

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitMemory = false;  // they reserve terabytes of addresses
#else
constexpr bool kLimitMemory = true;
#endif

bool limit(__rlimit_resource resource, rlim_t value) {
    const rlimit both{value, value};
    return ::setrlimit(resource, &both) == 0;
}

// Standard streams to /dev/null, everything else but `keep` closed.
bool close_others(int keep) {
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0) {
        return false;
    }
    for (int fd = 0; fd <= 2; ++fd) {
        if (::dup2(null, fd) < 0) {
            return false;
        }
    }
    const auto first = static_cast<unsigned>(keep);
    return ::close_range(3, first - 1, 0) == 0 && ::close_range(first + 1, ~0U, 0) == 0;
}

}  // namespace

bool hide_memory() { return limit(RLIMIT_CORE, 0) && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0; }

bool enter_sandbox(int keep) {
    const bool limited = close_others(keep) && hide_memory() && limit(RLIMIT_FSIZE, 0) &&
                         limit(RLIMIT_CPU, kSeconds) && limit(RLIMIT_NOFILE, kDescriptors) &&
                         (!kLimitMemory || limit(RLIMIT_AS, kMemory));
    // The place for a seccomp filter: from here on the child reads memory, loads character set
    // tables, writes to `keep` and exits.
    return limited && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

}  // namespace lapx::tools::intake
