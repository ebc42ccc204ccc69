#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "daemon/exhibits/octets.hpp"
#include "daemon/exhibits/store.hpp"
#include "keys/domains.hpp"
#include "schema/limits.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::exhibits {
namespace {

constexpr std::size_t kNoParcelHolds = 150'000;

Bytes octets_of(std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i) {
        out[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
    }
    return out;
}

class ExhibitsTest : public testing::Test {
  protected:
    void SetUp() override { open({}); }

    void open(const std::set<std::string>& named) {
        auto opened = Folder::open(dir_.path("exhibits"), named);
        ASSERT_TRUE(opened) << opened.error().context;
        folder_ = std::move(*opened);
    }

    // Written in pieces of that size.
    model::SealedExhibit sealed(const Bytes& plain, std::size_t piece) {
        const auto sealing = *Sealing::begin(*folder_, plain.size(), random_);
        for (std::size_t at = 0; at < plain.size(); at += piece) {
            EXPECT_TRUE(
                sealing->write(BytesView(plain).subspan(at, std::min(piece, plain.size() - at))));
        }
        auto out = *sealing->finish();
        sealing->keep();
        return out;
    }

    Bytes file_of(const model::SealedExhibit& exhibit) {
        return exhibit.file.empty()
                   ? exhibit.sealed
                   : *folder_->read(exhibit.file)->read(0, exhibit.sealed_size() + 1);
    }

    static Result<void> check(Source source, const model::SealedExhibit& exhibit) {
        LAPX_TRY_ASSIGN(const auto check, Check::begin(std::move(source), exhibit));
        while (true) {
            LAPX_TRY_ASSIGN(const bool whole, check->step());
            if (whole) {
                return {};
            }
        }
    }

    static Result<Bytes> read(Source source, const model::SealedExhibit& exhibit,
                              std::size_t piece) {
        LAPX_TRY_ASSIGN(const auto reader, PlainReader::begin(std::move(source), exhibit));
        Bytes out;
        Bytes part(piece);
        while (true) {
            LAPX_TRY_ASSIGN(const std::size_t count, reader->read(part));
            if (count == 0) {
                return out;
            }
            out.insert(out.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
        }
    }

    test::TempDir dir_;
    test::SeededRandom random_{7};
    std::optional<Folder> folder_;
};

TEST_F(ExhibitsTest, WhatIsSealedPiecewiseIsAnAgeFileOfTheSameOctetsAndOfTheSizeThatIsForetold) {
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{65'535}, std::size_t{65'536}, std::size_t{65'537},
          std::size_t{130'840}, std::size_t{131'072}, std::size_t{3'000'000}}) {
        const Bytes plain = octets_of(size);
        const model::SealedExhibit exhibit = sealed(plain, 32'749);
        const Bytes file = file_of(exhibit);
        EXPECT_EQ(exhibit.plain, keys::digest_of<ContentDigest>(plain));
        EXPECT_EQ(exhibit.plain_size, size);
        EXPECT_EQ(exhibit.sealed_digest, keys::digest_of<ContentDigest>(file));
        EXPECT_EQ(exhibit.sealed_size(), file.size());
        EXPECT_EQ(file.size(), keys::sealed_size(size));
        EXPECT_EQ(keys::open(*identity_of(exhibit), file), plain);
        EXPECT_EQ(exhibit.file.empty(), file.size() <= schema::kMaxInlineExhibits);
    }
}

TEST_F(ExhibitsTest, WhatIsSealedAtOnceIsOpenedPiecewise) {
    const Bytes plain = octets_of(200'000);
    const keys::Identity identity = keys::Identity::generate(random_);
    model::SealedExhibit exhibit;
    exhibit.plain = keys::digest_of<ContentDigest>(plain);
    exhibit.plain_size = plain.size();
    exhibit.sealed = keys::seal(identity.recipient(), plain, random_);
    exhibit.sealed_digest = keys::digest_of<ContentDigest>(exhibit.sealed);
    exhibit.identity = keys::SecretBytes(BytesView(identity.secret().view()));
    EXPECT_TRUE(check(Source(exhibit.sealed), exhibit));
    for (const std::size_t piece :
         {std::size_t{1'000}, std::size_t{65'536}, std::size_t{1'000'000}}) {
        EXPECT_EQ(read(Source(exhibit.sealed), exhibit, piece), plain);
    }
}

TEST_F(ExhibitsTest, AnyOctetThatDiffersAndAnyOtherLengthIsFound) {
    const model::SealedExhibit exhibit = sealed(octets_of(150'000), 65'536);
    const Bytes file = file_of(exhibit);
    EXPECT_TRUE(check(Source(file), exhibit));
    for (std::size_t at = 0; at < file.size(); at += 10'007) {
        Bytes wrong = file;
        wrong[at] ^= 1U;
        EXPECT_EQ(check(Source(wrong), exhibit).error().code, Code::kExhibitMismatch);
        EXPECT_EQ(read(Source(wrong), exhibit, 65'536).error().code, Code::kExhibitMismatch);
    }
    Bytes longer = file;
    longer.push_back(0);
    const Bytes shorter(file.begin(), file.end() - 1);
    EXPECT_EQ(check(Source(longer), exhibit).error().code, Code::kExhibitMismatch);
    EXPECT_EQ(check(Source(shorter), exhibit).error().code, Code::kExhibitMismatch);
    EXPECT_EQ(check(Source(Bytes{}), exhibit).error().code, Code::kExhibitMismatch);
}

TEST_F(ExhibitsTest, ASealedFileThatOpensToOtherOctetsThanTheViewSaysIsFound) {
    model::SealedExhibit exhibit = sealed(octets_of(70'000), 65'536);
    const Bytes file = file_of(exhibit);
    exhibit.plain = keys::digest_of<ContentDigest>(std::string_view("other octets"));
    EXPECT_EQ(check(Source(file), exhibit).error().code, Code::kExhibitMismatch);
}

TEST_F(ExhibitsTest, AFileIsThereUnderItsNameOnlyOnceItIsWhole) {
    const std::string name = Folder::new_name(random_);
    {
        auto writer = folder_->write(name, 5'000'000);
        ASSERT_TRUE(writer);
        EXPECT_TRUE(writer->write(octets_of(5'000'000)));
        EXPECT_FALSE(folder_->is_whole(name));
        EXPECT_EQ(folder_->read(name).error().code, Code::kNotFound);
    }
    EXPECT_EQ(folder_->part_size(name), 5'000'000U);
    auto writer = folder_->write(name, 5'000'000);  // as after a crash
    ASSERT_TRUE(writer);
    EXPECT_EQ(writer->size(), 5'000'000U);
    EXPECT_TRUE(writer->cut(4'000'000));
    EXPECT_TRUE(writer->write(BytesView(octets_of(5'000'000)).subspan(4'000'000)));
    EXPECT_TRUE(writer->finish());
    EXPECT_TRUE(folder_->is_whole(name));
    EXPECT_EQ(*folder_->read(name)->read(0, 6'000'000), octets_of(5'000'000));
}

TEST_F(ExhibitsTest, FilesThatNobodyNamesGoWhenAsked) {
    const model::SealedExhibit kept = sealed(octets_of(kNoParcelHolds), 65'536);
    const model::SealedExhibit forgotten = sealed(octets_of(kNoParcelHolds), 65'536);
    const std::string begun = Folder::new_name(random_);
    const std::string dropped = Folder::new_name(random_);
    EXPECT_TRUE(folder_->write(begun, 100)->write(octets_of(100)));
    EXPECT_TRUE(folder_->write(dropped, 100)->write(octets_of(100)));
    std::ofstream(dir_.path("exhibits/README")) << "somebody else's";
    open({kept.file, begun});
    EXPECT_TRUE(folder_->is_whole(forgotten.file));
    const std::string since = Folder::new_name(random_);
    EXPECT_TRUE(folder_->write(since, 100)->write(octets_of(100)));
    EXPECT_FALSE(*folder_->remove_some());
    EXPECT_EQ(folder_->part_size(since), 100U);
    EXPECT_TRUE(std::filesystem::exists(dir_.path("exhibits/README")));
    EXPECT_TRUE(folder_->is_whole(kept.file));
    EXPECT_EQ(folder_->part_size(begun), 100U);
    EXPECT_FALSE(folder_->is_whole(forgotten.file));
    EXPECT_EQ(folder_->part_size(dropped), 0U);
}

TEST_F(ExhibitsTest, ALargeFileGoesPieceByPiece) {
    const std::string name = Folder::new_name(random_);
    const std::uint64_t size = 40'000'000;
    EXPECT_TRUE(folder_->write(name, size)->write(octets_of(size)));
    folder_->discard(name);
    std::uint64_t left = size;
    int pieces = 0;
    for (; *folder_->remove_some(); ++pieces) {
        EXPECT_LT(folder_->part_size(name), left);
        left = folder_->part_size(name);
        EXPECT_GT(left, 0U);
    }
    EXPECT_EQ(pieces, 2);
    EXPECT_EQ(folder_->part_size(name), 0U);
}

TEST_F(ExhibitsTest, AFileThatIsNotKeptIsDiscarded) {
    const std::string kept = Folder::new_name(random_);
    const std::string other = Folder::new_name(random_);
    for (const std::string& name : {kept, other}) {
        EXPECT_TRUE(folder_->write(name, 100)->write(octets_of(100)));
        Tentative file(*folder_, name);
        if (name == kept) {
            file.keep();
        }
    }
    EXPECT_FALSE(*folder_->remove_some());
    EXPECT_EQ(folder_->part_size(kept), 100U);
    EXPECT_EQ(folder_->part_size(other), 0U);
}

TEST_F(ExhibitsTest, TheFolderAndItsFilesAreForTheNodesUserAlone) {
    const model::SealedExhibit exhibit = sealed(octets_of(kNoParcelHolds), 65'536);
    struct stat info {};
    ASSERT_EQ(::stat(dir_.path("exhibits").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
    ASSERT_EQ(::stat(dir_.path("exhibits/" + exhibit.file).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(ExhibitsTest, WhatTheDiskHasNoRoomForIsRefused) {
    const std::string name = Folder::new_name(random_);
    EXPECT_EQ(folder_->write(name, std::uint64_t{1} << 60).error().code, Code::kDiskFull);
    EXPECT_FALSE(std::filesystem::exists(dir_.path("exhibits/" + name + ".part")));
}

TEST_F(ExhibitsTest, RoomIsPromisedToOneFileOnly) {
    const std::uint64_t most = std::filesystem::space(dir_.path("exhibits")).available / 10 * 6;
    {
        const auto first = folder_->write(Folder::new_name(random_), most);
        ASSERT_TRUE(first);
        EXPECT_EQ(folder_->write(Folder::new_name(random_), most).error().code, Code::kDiskFull);
    }
    EXPECT_TRUE(folder_->write(Folder::new_name(random_), most));
}

TEST_F(ExhibitsTest, NothingBeyondTheEndIsRead) {
    const model::SealedExhibit exhibit = sealed(octets_of(kNoParcelHolds), 65'536);
    const auto source = folder_->read(exhibit.file);
    EXPECT_EQ(source->size(), exhibit.sealed_size());
    EXPECT_EQ(source->read(exhibit.sealed_size() - 1, 100)->size(), 1U);
    EXPECT_TRUE(source->read(exhibit.sealed_size(), 100)->empty());
    EXPECT_TRUE(source->read(exhibit.sealed_size() + 1, 100)->empty());
}

class UploadsTest : public ExhibitsTest {
  protected:
    store::Database database_{
        store::Database::open(dir_.path("lapx.db"), store::Mode::kWrite).value()};
    const keys::MasterKey master_{keys::Secret<32>::generate(random_)};
    Store store_{database_, master_, random_};
    const Time now_{std::chrono::seconds{1'795'000'000}};
};

TEST_F(UploadsTest, WhatAParcelHasRoomForIsUploadedWithoutAFile) {
    const model::SealedExhibit exhibit = sealed(octets_of(70'000), 65'536);
    EXPECT_EQ(exhibit.file, "");
    ASSERT_TRUE(store_.add_upload("one", "op-1", exhibit, now_));
    const auto found = store_.upload("one", "op-1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->file, "");
    EXPECT_EQ(found->sealed, exhibit.sealed);
    EXPECT_EQ(found->sealed_digest, exhibit.sealed_digest);
    EXPECT_EQ(found->plain, exhibit.plain);
    EXPECT_TRUE(store_.files()->empty());
    ASSERT_TRUE(store_.drop_upload("one"));
    EXPECT_TRUE(store_.unused(9)->empty());
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path("exhibits")));
}

TEST_F(UploadsTest, AnUploadIsForWhoMadeItAndItsFileIsUnusedOnceItIsDropped) {
    const model::SealedExhibit exhibit = sealed(octets_of(kNoParcelHolds), 65'536);
    ASSERT_TRUE(store_.add_upload("one", "op-1", exhibit, now_));
    EXPECT_EQ(store_.upload("one", "op-2").error().code, Code::kNotFound);
    EXPECT_EQ(store_.upload("two", "op-1").error().code, Code::kNotFound);
    const auto found = store_.upload("one", "op-1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->plain, exhibit.plain);
    EXPECT_EQ(found->identity, exhibit.identity);
    EXPECT_EQ(found->sealed_size(), exhibit.sealed_size());
    EXPECT_EQ(*store_.files(), std::set<std::string>{exhibit.file});
    ASSERT_TRUE(store_.drop_uploads(now_));
    EXPECT_TRUE(store_.unused(9)->empty()) << "it is not older than that";
    ASSERT_TRUE(store_.drop_uploads(now_ + std::chrono::seconds{1}));
    EXPECT_EQ(*store_.unused(9), std::vector<std::string>{exhibit.file});
    EXPECT_FALSE(*store_.is_named(exhibit.file));
    ASSERT_TRUE(store_.forget_unused(exhibit.file));
    EXPECT_TRUE(store_.unused(9)->empty());
}

}  // namespace
}  // namespace lapx::exhibits
