#include "tools/bench/primitives.hpp"

#include <array>
#include <functional>

#include "daemon/ledger/tree.hpp"
#include "daemon/store/database.hpp"
#include "keys/age.hpp"
#include "keys/at_rest.hpp"
#include "keys/domains.hpp"
#include "keys/init.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/dossier.hpp"

namespace lapx::bench {
namespace {

constexpr int kRounds = 5;
constexpr double kRound = 0.06;  // seconds of CPU at least

// Microseconds of CPU for one call: the median of several rounds.
double time_of(const std::function<void()>& work) {
    const auto run = [&](std::size_t calls) {
        const double begun = own_cpu();
        for (std::size_t i = 0; i < calls; ++i) {
            work();
        }
        return own_cpu() - begun;
    };
    // To ask the clock costs as much as a hash: it is asked once a round.
    std::size_t calls = 1;
    while (run(calls) < kRound) {
        calls *= 2;
    }
    std::vector<double> rounds;
    rounds.reserve(kRounds);
    for (int round = 0; round < kRounds; ++round) {
        rounds.push_back(run(calls) * kMicro / static_cast<double>(calls));
    }
    return median(std::move(rounds));
}

// Keeps results alive, so that nothing measured is optimised away.
volatile std::size_t sink = 0;
void keep(std::size_t value) { sink = sink + value; }

class Costs {
  public:
    void add(std::string what, double count, const std::function<void()>& work) {
        list_.push_back({std::move(what), count, time_of(work)});
    }
    void add(Cost cost) { list_.push_back(std::move(cost)); }
    std::vector<Cost> take() { return std::move(list_); }

  private:
    std::vector<Cost> list_;
};

// One cover; for each batch a checkpoint at either end, and a cosignature of the other's.
void add_signatures(Costs& costs, const Dossier& dossier, double batch) {
    const BytesView note = as_bytes(dossier.cover);
    const keys::Signature signature = dossier.sign.sign(note);
    costs.add("Ed25519 signature", 1 + 4 / batch, [&] { keep(dossier.sign.sign(note).front()); });
    costs.add("Ed25519 verification", 1 + 4 / batch,
              [&] { keep(keys::verify(dossier.sign.public_key(), note, signature) ? 1 : 0); });
}

void add_envelopes(Costs& costs, const Dossier& dossier, const Bytes& plain, Random& random) {
    const std::string size = std::to_string(plain.size());
    costs.add("age seal, " + size + " octets (2 X25519)", 1,
              [&] { keep(keys::seal(dossier.desk.recipient(), plain, random).size()); });
    costs.add("age open (1 X25519)", 1,
              [&] { keep(keys::open(dossier.desk, dossier.frame.sealed)->size()); });
}

// The sender digests every line of the manifest, the recipient the items it got; manifest and cover
// are digested at both ends, the view where it is approved and where it is released.
void add_digests(Costs& costs, const Dossier& dossier) {
    costs.add("SHA-256 of items, manifest, view, cover", 1, [&] {
        for (const Bytes& item : dossier.items) {
            keep(keys::item_digest(item).bytes.front());
        }
        for (const schema::NumberedOctets& item : dossier.parcel.items) {
            keep(keys::item_digest(item.octets).bytes.front());
        }
        for (const std::string* text : {&dossier.manifest, &dossier.manifest, &dossier.cover,
                                        &dossier.cover, &dossier.view, &dossier.view}) {
            keep(keys::sha256(as_bytes(*text)).front());
        }
    });
}

// Four entries are made (approved, decided, sent, received) and two of them checked at the other
// end, each against its path.
void add_ledger(Costs& costs, const Dossier& dossier, const keys::Salt& salt) {
    const std::string entry = schema::print_entry({schema::EntryKind::kSent, Time{}, {}});
    const Hash leaf = ledger::leaf_hash(as_bytes(entry));
    const std::vector<Hash> path(kPath);
    costs.add("ledger commitments, 6", 1, [&] {
        for (const std::string* record : {&dossier.approved, &dossier.decided, &dossier.sent,
                                          &dossier.received, &dossier.sent, &dossier.received}) {
            keep(keys::commitment("sent", salt, as_bytes(*record)).bytes.front());
        }
    });
    costs.add("leaf hash", 6, [&] { keep(ledger::leaf_hash(as_bytes(entry)).bytes.front()); });
    costs.add("node hash", 4, [&] { keep(ledger::node_hash(leaf, leaf).bytes.front()); });
    costs.add("inclusion, " + std::to_string(kPath) + " node hashes", 2, [&] {
        keep(ledger::verify_inclusion(leaf, 1, std::uint64_t{1} << kPath, path, leaf) ? 1 : 0);
    });
}

// What each end keeps: the case with its items, the openings of its entries, the message.
struct Kept {
    std::vector<std::vector<BytesView>> groups;
    std::vector<keys::SealedParts> seal(const keys::MasterKey& master, Random& random) const {
        std::vector<keys::SealedParts> out;
        for (const auto& parts : groups) {
            out.push_back(keys::seal_parts(master, parts, random));
        }
        return out;
    }
};

Kept kept_by_sender(const Dossier& dossier) {
    std::vector<BytesView> form{as_bytes(dossier.decided), as_bytes(dossier.manifest)};
    form.insert(form.end(), dossier.items.begin(), dossier.items.end());
    return {{form,
             {as_bytes(dossier.approved)},
             {as_bytes(dossier.decided), as_bytes(dossier.texts)},
             {as_bytes(dossier.sent)},
             {as_bytes(dossier.cover)}}};
}

Kept kept_by_recipient(const Dossier& dossier) {
    std::vector<BytesView> form{as_bytes(dossier.manifest)};
    for (const schema::NumberedOctets& item : dossier.parcel.items) {
        form.emplace_back(item.octets);
    }
    return {{form,
             {as_bytes(dossier.received)},
             {as_bytes(dossier.cover), as_bytes(dossier.sent_proof)}}};
}

constexpr std::string_view kScratch =
    "CREATE TABLE plain(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE named(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, state INTEGER NOT NULL,"
    " keys BLOB NOT NULL, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE waiting(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;";

// Rows as either end writes them, in transactions of `batch` referrals; `plain` stands for leaves,
// openings and receipts, `named` for what is found by a random id.
class Rows {
  public:
    Rows(store::Database database, std::size_t batch, Random& random)
        : database_(std::move(database)), batch_(batch), random_(random) {}

    // Microseconds of CPU for one referral.
    Result<double> time(const std::function<Result<void>()>& rows_of_one) {
        constexpr std::size_t kLeast = 8192;  // referrals; makes WAL checkpoints happen
        const double begun = own_cpu();
        std::size_t done = 0;
        while (done < kLeast) {
            LAPX_TRY_ASSIGN(auto transaction, store::Transaction::begin(database_));
            for (std::size_t i = 0; i < batch_; ++i, ++done) {
                LAPX_TRY(rows_of_one());
            }
            LAPX_TRY(transaction.commit());
        }
        return (own_cpu() - begun) * kMicro / static_cast<double>(done);
    }
    Result<void> plain(BytesView data) {
        return database_.run("INSERT INTO plain(data) VALUES(?)", data);
    }
    Result<void> named(const keys::SealedParts& parts) {
        std::array<std::uint8_t, 10> dice{};
        random_.fill(dice);
        const MessageId name{uuid7(++named_, dice)};
        return database_.run("INSERT INTO named(name, state, keys, data) VALUES(?, 1, ?, ?)",
                             name.view(), BytesView(parts.keys), BytesView(parts.data));
    }
    Result<void> enqueue(BytesView data) {
        return database_.run("INSERT INTO waiting(id, data) VALUES(?, ?)", named_, data);
    }
    // What the sender does once the receipt is there, to the message last added.
    Result<void> settle(BytesView receipt) {
        LAPX_TRY(database_.run("DELETE FROM waiting WHERE id = ?", named_));
        LAPX_TRY(database_.run("UPDATE named SET state = 2 WHERE id = ?", named_));
        return plain(receipt);
    }

  private:
    store::Database database_;
    std::size_t batch_;
    Random& random_;
    std::uint64_t named_ = 0;
};

Result<void> add_storage(Costs& costs, const Dossier& dossier, std::size_t batch,
                         const std::filesystem::path& folder, Random& random) {
    const keys::MasterKey master = keys::MasterKey::generate(random);
    const Kept sender = kept_by_sender(dossier);
    const Kept recipient = kept_by_recipient(dossier);
    costs.add("at rest, sender's parts", 1, [&] { keep(sender.seal(master, random).size()); });
    costs.add("at rest, recipient's parts", 1,
              [&] { keep(recipient.seal(master, random).size()); });
    const auto sent = sender.seal(master, random);
    const auto received = recipient.seal(master, random);
    const Bytes entry = to_bytes(schema::print_entry({schema::EntryKind::kSent, Time{}, {}}));
    const Bytes receipt = to_bytes(dossier.received_head + dossier.checkpoint);
    LAPX_TRY_ASSIGN(auto database,
                    store::Database::open((folder / "primitives.db").string(), store::Mode::kWrite,
                                          {nullptr, {&kScratch, 1}}));
    Rows rows(std::move(database), batch, random);
    const auto entry_rows = [&](const keys::SealedParts& opening) -> Result<void> {
        LAPX_TRY(rows.plain(entry));
        return rows.plain(opening.data);
    };
    LAPX_TRY_ASSIGN(const double sender_rows, rows.time([&]() -> Result<void> {
        LAPX_TRY(rows.named(sent[0]));
        LAPX_TRY(entry_rows(sent[1]));
        LAPX_TRY(entry_rows(sent[2]));
        LAPX_TRY(entry_rows(sent[3]));
        LAPX_TRY(rows.named(sent[4]));
        LAPX_TRY(rows.enqueue(dossier.frame.sealed));
        return rows.settle(receipt);
    }));
    LAPX_TRY_ASSIGN(const double recipient_rows, rows.time([&]() -> Result<void> {
        LAPX_TRY(rows.named(received[0]));
        LAPX_TRY(entry_rows(received[1]));
        return rows.named(received[2]);
    }));
    costs.add({"SQLite, sender's 12 row changes", 1, sender_rows});
    costs.add({"SQLite, recipient's 4 rows", 1, recipient_rows});
    return {};
}

void add_codec(Costs& costs, const Dossier& dossier, const Bytes& plain, std::size_t batch) {
    costs.add("items, encode", 1, [&] {
        for (const schema::ItemValue& value : dossier.values) {
            keep(schema::encode_item({}, value).size());
        }
    });
    costs.add("items, decode", 1, [&] {
        for (const schema::NumberedOctets& item : dossier.parcel.items) {
            keep(schema::decode_item(item.octets)->value.index());
        }
    });
    costs.add("parcel, encode", 1, [&] { keep(schema::encode_parcel(dossier.parcel)->size()); });
    costs.add("parcel, decode", 1, [&] { keep(schema::decode_parcel(plain)->items.size()); });
    const Bytes frame = schema::encode_frame(dossier.frame);
    costs.add("parcel frame, encode", 1, [&] { keep(schema::encode_frame(dossier.frame).size()); });
    costs.add("parcel frame, decode", 1, [&] { keep(schema::decode_frame(frame)->index()); });
    const schema::ReceiptsFrame receipts{
        dossier.checkpoint,
        {},
        std::vector<schema::ReceiptEntry>(batch, {dossier.frame.message, dossier.received_head}),
        {}};
    const Bytes encoded = schema::encode_frame(receipts);
    const double share = 1 / static_cast<double>(batch);
    costs.add("receipts frame, encode", share,
              [&] { keep(schema::encode_frame(receipts).size()); });
    costs.add("receipts frame, decode", share,
              [&] { keep(schema::decode_frame(encoded)->index()); });
}

}  // namespace

Result<std::vector<Cost>> measure_primitives(std::size_t batch,
                                             const std::filesystem::path& folder) {
    keys::SystemRandom random;
    LAPX_TRY_ASSIGN(const Dossier dossier, make_dossier(random));
    LAPX_TRY_ASSIGN(const Bytes plain, schema::encode_parcel(dossier.parcel));
    keys::Salt salt{};
    random.fill(salt);
    Costs costs;
    add_signatures(costs, dossier, static_cast<double>(batch));
    add_envelopes(costs, dossier, plain, random);
    add_digests(costs, dossier);
    add_ledger(costs, dossier, salt);
    LAPX_TRY(add_storage(costs, dossier, batch, folder, random));
    add_codec(costs, dossier, plain, batch);
    return costs.take();
}

}  // namespace lapx::bench
