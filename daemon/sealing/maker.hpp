#pragma once
// The only maker of Covered, Sealed and Opened; for sealing's own sources.

#include "daemon/model/sealed.hpp"

namespace lapx::sealing {

class Maker {
  public:
    static model::Covered covered(model::ProposalContent content, schema::Cover cover,
                                  std::string note, CoverDigest digest) {
        return {std::move(content), std::move(cover), std::move(note), digest};
    }
    static model::Covered moved(std::string body, schema::Cover cover, std::string note,
                                CoverDigest digest) {
        return {model::Covered::MoveText{std::move(body)}, std::move(cover), std::move(note),
                digest};
    }
    static model::Sealed sealed(Bytes octets) { return model::Sealed(std::move(octets)); }
    static model::Opened opened(model::Unsealed parcel, schema::Manifest manifest,
                                std::vector<model::OpenedItem> items) {
        return {std::move(parcel), std::move(manifest), std::move(items)};
    }
};

}  // namespace lapx::sealing
