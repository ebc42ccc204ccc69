#include "tools/lapx/renewal.hpp"

#include "keys/directory.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/ceremony.hpp"

namespace lapx::cli {
namespace {

std::string role_of(const keys::VerifierKey& key) {
    return key.name.substr(key.name.rfind('/') + 1);
}

Result<keys::SigningKey> root_key(const CardPlan& plan, const keys::VerifierKey& root,
                                  const keys::Unlock& unlock) {
    LAPX_TRY_ASSIGN(const keys::Keyring ring,
                    keys::Keyring::load(plan.root / "root.keyring", unlock));
    const keys::Secret<32>* seed = ring.get(role_of(root));
    if (seed == nullptr || keys::SigningKey(*seed).public_key() != root.key) {
        return fail(Code::kKeyInvalid,
                    plan.root.string() + " does not hold the root key of the card in force");
    }
    return keys::SigningKey(*seed);
}

// "…/root-1" is followed by "…/root-2".
Result<std::string> next_name(const keys::VerifierKey& root) {
    const std::size_t dash = root.name.rfind('-');
    LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(root.name.substr(dash + 1)));
    return root.name.substr(0, dash + 1) + std::to_string(number + 1);
}

// Notes that revoke each key of the card, for its root's folder.
Result<void> write_revocations(const std::filesystem::path& folder, const schema::Card& card,
                               const keys::VerifierKey& root, const keys::SigningKey& key,
                               Time now) {
    std::vector<std::string> vkeys{card.root};
    for (const auto* keys : {&card.sign, &card.ledger, &card.witness}) {
        vkeys.insert(vkeys.end(), keys->begin(), keys->end());
    }
    for (const std::string& vkey : vkeys) {
        LAPX_TRY_ASSIGN(const keys::VerifierKey named, keys::VerifierKey::parse(vkey));
        const std::string note = keys::sign_note(
            schema::print_revocation({.agency = card.agency, .created = now, .key = vkey}),
            root.name, key);
        LAPX_TRY(keys::write_private_file(folder / ("revoke-" + role_of(named)), as_bytes(note)));
    }
    return {};
}

struct Root {
    keys::VerifierKey verifier;
    keys::SigningKey key;
};

Result<Root> make_root(const NextRoot& next, const keys::VerifierKey& former, Random& random) {
    LAPX_TRY_ASSIGN(const std::string name, next_name(former));
    keys::Secret<32> seed = keys::Secret<32>::generate(random);
    keys::SigningKey key(seed);
    const keys::VerifierKey verifier{name, keys::KeyType::kEd25519, key.public_key()};
    keys::Keyring ring;
    LAPX_TRY(ring.add(role_of(verifier), std::move(seed)));
    LAPX_TRY(ring.save(next.folder / "root.keyring", next.unlock, random));
    return Root{verifier, std::move(key)};
}

schema::Card successor(const CardPlan& plan, const keys::OpenedCard& held, Time now) {
    schema::Card card = held.card;
    ++card.serial;
    card.previous = held.digest;
    card.not_before = now;
    card.expires = now + kCardLife;
    if (plan.sign) {
        if (plan.drop_former_sign) {
            card.sign.clear();
        }
        card.sign.insert(card.sign.begin(), *plan.sign);
        card.sign.resize(std::min(card.sign.size(), schema::kMaxKeysOfARole));
    }
    return card;
}

}  // namespace

Result<std::string> next_card(const CardPlan& plan, const keys::Unlock& root,
                              const std::optional<NextRoot>& next_root, Random& random, Time now) {
    LAPX_TRY_ASSIGN(const keys::OpenedCard held, keys::open_card(plan.held));
    LAPX_TRY_ASSIGN(const keys::SigningKey held_key, root_key(plan, held.root, root));
    schema::Card card = successor(plan, held, now);
    std::string note;
    if (next_root) {
        LAPX_TRY_ASSIGN(const Root fresh, make_root(*next_root, held.root, random));
        card.root = fresh.verifier.text();
        note = keys::sign_note(schema::print_card(card), fresh.verifier.name, fresh.key);
        LAPX_TRY_ASSIGN(note, keys::add_signature(note, held.root.name, held_key));
        LAPX_TRY(write_revocations(next_root->folder, card, fresh.verifier, fresh.key, now));
    } else {
        note = keys::sign_note(schema::print_card(card), held.root.name, held_key);
        LAPX_TRY(write_revocations(plan.root, card, held.root, held_key, now));
    }
    // What we made must be what everybody else will admit.
    LAPX_TRY(keys::admit_card(note, &held, {}, now));
    const std::filesystem::path& folder = next_root ? next_root->folder : plan.root;
    LAPX_TRY(keys::write_private_file(folder / "card", as_bytes(note)));
    return note;
}

}  // namespace lapx::cli
