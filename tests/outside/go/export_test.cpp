// An export is accepted by the verifier written in Go, and refused once anything in it is changed.

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>

#include "daemon/ledger/export.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::ledger {
namespace {

namespace fs = std::filesystem;

#ifdef LAPX_VERIFY_EXPORT
constexpr const char* kVerifier = LAPX_VERIFY_EXPORT;
#else
constexpr const char* kVerifier = nullptr;
#endif

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, const std::string& octets) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << octets;
}

// 0: accepted, 1: refused.
int verify(const std::string& folder) {
    std::string program = kVerifier;
    std::string argument = folder;
    std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
    pid_t child = 0;
    if (posix_spawn(&child, kVerifier, nullptr, nullptr, arguments.data(), environ) != 0) {
        return -1;
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct Witness {
    std::string name;
    keys::SigningKey key;
    keys::VerifierKey verifier() const {
        return {name, keys::KeyType::kCosignature, key.public_key()};
    }
};

// An agency with three tiles of entries, cosigned by both of its witnesses, and its export.
struct Ledger {
    explicit Ledger(std::uint64_t seed) {
        agency.random = test::SeededRandom(seed);
        agency.signer = keys::SigningKey::generate(agency.random);
        witnesses.push_back(
            {"acma.example/lapx/witness-1", keys::SigningKey::generate(agency.random)});
        witnesses.push_back(
            {"ftc.example/lapx/witness-1", keys::SigningKey::generate(agency.random)});
        agency.open().value();
        agency.add(500).value();
        run("old");
        agency.add(70).value();
        run("out");
    }

    void run(const std::string& folder) {
        const auto head = agency.log->head().value().newest.checkpoint;
        schema::TlogPolicy policy{{log_key().text()}, {}, witnesses.size()};
        for (const Witness& witness : witnesses) {
            const std::string line = keys::cosign(schema::print_checkpoint(head), witness.name,
                                                  witness.key, agency.clock.seconds());
            agency.log->add_cosignature(head.size, line, witness.verifier()).value();
            policy.witnesses.push_back({witness.name, witness.verifier().text()});
        }
        auto reader = agency.reader().value();
        export_to(agency.dir.path(folder), {reader, agency.master, policy, proved}).value();
    }
    static bool proved(std::uint64_t index, schema::EntryKind) {
        return index < 4 || index == 255 || index == 256 || index == 569;
    }
    keys::VerifierKey log_key() const {
        return {std::string(kOrigin), keys::KeyType::kEd25519, agency.signer.public_key()};
    }

    Agency1 agency;
    std::vector<Witness> witnesses;
};

class OutsideVerifier : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (kVerifier != nullptr) {
            ledger_ = std::make_unique<Ledger>(7);
        }
    }
    static void TearDownTestSuite() { ledger_.reset(); }
    void SetUp() override {
        if (kVerifier == nullptr) {
            GTEST_SKIP() << "go or golang-golang-x-mod-dev is not installed";
        }
        fs::copy(ledger_->agency.dir.path("out"), folder_, fs::copy_options::recursive);
    }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    // The change must change something, and the verifier must say no.
    void expect_refused(const std::string& file, const std::function<void(std::string&)>& change) {
        const std::string before = content(path(file));
        ASSERT_FALSE(before.empty()) << file;
        std::string after = before;
        change(after);
        ASSERT_NE(before, after);
        put(path(file), after);
        EXPECT_EQ(verify(folder_), 1);
    }
    static void flip(std::string& octets, std::size_t at) {
        ASSERT_LT(at, octets.size());
        octets[at] = static_cast<char>(octets[at] ^ 1);
    }
    // The octets of the n-th entry of a bundle, its length included.
    static std::pair<std::size_t, std::size_t> entry_in(const std::string& bundle, int n) {
        std::size_t at = 0;
        const auto size = [&] {
            return 2U + static_cast<std::size_t>(static_cast<unsigned char>(bundle[at]) << 8 |
                                                 static_cast<unsigned char>(bundle[at + 1]));
        };
        for (; n > 0; --n) {
            at += size();
        }
        return {at, size()};
    }
    // Changes the opening that a proof carries.
    static void change_opening(std::string& proof, const std::string& key,
                               const std::function<void(std::string&)>& change) {
        auto parsed = schema::parse_tlog_proof(proof).value();
        auto opening = std::string(as_text(parsed.head.extra));
        const std::size_t at = opening.find("\n" + key + " ") + key.size() + 2;
        std::string value = opening.substr(at, opening.find('\n', at) - at);
        const std::size_t size = value.size();
        change(value);
        opening.replace(at, size, value);
        parsed.head.extra = to_bytes(opening);
        proof = schema::print_tlog_proof(parsed);
    }
    static void change_hashes(std::string& proof,
                              const std::function<void(std::vector<Hash>&)>& change) {
        auto parsed = schema::parse_tlog_proof(proof).value();
        change(parsed.head.hashes);
        proof = schema::print_tlog_proof(parsed);
    }

    static inline std::unique_ptr<Ledger> ledger_;
    test::TempDir dir_;
    std::string folder_ = dir_.path("export");
};

constexpr const char* kProof = "proofs/3.tlog-proof";
constexpr const char* kBundle = "tile/entries/000";

TEST_F(OutsideVerifier, AcceptsTheExport) { EXPECT_EQ(verify(folder_), 0); }

TEST_F(OutsideVerifier, AcceptsAnExportWithoutProofs) {
    fs::remove_all(path("proofs"));
    EXPECT_EQ(verify(folder_), 0);
}

TEST_F(OutsideVerifier, AcceptsAnOlderExportToo) {
    EXPECT_EQ(verify(ledger_->agency.dir.path("old")), 0);
}

TEST_F(OutsideVerifier, RefusesAnotherOriginInTheCheckpoint) {
    expect_refused("checkpoint", [](std::string& note) { flip(note, 0); });
}

TEST_F(OutsideVerifier, RefusesAnotherSizeInTheCheckpoint) {
    expect_refused("checkpoint", [](std::string& note) { flip(note, note.find("\n570\n") + 3); });
}

TEST_F(OutsideVerifier, RefusesAnotherRootInTheCheckpoint) {
    expect_refused("checkpoint", [](std::string& note) { flip(note, note.find("\n570\n") + 10); });
}

TEST_F(OutsideVerifier, RefusesAFlippedSignature) {
    expect_refused("checkpoint",
                   [](std::string& note) { flip(note, note.find("ledger-1 ") + 40); });
}

TEST_F(OutsideVerifier, RefusesAFlippedCosignature) {
    expect_refused("checkpoint",
                   [](std::string& note) { flip(note, note.find("witness-1 ") + 40); });
}

TEST_F(OutsideVerifier, RefusesACosignatureThatIsMissing) {
    expect_refused("checkpoint",
                   [](std::string& note) { note.resize(note.rfind("\n", note.size() - 2) + 1); });
}

TEST_F(OutsideVerifier, RefusesSignaturesThatWereSwapped) {
    expect_refused("checkpoint", [](std::string& note) {
        const std::size_t first = note.find("witness-1 ") + 10;
        const std::size_t second = note.find("witness-1 ", first) + 10;
        const std::size_t length = note.find('\n', first) - first;
        const std::string taken = note.substr(first, length);
        note.replace(first, length, note.substr(second, length));
        note.replace(second, length, taken);
    });
}

TEST_F(OutsideVerifier, RefusesTheCheckpointOfAnotherLog) {
    const Ledger other(8);
    expect_refused("checkpoint", [&](std::string& note) {
        note = content(other.agency.dir.path("out/checkpoint"));
    });
}

TEST_F(OutsideVerifier, RefusesAnOlderCheckpointOfTheSameLog) {
    expect_refused("checkpoint", [&](std::string& note) {
        note = content(ledger_->agency.dir.path("old/checkpoint"));
    });
}

TEST_F(OutsideVerifier, RefusesThePolicyOfAnotherLog) {
    const Ledger other(8);
    expect_refused("policy", [&](std::string& policy) {
        policy = content(other.agency.dir.path("out/policy"));
    });
}

TEST_F(OutsideVerifier, RefusesAFlippedBitInALeafTile) {
    expect_refused("tile/0/001", [](std::string& tile) { flip(tile, 5000); });
}

TEST_F(OutsideVerifier, RefusesAFlippedBitInAPartialTile) {
    expect_refused("tile/1/000.p/2", [](std::string& tile) { flip(tile, 33); });
}

TEST_F(OutsideVerifier, RefusesATruncatedTile) {
    expect_refused("tile/0/000", [](std::string& tile) { tile.resize(8160); });
}

TEST_F(OutsideVerifier, RefusesATileThatIsTooLong) {
    expect_refused("tile/0/002.p/58", [](std::string& tile) { tile += std::string(32, 'x'); });
}

TEST_F(OutsideVerifier, RefusesAMissingTile) {
    fs::remove(path("tile/0/001"));
    EXPECT_EQ(verify(folder_), 1);
}

TEST_F(OutsideVerifier, RefusesATileTooMany) {
    put(path("tile/0/003.p/1"), std::string(32, 'x'));
    EXPECT_EQ(verify(folder_), 1);
}

TEST_F(OutsideVerifier, RefusesAFlippedBitInAnEntry) {
    expect_refused(kBundle, [](std::string& bundle) { flip(bundle, bundle.find("body ") + 8); });
}

TEST_F(OutsideVerifier, RefusesADroppedEntry) {
    expect_refused(kBundle, [](std::string& bundle) {
        const auto [at, size] = entry_in(bundle, 9);
        bundle.erase(at, size);
    });
}

TEST_F(OutsideVerifier, RefusesADuplicatedEntry) {
    expect_refused(kBundle, [](std::string& bundle) {
        const auto [at, size] = entry_in(bundle, 9);
        bundle.insert(at, bundle.substr(at, size));
    });
}

TEST_F(OutsideVerifier, RefusesAnEntryInAnothersPlace) {
    expect_refused(kBundle, [](std::string& bundle) {
        const auto [at, size] = entry_in(bundle, 9);
        bundle.replace(at, size, bundle.substr(0, entry_in(bundle, 0).second));
    });
}

TEST_F(OutsideVerifier, RefusesEntriesInAnotherOrder) {
    expect_refused(kBundle, [](std::string& bundle) {
        const auto [at, size] = entry_in(bundle, 9);
        const std::string taken = bundle.substr(at, size);
        bundle.erase(at, size);
        bundle.insert(0, taken);
    });
}

TEST_F(OutsideVerifier, RefusesABundleThatIsCut) {
    expect_refused(kBundle, [](std::string& bundle) { bundle.pop_back(); });
}

TEST_F(OutsideVerifier, RefusesAFlippedBitInAProof) {
    expect_refused(kProof, [](std::string& proof) {
        change_hashes(proof, [](std::vector<Hash>& hashes) { hashes[2].bytes[7] ^= 1; });
    });
}

TEST_F(OutsideVerifier, RefusesAProofThatIsTooShort) {
    expect_refused(kProof, [](std::string& proof) {
        change_hashes(proof, [](std::vector<Hash>& hashes) { hashes.pop_back(); });
    });
}

TEST_F(OutsideVerifier, RefusesAProofThatIsTooLong) {
    expect_refused(kProof, [](std::string& proof) {
        change_hashes(proof, [](std::vector<Hash>& hashes) { hashes.push_back(hashes[0]); });
    });
}

TEST_F(OutsideVerifier, RefusesAProofOfAnotherIndex) {
    std::string proof = content(path(kProof));
    proof.replace(proof.find("\nindex 3\n"), 9, "\nindex 4\n");
    put(path("proofs/4.tlog-proof"), proof);
    EXPECT_EQ(verify(folder_), 1);
}

TEST_F(OutsideVerifier, RefusesAProofUnderAnothersName) {
    fs::rename(path(kProof), path("proofs/4.tlog-proof"));
    EXPECT_EQ(verify(folder_), 1);
}

TEST_F(OutsideVerifier, RefusesAnotherLogsProof) {
    const Ledger other(8);
    expect_refused(kProof, [&](std::string& proof) {
        proof = content(other.agency.dir.path(std::string("out/") + kProof));
    });
}

TEST_F(OutsideVerifier, RefusesAnotherSaltInAnOpening) {
    expect_refused(kProof, [](std::string& proof) {
        change_opening(proof, "salt", [](std::string& salt) { flip(salt, 4); });
    });
}

TEST_F(OutsideVerifier, RefusesOtherDataInAnOpening) {
    expect_refused(kProof, [](std::string& proof) {
        change_opening(proof, "data", [](std::string& data) { data = base64(as_bytes("lie\n")); });
    });
}

TEST_F(OutsideVerifier, RefusesAnotherKindInAnOpening) {
    expect_refused(kProof, [](std::string& proof) {
        change_opening(proof, "kind", [](std::string& kind) { kind = "received"; });
    });
}

TEST_F(OutsideVerifier, RefusesAnEmptyFolder) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    EXPECT_EQ(verify(folder_), 1);
}

}  // namespace
}  // namespace lapx::ledger
