#include "schema/notes/card.hpp"

#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/notes/lines.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kCardFileJoint = "\n=====\n";

struct CardKeys {
    std::string root;
    std::vector<std::string> sign;
    std::vector<std::string> ledger;
    std::vector<std::string> witness;
};

Result<CardKeys> read_keys(LineReader& in, const Agency& agency) {
    const auto vkey_of = [&](KeyRole role) {
        return [&agency, role](std::string_view text) -> Result<std::string> {
            if (!is_vkey_of(text, agency, role)) {
                return fail(Code::kInvalidArgument);
            }
            return std::string(text);
        };
    };
    CardKeys keys;
    LAPX_TRY_ASSIGN(keys.root, in.read("root", vkey_of(KeyRole::kRoot)));
    LAPX_TRY_ASSIGN(keys.sign, in.read_all("sign", 1, kMaxKeysOfARole, vkey_of(KeyRole::kSign)));
    LAPX_TRY_ASSIGN(keys.ledger,
                    in.read_all("ledger", 1, kMaxKeysOfARole, vkey_of(KeyRole::kLedger)));
    LAPX_TRY_ASSIGN(keys.witness,
                    in.read_all("witness", 1, kMaxKeysOfARole, vkey_of(KeyRole::kWitness)));
    return keys;
}

void put_lines(std::string& out, std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
        put_line(out, key, value);
    }
}

}  // namespace

Result<Card> parse_card(std::string_view text) {
    LineReader in("card", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kCardForm));
    LAPX_TRY_ASSIGN(Agency agency, in.read("agency", Agency::parse));
    LAPX_TRY_ASSIGN(std::string name, in.read("name", name_from));
    LAPX_TRY_ASSIGN(std::string country, in.read("country", shaped(is_country)));
    LAPX_TRY_ASSIGN(const Sector sector, in.read("sector", from_word<Sector>));
    LAPX_TRY_ASSIGN(const std::uint64_t serial, in.read("serial", number_from));
    LAPX_TRY_ASSIGN(const auto previous, in.read("previous", digest_or_none_from<CardDigest>));
    if (serial == 0 || (serial == 1) == previous.has_value()) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const Time not_before, in.read("not-before", time_from));
    LAPX_TRY_ASSIGN(const Time expires, in.read("expires", time_from));
    if (expires <= not_before || expires - not_before > kMaxCardLife) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(CardKeys keys, read_keys(in, agency));
    LAPX_TRY_ASSIGN(std::string node, in.read("node", shaped(is_recipient)));
    LAPX_TRY(in.end());
    return Card{std::move(agency),
                std::move(name),
                std::move(country),
                sector,
                serial,
                previous,
                not_before,
                expires,
                std::move(keys.root),
                std::move(keys.sign),
                std::move(keys.ledger),
                std::move(keys.witness),
                std::move(node)};
}

std::string print_card(const Card& card) {
    std::string out;
    out += kCardForm;
    out += '\n';
    put_line(out, "agency", card.agency.text());
    put_line(out, "name", card.name);
    put_line(out, "country", card.country);
    put_line(out, "sector", word_of(card.sector));
    put_line(out, "serial", card.serial);
    put_line(out, "previous", digest_or_none(card.previous));
    put_line(out, "not-before", to_string(card.not_before));
    put_line(out, "expires", to_string(card.expires));
    put_line(out, "root", card.root);
    put_lines(out, "sign", card.sign);
    put_lines(out, "ledger", card.ledger);
    put_lines(out, "witness", card.witness);
    put_line(out, "node", card.node);
    return out;
}

Result<Revocation> parse_revocation(std::string_view text) {
    LineReader in("revocation", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kRevocationForm));
    LAPX_TRY_ASSIGN(Agency agency, in.read("agency", Agency::parse));
    LAPX_TRY_ASSIGN(const Time created, in.read("created", time_from));
    LAPX_TRY_ASSIGN(std::string key, in.read("key", text_from));
    const auto roles = words<KeyRole>();
    if (std::none_of(roles.begin(), roles.end(), [&](const Word<KeyRole>& role) {
            return is_vkey_of(key, agency, role.value);
        })) {
        return in.malformed();
    }
    LAPX_TRY(in.end());
    return Revocation{std::move(agency), created, std::move(key)};
}

std::string print_revocation(const Revocation& revocation) {
    std::string out;
    out += kRevocationForm;
    out += '\n';
    put_line(out, "agency", revocation.agency.text());
    put_line(out, "created", to_string(revocation.created));
    put_line(out, "key", revocation.key);
    return out;
}

Result<Vouch> parse_vouch(std::string_view text) {
    LineReader in("vouch", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kVouchForm));
    LAPX_TRY_ASSIGN(Agency from, in.read("from", Agency::parse));
    LAPX_TRY_ASSIGN(Agency agency, in.read("agency", Agency::parse));
    LAPX_TRY_ASSIGN(std::string root, in.read("root", text_from));
    if (from == agency || !is_vkey_of(root, agency, KeyRole::kRoot)) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const Time created, in.read("created", time_from));
    LAPX_TRY_ASSIGN(const Time expires, in.read("expires", time_from));
    if (expires <= created || expires - created > kMaxVouchLife) {
        return in.malformed();
    }
    LAPX_TRY(in.end());
    return Vouch{std::move(from), std::move(agency), std::move(root), created, expires};
}

std::string print_vouch(const Vouch& vouch) {
    std::string out;
    out += kVouchForm;
    out += '\n';
    put_line(out, "from", vouch.from.text());
    put_line(out, "agency", vouch.agency.text());
    put_line(out, "root", vouch.root);
    put_line(out, "created", to_string(vouch.created));
    put_line(out, "expires", to_string(vouch.expires));
    return out;
}

Result<CardFile> split_card_file(std::string_view text) {
    const std::size_t joint = text.find(kCardFileJoint);
    const std::size_t after = joint + kCardFileJoint.size();
    if (joint == std::string_view::npos ||
        text.find(kCardFileJoint, joint + 1) != std::string_view::npos) {
        return fail(Code::kNoteMalformed, "card file: it is a card, a line of =====, a notice");
    }
    const CardFile file{text.substr(0, joint + 1), text.substr(after)};
    if (file.card.size() > kMaxNote || file.notice.size() > kMaxNote || file.card.size() < 2 ||
        file.notice.empty()) {
        return fail(Code::kNoteMalformed, "card file: a note is missing or too long");
    }
    return file;
}

std::string join_card_file(const CardFile& file) {
    std::string out(file.card);
    out += kCardFileJoint.substr(1);
    out += file.notice;
    return out;
}

}  // namespace lapx::schema
