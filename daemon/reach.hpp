#pragma once
// Whether we can be reached from outside: a peer dials the endpoints of our notice and says what it
// found; and so do we for peers (protocol.md 8.7). A peer is dialled where its notice in force
// says, and nowhere else: nobody has us try out addresses of their choice.

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "daemon/contacts/contacts.hpp"
#include "daemon/conversations.hpp"
#include "daemon/loop/monotonic.hpp"
#include "daemon/transport/transport.hpp"
#include "schema/base/time.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

class Reach {
  public:
    // Everything must outlive it.
    Reach(const contacts::Contacts& contacts, transport::Transport& transport,
          Conversations& conversations, const Clock& clock, const loop::Monotonic& monotonic)
        : contacts_(contacts),
          transport_(transport),
          conversations_(conversations),
          clock_(clock),
          monotonic_(monotonic) {}

    // Empty: the peer did not try. Errors: kUnreachable, kTimeout, kWrongState (it was asked
    // already).
    using Answered = std::function<void(Result<std::vector<schema::ReachedEndpoint>>)>;
    // Asks a peer to dial us; `answered` is called once, from the loop or at once.
    void ask(const Agency& peer, Answered answered);

    // Of a trusted peer.
    void take(const Agency& from, const schema::ReachRequestFrame& frame);
    void take(const Agency& from, const schema::ReachAnswerFrame& frame);
    // Now and then: gives up on those who do not answer.
    void tick();

  private:
    struct Question {
        std::uint64_t ask;
        loop::Instant asked;
        Answered answered;
    };
    bool may_probe(const contacts::Contact& contact);
    void settle(const Agency& peer, Result<std::vector<schema::ReachedEndpoint>> found);

    const contacts::Contacts& contacts_;
    transport::Transport& transport_;
    Conversations& conversations_;
    const Clock& clock_;
    const loop::Monotonic& monotonic_;
    std::uint64_t last_ask_ = 0;
    std::map<Agency, Question> waiting_;
    std::set<Agency> probing_;
};

}  // namespace lapx::daemon
