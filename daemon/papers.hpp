#pragma once
// This node's own card and notice and the keys they name, changed while it runs (protocol.md 3.8).
// The root key is not here: a card comes from outside.
//
//     LAPX_TRY_ASSIGN(const NoticeDigest digest, papers.renew(now));   // its keys are on disk
//     log `digest` in the open round; once that is committed:
//     LAPX_TRY_ASSIGN(const bool rekeyed, papers.put_in_force());      // else: papers.drop()
//
// Whatever ends the process in between, HOME/card names only keys that the keyring has.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/self.hpp"
#include "keys/directory.hpp"
#include "schema/base/random.hpp"

namespace lapx::daemon {

class Papers {
  public:
    // `self` is what it changes; it and the others outlive this.
    Papers(Self& self, const config::Config& config, std::filesystem::path home, Random& random)
        : self_(self), config_(config), home_(std::move(home)), random_(random) {}

    // Each makes the notice that is to follow: with what is said here changed, valid from now on,
    // and with the addresses that config.toml advertises. Errors: kWrongState while another is on
    // its way; kIo, kDiskFull.
    Result<NoticeDigest> renew(Time now);
    // A new key for the desk. The former one opens parcels for `overlap` or, without it, as long as
    // any can come that was sealed under the notice in force. Errors: kUnknownDesk.
    Result<NoticeDigest> rotate_desk(const std::string& desk,
                                     std::optional<std::chrono::seconds> overlap, Time now);
    // A new connection key, to be used after `overlap` or, without it, once the notice in force has
    // expired. From now on both are named. Errors: kWrongState if one is to follow already.
    Result<NoticeDigest> rotate_connection(std::optional<std::chrono::seconds> overlap, Time now);
    // The new connection key takes the place of the former one.
    Result<NoticeDigest> cut_over(Time now);

    // A card that follows the one in force, and a notice under its first signing key. Errors: those
    // of keys::admit_card, for keys that are `revoked` too; kInvalidArgument for the card in force;
    // kKeyInvalid where the keyring lacks its first keys, or its log or its own recipient is
    // another.
    struct Renewed {
        CardDigest card;
        NoticeDigest notice;
    };
    Result<Renewed> take_card(std::string_view note, std::span<const keys::VerifierKey> revoked,
                              Time now);
    // Makes a signing key for the next card to name; its vkey. Errors: kIo, kDiskFull.
    Result<std::string> new_sign_key();

    // The notice that was made last, which is durable in the ledger, becomes the one in force. True
    // if the connection key is another now. Errors: kIo, kDiskFull: then it is to be tried again.
    Result<bool> put_in_force();
    void drop() { next_.reset(); }
    // Why what is committed is not yet in force; it is tried again by itself. Errors: kIo,
    // kDiskFull.
    Result<void> stuck() const;

    enum class Due : std::uint8_t { kNothing, kRenewal, kCutOver };
    Due due(Time now) const;
    // When the new connection key is to be used; nothing if none is to follow.
    std::optional<Time> cut_over_at() const;
    // Deletes the former desk keys whose time has come, and the signing keys before the one in use;
    // how many. Errors: kIo, kDiskFull.
    Result<std::size_t> delete_former(Time now);

  private:
    struct Next {
        schema::Notice notice;
        std::string note;
        std::optional<keys::OpenedCard> card;  // if that changes too
    };
    Result<NoticeDigest> make(schema::Notice notice, Time now);
    Result<NoticeDigest> make(schema::Notice notice, const keys::OpenedCard& card, Time now);
    Result<void> change_card(const keys::OpenedCard& card);
    Result<void> check_fits(const keys::OpenedCard& card) const;
    Result<void> save(keys::Keyring ring);
    // What the keyring calls the secret.
    std::string name_of(const keys::Secret<32>& secret) const;

    Self& self_;
    const config::Config& config_;
    const std::filesystem::path home_;
    Random& random_;
    Result<void> check_free() const;
    Result<bool> store_next();

    std::optional<Next> next_;
    std::optional<Error> not_stored_;  // it is committed
};

}  // namespace lapx::daemon
